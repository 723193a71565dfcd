//! Records again the values that the tests compare with: `cargo xtask fixtures`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::command::ended;

const HELP: &str = "\
cargo xtask fixtures [--only NAME] [--into DIR]

Makes a Python environment in target/fixtures-python from scripts/requirements.txt and records again
what other implementations compute, for the tests of `optim`, `data` and `lab`. Without --only all of it, some minutes:

";

/// A script, what it writes, and where; in the order in which they read each other's files.
struct Recorder {
    name: &'static str,
    script: &'static str,
    /// The file to name instead of the folder, for a script that writes one.
    file: Option<&'static str>,
    writes: &'static [&'static str],
    /// The folder of fixtures that they lie in.
    folder: &'static str,
}

const RECORDERS: [Recorder; 9] = [
    Recorder {
        name: "torch",
        script: "scripts/pytorch/trajectories.py",
        file: None,
        writes: &[
            "stream.safetensors",
            "torch.safetensors",
            "torch_tiny.safetensors",
            "torch_huge.safetensors",
            "timm.safetensors",
            "pytorch_optimizer.safetensors",
            "closed_loop.safetensors",
        ],
        folder: OPTIM,
    },
    Recorder {
        name: "parameter_free",
        script: "scripts/pytorch/parameter_free.py",
        file: None,
        writes: &["parameter_free.safetensors", "parameter_free_closed_loop.safetensors"],
        folder: OPTIM,
    },
    Recorder {
        name: "lbfgs",
        script: "scripts/pytorch/lbfgs.py",
        file: None,
        writes: &["lbfgs.safetensors"],
        folder: OPTIM,
    },
    Recorder {
        name: "optax",
        script: "scripts/optax/trajectories.py",
        file: None,
        writes: &["optax.safetensors"],
        folder: OPTIM,
    },
    Recorder {
        name: "wrappers",
        script: "scripts/pytorch/wrappers.py",
        file: None,
        writes: &["wrappers.safetensors", "wrappers_closed_loop.safetensors"],
        folder: OPTIM,
    },
    Recorder {
        name: "wrappers_optax",
        script: "scripts/optax/wrappers.py",
        file: None,
        writes: &["wrappers_optax.safetensors"],
        folder: OPTIM,
    },
    Recorder {
        name: "schedules",
        script: "scripts/pytorch/schedules.py",
        file: Some("schedules.json"),
        writes: &["schedules.json"],
        folder: OPTIM,
    },
    Recorder {
        name: "generated",
        script: "scripts/numpy/generated.py",
        file: Some("generated.json"),
        writes: &["generated.json"],
        folder: DATA,
    },
    Recorder {
        name: "statistics",
        script: "scripts/scipy/statistics.py",
        file: Some("statistics.json"),
        writes: &["statistics.json"],
        folder: LAB,
    },
];

/// Files that the scripts read of each other.
const INPUTS: [&str; 2] = ["stream.safetensors", "closed_loop.safetensors"];
const REQUIREMENTS: &str = "scripts/requirements.txt";
const OPTIM: &str = "crates/optim/tests/fixtures";
const DATA: &str = "crates/data/tests/fixtures";
const LAB: &str = "crates/lab/tests/fixtures";

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    ended(options(arguments).and_then(|options| options.map_or_else(help, record)))
}

struct Options {
    only: Option<String>,
    /// A folder for everything, instead of the folders of fixtures.
    into: Option<PathBuf>,
}

/// The options; `None` for help.
fn options(arguments: &[OsString]) -> Result<Option<Options>, String> {
    let mut options = Options { only: None, into: None };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{} takes a value", word.display()));
        match word.to_str() {
            Some("--only") => options.only = Some(value()?.to_string_lossy().into_owned()),
            Some("--into") => options.into = Some(value()?.into()),
            Some("--help" | "-h") => return Ok(None),
            _ => return Err(format!("`{}` is no option of fixtures; --help lists them", word.display())),
        }
    }
    match &options.only {
        Some(only) if RECORDERS.iter().all(|recorder| recorder.name != only) => {
            let names: Vec<&str> = RECORDERS.iter().map(|recorder| recorder.name).collect();
            Err(format!("unknown recording `{only}`; known are {}", names.join(", ")))
        }
        _ => Ok(Some(options)),
    }
}

fn help() -> Result<(), String> {
    print!("{HELP}");
    for Recorder { name, script, writes, .. } in &RECORDERS {
        println!("  {name:<15} {script}");
        writes.iter().for_each(|file| println!("  {:<15}   {file}", ""));
    }
    Ok(())
}

fn record(Options { only, into }: Options) -> Result<(), String> {
    let python = environment()?;
    if let Some(into) = &into {
        std::fs::create_dir_all(into).map_err(|e| format!("{}: {e}", into.display()))?;
        // Elsewhere, a script on its own still finds what it reads.
        for input in INPUTS {
            let (from, to) = (root().join(OPTIM).join(input), into.join(input));
            if !to.exists() {
                std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
            }
        }
    }
    for recorder in
        RECORDERS.iter().filter(|recorder| only.as_deref().is_none_or(|only| only == recorder.name))
    {
        eprintln!("── {}: {}", recorder.name, recorder.script);
        let home = root().join(recorder.folder);
        let into = into.as_ref().unwrap_or(&home);
        let before: Vec<_> = recorder.writes.iter().map(|file| std::fs::read(home.join(file)).ok()).collect();
        let target = recorder.file.map_or_else(|| into.clone(), |file| into.join(file));
        succeed(Command::new(&python).arg(root().join(recorder.script)).arg(target))?;
        for (file, before) in recorder.writes.iter().zip(before) {
            let now = std::fs::read(into.join(file)).map_err(|e| format!("{file}: {e}"))?;
            let word =
                if Some(now) == before { "the same bytes as before" } else { "differs from what was there" };
            println!("{file}: {word}");
        }
    }
    Ok(())
}

/// The Python of an environment that has what the requirements say; made if it is not there or they
/// have changed.
fn environment() -> Result<PathBuf, String> {
    let folder = root().join("target/fixtures-python");
    let python = folder.join("bin/python");
    let requirements = root().join(REQUIREMENTS);
    let wanted =
        std::fs::read_to_string(&requirements).map_err(|e| format!("{}: {e}", requirements.display()))?;
    let stamp = folder.join("requirements.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("── a Python environment in {}", folder.display());
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    succeed(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements),
    )?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(python)
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let hint = "it needs Python 3.11 or later with venv, and a package index that pip reaches";
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}\nhint: {hint}")),
        Err(error) => Err(format!("{program} cannot be started: {error}\nhint: {hint}")),
    }
}

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_and_what_it_writes_is_there() {
        for Recorder { script, writes, folder, .. } in &RECORDERS {
            let files = writes.iter().map(|file| Path::new(folder).join(file));
            for file in files.chain([PathBuf::from(script)]) {
                assert!(root().join(&file).exists(), "{}", file.display());
            }
        }
    }

    #[test]
    fn a_recording_that_is_not_there_is_refused_with_those_that_are() {
        let error = options(&["--only".into(), "jax".into()]).err().expect("no such recording");
        assert!(error.contains("optax, schedules"), "{error}");
        assert!(options(&["--only".into()]).is_err() && options(&["optax".into()]).is_err());
        let optax = options(&["--only".into(), "optax".into()]).expect("valid").expect("no help");
        assert_eq!(optax.only.as_deref(), Some("optax"));
    }
}
