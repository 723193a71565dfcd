//! Everything that a submission must pass, in the order in which it fails fastest.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::browser;
use crate::cargo::cargo;
use crate::command::ended;
use crate::wasm;

/// The steps of cargo: what each is called, and its arguments.
const STEPS: [(&str, &[&str]); 4] = [
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    // `cli` without its default features, which is what the first command of the README builds.
    ("lints of the first build", &["clippy", "--package", "xtask", "--quiet", "--", "-D", "warnings"]),
    ("docs", &["doc", "--workspace", "--no-deps", "--quiet"]),
    ("tests", &["test", "--workspace"]),
];

/// Folders with sources.
const SOURCES: [&str; 3] = ["crates", "tests", "xtask"];

pub(crate) fn run() -> ExitCode {
    let cargo_steps = || STEPS.iter().try_for_each(|(name, arguments)| step(name, arguments));
    ended(format().and_then(|()| kernels()).and_then(|()| cargo_steps()).and_then(|()| browser::check()))
}

/// Checks every file, which `cargo fmt` does not: it finds no modules that a macro declares.
fn format() -> Result<(), String> {
    let mut files = Vec::new();
    for folder in SOURCES {
        sources(Path::new(folder), &mut files).map_err(|error| format!("{folder}: {error}"))?;
    }
    files.sort();
    eprintln!("── format: rustfmt --check of {} files", files.len());
    let mut command = Command::new("rustfmt");
    command.args(["--check", "--edition", "2024"]).args(&files);
    finish("format", &mut command)
        .map_err(|why| format!("{why}; mend it with `rustfmt --edition 2024 $(git ls-files '*.rs')`"))
}

/// Builds the kernels of pages again where their compiler can be had; their checksums are tested everywhere.
fn kernels() -> Result<(), String> {
    eprintln!("── kernels: cargo xtask wasm");
    match wasm::install() {
        Ok(()) => wasm::check(),
        Err(why) => {
            eprintln!("   NOT BUILT AGAIN without their compiler: {why}");
            Ok(())
        }
    }
}

/// Adds the Rust files below a folder.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn step(name: &str, arguments: &[&str]) -> Result<(), String> {
    eprintln!("── {name}: cargo {}", arguments.join(" "));
    finish(name, cargo().args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

fn finish(name: &str, command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{name} failed")),
        Err(error) => Err(format!("{name} cannot be started: {error}")),
    }
}
