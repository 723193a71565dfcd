//! The program, and the pages that it writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The program that `DESCENT` names, or that was built last.
pub(crate) fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("DESCENT") {
        return path.into();
    }
    let this = std::env::current_exe().expect("a path");
    this.parent().and_then(Path::parent).expect("the folder of a profile").join("descent")
}

/// A folder in which commands have run.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command in this folder, which knows no data but the embedded sample.
    pub(crate) fn descent(&self) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.0.path()).env("HOME", self.0.path()).env("XDG_CACHE_HOME", self.0.path());
        command.env_remove("DESCENT_DATA").env("DESCENT_STORE", "runs.db").stdin(Stdio::null());
        command
    }

    /// Runs a command, which must do its work; its standard output.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.descent().args(arguments).output().expect("the program was built");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The address of a file.
    pub(crate) fn url(&self, name: &str) -> String {
        let path = self.path(name);
        assert!(path.is_file(), "{}", path.display());
        format!("file://{}", path.display())
    }
}
