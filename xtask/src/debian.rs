//! Packages of Debian that a check needs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Installs the packages, each given with a program that shows whether it is there.
pub(crate) fn install(packages: &[(&str, &str)]) -> Result<(), String> {
    install_with(&[], packages)
}

/// The same with flags of `apt-get install`.
pub(crate) fn install_with(flags: &[&str], packages: &[(&str, &str)]) -> Result<(), String> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, program)| which(program).is_none())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("── apt-get install {}", missing.join(" "));
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq"], flags, &missing[..]].concat())
}

fn apt(words: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
    let status =
        command.status().map_err(|error| format!("apt-get: {error}: install the packages by hand"))?;
    if status.success() { Ok(()) } else { Err(format!("apt-get {}: {status}", words.join(" "))) }
}

/// The file of a program; daemons are where only root looks.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&folders).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}
