//! `cargo xtask book`: the course as HTML, and its index and figures for the repository.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cargo::cargo;

/// Builds the book in `target/book`, or the pages of the lessons that are named; without `--quick` also refreshes
/// `docs/lessons` and the recorded verdicts.
pub(crate) fn run(rest: &[OsString]) -> ExitCode {
    let (ids, flags) = split(rest);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace");
    let book = root.join("target/book");
    // The index shows the figures of the other lessons as well.
    let copied = if ids.is_empty() { Ok(()) } else { copy_figures(&root.join("docs/lessons"), &book) };
    if let Err(error) = copied {
        return failed(&format!("cannot copy the figures: {error}"));
    }
    let which =
        if ids.is_empty() { vec!["--all".into()] } else { vec!["--only".into(), ids.join(",".as_ref())] };
    let status = cargo()
        .current_dir(root)
        .args(["run", "--quiet", "-p", "cli", "--", "lessons"])
        .args(which)
        .arg("--html")
        .arg(&book)
        .args(flags)
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

/// Names of lessons before the first flag, and the rest.
fn split(rest: &[OsString]) -> (&[OsString], &[OsString]) {
    let is_flag = |word: &OsString| word.to_string_lossy().starts_with('-');
    rest.split_at(rest.iter().position(is_flag).unwrap_or(rest.len()))
}

fn record(root: &Path, book: &Path) -> io::Result<()> {
    let docs = root.join("docs/lessons");
    copy_figures(book, &docs)?;
    fs::copy(book.join("index.md"), docs.join("README.md"))?;
    fs::copy(book.join("answers.json"), root.join("crates/lessons/src/book/answers.json"))?;
    Ok(())
}

fn copy_figures(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let files: Vec<PathBuf> =
        fs::read_dir(from)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "svg")) {
        fs::copy(file, to.join(file.file_name().expect("a file of a folder")))?;
    }
    Ok(())
}

fn failed(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}
