//! Getting the baselines: a virtual environment for the Python ones, a Cargo project for the Rust ones,
//! both below `target/baselines`, so that removing that folder removes all of it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs and data of the baselines, or the reason why one is missing.
pub(crate) struct Tools {
    /// The folder with the data and the starting weights.
    pub(crate) data: PathBuf,
    /// The Python interpreter that has the packages.
    pub(crate) python: Python,
    /// The program of the Rust baselines.
    pub(crate) rust: Result<PathBuf, String>,
}

/// An interpreter, or why there is none.
pub(crate) type Python = Result<PathBuf, String>;

/// `target/baselines` of this workspace.
pub(super) fn folder() -> PathBuf {
    root().join("target").join("baselines")
}

/// `scripts/baselines` of this workspace.
pub(crate) fn scripts() -> PathBuf {
    root().join("scripts").join("baselines")
}

/// The interpreter that the user named, or that of an environment with the packages of
/// `requirements.txt`, which is made where it is missing or was made of another list.
pub(crate) fn python(named: Option<&PathBuf>) -> Python {
    environment(named, "venv", "requirements.txt", "the Python baselines (some 3 GB)")
}

/// The same for the environment of Optuna.
pub(crate) fn optuna_python(named: Option<&PathBuf>) -> Python {
    environment(named, "optuna", "optuna.txt", "Optuna (some 150 MB)")
}

/// The interpreter of the environment of this name below [`folder`], with the packages of a list in [`scripts`].
fn environment(named: Option<&PathBuf>, name: &str, list: &str, what: &str) -> Python {
    if let Some(python) = named {
        return Ok(python.clone());
    }
    let environment = folder().join(name);
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = scripts().join(list);
    let wanted = fs::read_to_string(&requirements).map_err(|error| failure(&requirements, &error))?;
    let mark = environment.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("installing {what} in {}, once", environment.display());
    let interpreter = ["python3", "python"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()))
        .ok_or("no python3 is installed")?;
    check(Command::new(interpreter).args([OsStr::new("-m"), OsStr::new("venv"), environment.as_ref()]))?;
    check(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements),
    )?;
    fs::write(&mark, wanted).map_err(|error| failure(&mark, &error))?;
    Ok(python)
}

/// The program of the Rust baselines, built for this processor.
pub(super) fn rust() -> Result<PathBuf, String> {
    let target = folder().join("rust");
    eprintln!("building the Rust baselines in {} (minutes at the first time)", target.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    check(
        Command::new(cargo)
            .args(["build", "--release", "--locked", "--quiet"])
            .current_dir(scripts().join("rust"))
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", "-C target-cpu=native"),
    )?;
    Ok(target.join("release").join(format!("baselines{}", std::env::consts::EXE_SUFFIX)))
}

fn check(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    // Standard output is for the table alone.
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    Err(format!("`{program} {}` failed", words.join(" ")))
}

fn failure(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The folder of this workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package is in the workspace")
}
