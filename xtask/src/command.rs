//! Commands that check something and take no options.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};

/// Runs a check that takes no arguments; anything else shows its help.
pub(crate) fn check(help: &str, arguments: &[OsString], test: fn() -> Result<(), String>) -> ExitCode {
    if !arguments.is_empty() {
        eprint!("{help}");
        let asked = arguments.iter().any(|word| word == "--help" || word == "-h");
        return ExitCode::from(if asked { 0 } else { 2 });
    }
    ended(test())
}

/// The exit code of a check; says why it failed.
pub(crate) fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that must succeed, with its output shown.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = command.get_program().display().to_string();
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}
