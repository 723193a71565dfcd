//! Everything that a submission must pass, in the order in which it fails fastest.

use std::process::{Command, ExitCode};

/// The steps: what each is called, and the arguments of cargo.
const STEPS: [(&str, &[&str]); 4] = [
    ("format", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    ("docs", &["doc", "--workspace", "--no-deps", "--quiet"]),
    ("tests", &["test", "--workspace"]),
];

pub(crate) fn run() -> ExitCode {
    for (name, arguments) in STEPS {
        eprintln!("── {name}: cargo {}", arguments.join(" "));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).args(arguments).env("RUSTDOCFLAGS", "-D warnings").status();
        match status {
            Ok(status) if status.success() => {}
            Ok(_) => {
                eprintln!("error: {name} failed");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("error: cargo cannot be started: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
