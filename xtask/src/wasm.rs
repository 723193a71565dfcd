//! `cargo xtask wasm`: builds the kernels of pages for browsers, and compares them with the file that pages carry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::command::ended;
use crate::debian;

/// The file that pages carry, and the checksums of it and of its sources.
const FILE: &str = "crates/report/src/browser/kernels.wasm";
const SUMS: &str = "crates/report/src/browser/kernels.sha256";
const SOURCES: &str = "crates/wasm/src";

/// Bytes that the file may have: pages carry it in text.
const LIMIT: usize = 100_000;

/// The compiler whose bytes are committed: Debian 12's, the one with a target for browsers that needs no download.
const VERSION: &str = "rustc 1.63.0";
const INSTALL: &str = "on Debian 12: apt-get install rustc libstd-rust-dev-wasm32 lld-14";

/// Packages of Debian, each with a file that shows whether it is there.
const PACKAGES: [(&str, &str); 3] = [
    ("rustc", "/usr/bin/rustc"),
    ("libstd-rust-dev-wasm32", "/usr/share/doc/libstd-rust-dev-wasm32/copyright"),
    ("lld-14", "wasm-ld-14"),
];

pub(crate) fn run(rest: &[OsString]) -> ExitCode {
    let result = match rest {
        [] => check(),
        [flag] if flag == "--bless" => bless(),
        _ => {
            eprintln!("error: expected nothing or `--bless` after `wasm`");
            return ExitCode::from(2);
        }
    };
    ended(result)
}

/// Compares the committed file with one that is built now.
pub(crate) fn check() -> Result<(), String> {
    let (built, committed) = (build()?, read(&root().join(FILE))?);
    if built != committed {
        return Err(format!(
            "{FILE} is not what {SOURCES} builds: {} bytes, found {}\n\
             hint: `cargo xtask wasm --bless` writes it; commit it with the change",
            built.len(),
            committed.len()
        ));
    }
    let sums = sums()?;
    if sums.as_bytes() != read(&root().join(SUMS))? {
        return Err(format!("{SUMS} is not of these files\nhint: `cargo xtask wasm --bless` writes it"));
    }
    eprintln!("{FILE}: {} bytes, the same as built now", built.len());
    Ok(())
}

/// Installs the compiler where it is missing: next to another Rust, which comes first in the search path, and without
/// Debian's Cargo.
pub(crate) fn install() -> Result<(), String> {
    debian::install_with(&["--no-install-recommends"], &PACKAGES)?;
    expect_version()
}

fn expect_version() -> Result<(), String> {
    match version() {
        Some(found) if found.starts_with(VERSION) => Ok(()),
        Some(found) => Err(format!("expected {VERSION}, found {found}\nhint: {INSTALL}")),
        None => Err(format!("{VERSION} is not installed as {}\nhint: {INSTALL}", compiler().display())),
    }
}

fn bless() -> Result<(), String> {
    let built = build()?;
    write(FILE, &built)?;
    write(SUMS, sums()?.as_bytes())?;
    eprintln!("{FILE}: {} bytes written", built.len());
    Ok(())
}

/// The file as the compiler makes it of the sources: a function of these alone, since no path or time is in it.
fn build() -> Result<Vec<u8>, String> {
    expect_version()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = folder.path().join("kernels.wasm");
    let mut command = Command::new(compiler());
    command.current_dir(root());
    command.args(["--edition", "2021", "--crate-name", "wasm", "--crate-type", "cdylib"]);
    command.args(["--target", "wasm32-unknown-unknown", "-C", "target-feature=+simd128"]);
    command.args(["-C", "opt-level=3", "-C", "lto=fat", "-C", "codegen-units=1", "-C", "panic=abort"]);
    command.args(["-C", "strip=symbols", "-C", "linker=wasm-ld-14", "-W", "unsafe_op_in_unsafe_fn"]);
    command.arg("-o").arg(&output).arg(format!("{SOURCES}/lib.rs"));
    let status = command.status().map_err(|error| format!("{}: {error}", compiler().display()))?;
    if !status.success() {
        return Err(format!("{SOURCES} does not build for browsers\nhint: {INSTALL}"));
    }
    let built = read(&output)?;
    if built.len() >= LIMIT {
        return Err(format!("expected fewer than {LIMIT} bytes of kernels, found {}", built.len()));
    }
    Ok(built)
}

/// Checksums of the file and its sources, as `sha256sum` prints them.
fn sums() -> Result<String, String> {
    let mut files = vec![PathBuf::from(FILE)];
    let mut folders = vec![PathBuf::from(SOURCES)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root().join(&folder)).map_err(|error| format!("{SOURCES}: {error}"))?;
        for entry in entries {
            let name = folder.join(entry.map_err(|error| error.to_string())?.file_name());
            if root().join(&name).is_dir() { folders.push(name) } else { files.push(name) }
        }
    }
    files.sort();
    let line = |file: &PathBuf| {
        let digest = Sha256::digest(read(&root().join(file))?);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{digits}  {}\n", file.display()))
    };
    files.iter().map(line).collect()
}

fn version() -> Option<String> {
    let output = Command::new(compiler()).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Debian's compiler, wherever the first one in the search path comes from.
fn compiler() -> PathBuf {
    env::var_os("DESCENT_WASM_RUSTC").unwrap_or_else(|| "/usr/bin/rustc".into()).into()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(name: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(root().join(name), bytes).map_err(|error| format!("{name}: {error}"))
}
