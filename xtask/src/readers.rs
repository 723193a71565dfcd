//! `cargo xtask test-readers`: pandas, polars, TensorBoard and a real MLflow server read what the program writes.

use std::ffi::OsString;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo::cargo;
use crate::command::{self, succeed};

const HELP: &str = "\
cargo xtask test-readers

Installs pandas, polars, TensorBoard and MLflow with pip in target/readers, runs a comparison on the embedded sample,
and compares every measurement that these read with the records: CSV, JSON lines, event files, and the runs that an
MLflow server on this machine was sent. Needs python3 with venv. Takes some minutes, most of them the installation.
";

/// Longer than a server takes to start.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    command::check(HELP, arguments, test)
}

fn test() -> Result<(), String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace");
    let scripts = workspace.join("scripts/readers");
    let python = install(&workspace.join("target/readers"), &scripts)?;
    succeed(cargo().args(["build", "--quiet", "--package", "cli"]))?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = this.with_file_name("descent");
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let descent = |words: &str| {
        let mut command = Command::new(&program);
        command.args(words.split(' ')).current_dir(folder.path()).env("DESCENT_STORE", "runs.db");
        command
    };

    eprintln!("── a comparison, and what is written of it");
    let compare =
        "compare --offline --epochs 2 --seeds 2 --untuned --tensorboard logs --store runs.db --optimizers";
    // The last of them diverges: a record with numbers that are not finite.
    succeed(descent(compare).arg("sgd; adam; sgd lr=1e30").stdout(Stdio::null()))?;
    for (format, file) in
        [("jsonl", "runs.jsonl"), ("points", "points.csv"), ("points-jsonl", "points.jsonl")]
    {
        succeed(&mut descent(&format!("runs export {format} --out {file}")))?;
    }

    eprintln!("── an MLflow server");
    let server = Server::start(&python, folder.path())?;
    // The second time there is nothing to send.
    for _ in 0..2 {
        succeed(&mut descent(&format!("runs export mlflow --to {}", server.address)))?;
    }

    eprintln!("── what they read");
    succeed(Command::new(&python).arg(scripts.join("check.py")).arg(folder.path()).arg(&server.address))
}

/// The Python of an environment with the readers.
fn install(environment: &Path, scripts: &Path) -> Result<PathBuf, String> {
    let python = environment.join("bin/python");
    if !python.is_file() {
        eprintln!("── python3 -m venv {}", environment.display());
        succeed(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
    }
    eprintln!("── pip install");
    let requirements = scripts.join("requirements.txt");
    succeed(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements),
    )?;
    Ok(python)
}

/// An MLflow server on a free port, with its data in a folder; it ends with this value.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(python: &Path, folder: &Path) -> Result<Server, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| error.to_string())?.port();
        let log = File::create(folder.join("server.log")).map_err(|error| error.to_string())?;
        let copy = log.try_clone().map_err(|error| error.to_string())?;
        let mut command = Command::new(python);
        command.args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--port"]);
        command.arg(port.to_string()).args(["--backend-store-uri", "sqlite:///mlflow.db"]);
        command.current_dir(folder).stdin(Stdio::null()).stdout(log).stderr(copy);
        // A group, so that its workers end with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command.spawn().map_err(|error| format!("{}: {error}", python.display()))?;
        let mut server = Server { process, address: format!("http://127.0.0.1:{port}") };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.process.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
                return Err(format!("the MLflow server does not answer:\n{log}"));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.process.wait();
    }
}
