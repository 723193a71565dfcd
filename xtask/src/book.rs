//! `cargo xtask book`: the course as HTML, and its index and figures for the repository.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cargo::cargo;

/// Builds the book in `target/book`; without `--quick` also refreshes `docs/lessons` and the recorded verdicts.
pub(crate) fn run(rest: &[OsString]) -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace");
    let book = root.join("target/book");
    let status = cargo()
        .current_dir(root)
        .args(["run", "--quiet", "-p", "cli", "--", "lessons", "--all", "--html"])
        .arg(&book)
        .args(rest)
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return ExitCode::from(status.code().unwrap_or(1) as u8),
        Err(error) => return failed(&format!("cannot start cargo: {error}")),
    }
    if rest.iter().any(|word| word == "--quick") {
        return ExitCode::SUCCESS;
    }
    match record(root, &book) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("cannot copy the book: {error}")),
    }
}

fn record(root: &Path, book: &Path) -> io::Result<()> {
    let docs = root.join("docs/lessons");
    fs::create_dir_all(&docs)?;
    let files: Vec<PathBuf> =
        fs::read_dir(book)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "svg")) {
        fs::copy(file, docs.join(file.file_name().expect("a file of the book")))?;
    }
    fs::copy(book.join("index.md"), docs.join("README.md"))?;
    fs::copy(book.join("answers.json"), root.join("crates/lessons/src/book/answers.json"))?;
    Ok(())
}

fn failed(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}
