//! Cargo, started by a program that Cargo started.

use std::process::Command;

/// The same Cargo that started this program, without what it told about this package: the build scripts of some crates
/// read those variables, and everything after them would be built once more.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(told) {
            cargo.env_remove(name);
        }
    }
    cargo
}
