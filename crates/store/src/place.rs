//! The place of a store: its folder, and who may write it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use files::text;
use lab::store::Error;

/// Makes the folders above a store.
pub(crate) fn make_folders(path: &Path) -> Result<(), Error> {
    let folder = folder_of(path);
    let source = match fs::create_dir_all(&folder) {
        Ok(()) => return Ok(()),
        Err(source) => source,
    };
    // The system says "file exists" of a file that is to be a folder.
    let blocking = folder.ancestors().find(|above| above.exists()).filter(|above| !above.is_dir());
    let source = match blocking {
        Some(file) => io::Error::other(format!("{} is not a folder", text::path(file))),
        None => source,
    };
    Err(files::Error::Create { path: path.into(), flag: None, source }.into())
}

/// Makes sure that a store that is there can be written.
pub(crate) fn writable(path: &Path) -> Result<(), Error> {
    if let Err(source) = File::options().append(true).open(path) {
        return Err(
            match owner(path, "its owner").filter(|_| source.kind() == io::ErrorKind::PermissionDenied) {
                Some(owner) => Error::ReadOnly { path: path.into(), why: owner },
                None => Error::Io { action: "write", path: path.into(), source },
            },
        );
    }
    let folder = folder_of(path);
    if takes_files(&folder) {
        return Ok(());
    }
    let whose = format!("the owner of the folder {}", text::path(&folder));
    let why = owner(&folder, &whose).unwrap_or_else(|| "its folder takes none".to_string());
    let why = format!("SQLite's log is a file next to it, and {why}");
    Err(Error::ReadOnly { path: path.into(), why })
}

/// True if this process may make files in a folder.
#[cfg(unix)]
pub(crate) fn takes_files(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// True if this process may make files in a folder.
#[cfg(not(unix))]
pub(crate) fn takes_files(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|found| !found.permissions().readonly())
}

/// The folder of a file.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).into()
}

/// `its owner is root, its mode 0644`.
#[cfg(unix)]
fn owner(path: &Path, whose: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok()?;
    let (uid, mode) = (found.uid().to_string(), found.mode() & 0o7777);
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2) == Some(&uid.as_str())).then(|| text::name(fields[0]))
    });
    let name = name.unwrap_or_else(|| format!("user {uid}"));
    Some(format!("{whose} is {name}, its mode {mode:04o}"))
}

/// Systems without owners that everyone may see.
#[cfg(not(unix))]
fn owner(_: &Path, _: &str) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        File::create(&file).expect("a file");
        let error = make_folders(&file.join("sub/runs.db")).expect_err("a file").to_string();
        assert!(error.ends_with(&format!("{} is not a folder", text::path(&file))), "{error}");
        assert!(make_folders(&folder.path().join("a/b/runs.db")).is_ok());
    }
}
