//! Everything that a submission must pass, in the order in which it fails fastest.

use std::process::{Command, ExitCode};

/// The steps: what each is called, and the arguments of cargo.
const STEPS: [(&str, &[&str]); 4] = [
    ("format", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    ("docs", &["doc", "--workspace", "--no-deps", "--quiet"]),
    ("tests", &["test", "--workspace"]),
];

/// What is told afterwards; nothing fails by it.
const INFORMATION: (&str, &[&str]) = ("instructions, for information", &["xtask", "bench", "instructions"]);

pub(crate) fn run() -> ExitCode {
    for (name, arguments) in STEPS {
        if let Err(why) = cargo(name, arguments) {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
    }
    let (name, arguments) = INFORMATION;
    if let Err(why) = cargo(name, arguments) {
        eprintln!("{why}; all that a submission must pass has passed");
    }
    ExitCode::SUCCESS
}

fn cargo(name: &str, arguments: &[&str]) -> Result<(), String> {
    eprintln!("── {name}: cargo {}", arguments.join(" "));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(arguments).env("RUSTDOCFLAGS", "-D warnings").status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{name} failed")),
        Err(error) => Err(format!("cargo cannot be started: {error}")),
    }
}
