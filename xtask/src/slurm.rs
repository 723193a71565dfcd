//! `cargo xtask test-slurm`: a study as an array job of a real Slurm on this machine, with a requeue and with kills
//! of a run and of both daemons, ends with the bytes of one machine.

mod cluster;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo::cargo;
use crate::command;
use crate::debian;
use cluster::Cluster;

const HELP: &str = "\
cargo xtask test-slurm

Installs Slurm, munge and GNU parallel with apt-get where they are missing (as root), starts a cluster of one node
with its configuration in a temporary folder, and runs a study on it: undisturbed; with a requeue, kill -9 of a run
and kill -9 of slurmctld and slurmd; and by GNU parallel. Each must print the same bytes as one machine. Stops all
that it started. Takes some 5 minutes, most of them the delay of Slurm before a requeued task starts again.
";

/// Packages of Debian, each with a program that shows whether it is installed.
const PACKAGES: [(&str, &str); 3] =
    [("slurm-wlm", "slurmctld"), ("munge", "munged"), ("parallel", "parallel")];

/// Four cells, each of some seconds.
const STUDY: &str = r#"
name = "cluster"
tasks = ["mnist1d-logreg"]
rulesets = ["lr"]
trials = 8
tuning_seeds = 2
seeds = 8
epochs = 100

[[entries]]
name = "sgd"
recipe = "sgd"

[[entries]]
name = "momentum"
recipe = "sgd momentum=0.9"

[[entries]]
name = "adam"
recipe = "adam"

[[entries]]
name = "rmsprop"
recipe = "rmsprop"
"#;

/// Longer than any part of this takes.
const PATIENCE: Duration = Duration::from_secs(900);

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    command::check(HELP, arguments, test)
}

fn test() -> Result<(), String> {
    debian::install(&PACKAGES)?;
    let trial = Trial::new()?;
    let alone = timed("one machine", || trial.study("run study.toml --threads 2 --store alone.db"))?;
    let same = |what: &str, found: &[u8]| match found == alone {
        true => Ok(()),
        false => Err(format!("{what}: expected the bytes of one machine, found others")),
    };

    let mut cluster = Cluster::start(trial.folder.path())?;
    let calm = timed("array job", || trial.study("submit study.toml --parts 4 --dir calm --store calm.db"))?;
    same("array job", &calm)?;

    let faults = timed("array job with a requeue and kills", || {
        let submitted = trial.start("submit study.toml --parts 4 --dir faults --store faults.db");
        let disturbed = disturb(&mut cluster, &trial.folder.path().join("faults"));
        let ended = finish(submitted);
        disturbed.and(ended)
    })?;
    same("array job with a requeue and kills", &faults)?;
    drop(cluster);

    let parallel = timed("GNU parallel", || trial.parallel())?;
    same("GNU parallel", &parallel)?;
    println!("all ended with the same {} bytes as one machine", alone.len());
    Ok(())
}

/// Requeues a task, kills the run of another, then both daemons.
fn disturb(cluster: &mut Cluster, folder: &Path) -> Result<(), String> {
    let job = wait_for("the submitted job", || fs::read_to_string(folder.join("job")).ok())?;
    wait_for("a run of part 1", || process_of("1/4"))?;
    let task = format!("{}_1", job.trim());
    output(cluster.command("scontrol").args(["requeue", &task]))?;
    eprintln!("   requeued {task}");
    let run = wait_for("a run of part 3", || process_of("3/4"))?;
    output(Command::new("kill").args(["-9", &run]))?;
    eprintln!("   killed the run of part 3");
    wait_for("a run of part 4", || process_of("4/4"))?;
    // The controller writes its state every few seconds: what it forgets is submitted again, which is not the test.
    thread::sleep(Duration::from_secs(8));
    cluster.kill_daemons()?;
    thread::sleep(Duration::from_secs(3));
    cluster.start_daemons()?;
    eprintln!("   killed slurmctld and slurmd, and started them again");
    Ok(())
}

/// The process that runs a part of a study, if there is one.
fn process_of(shard: &str) -> Option<String> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let ids = processes.filter_map(|process| process.file_name().into_string().ok());
    ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())).find(|id| {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = words.split(|&byte| byte == 0).collect();
        words.get(2).is_some_and(|word| *word == b"run") && words.contains(&shard.as_bytes())
    })
}

/// Asks again and again until there is an answer.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T, String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(format!("waited {} s for {what}", PATIENCE.as_secs()))
}

/// Runs a command; its standard output.
fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let shown = command.get_program().display().to_string();
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{shown}: {error}"))?;
    match status.success() {
        true => Ok(stdout),
        false => Err(format!("{shown}: {status}: {}", String::from_utf8_lossy(&stderr).trim())),
    }
}

/// Waits for a process whose standard output is read.
fn finish(child: Child) -> Result<Vec<u8>, String> {
    let Output { status, stdout, .. } = child.wait_with_output().map_err(|error| error.to_string())?;
    if status.success() { Ok(stdout) } else { Err(format!("descent study submit: {status}")) }
}

/// The program and a folder with the study.
struct Trial {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Result<Trial, String> {
        output(cargo().args(["build", "--quiet", "--package", "cli"]))?;
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        fs::write(folder.path().join("study.toml"), STUDY).map_err(|error| error.to_string())?;
        Ok(Trial { program: this.with_file_name("descent"), folder })
    }

    /// `descent study …` in the folder, printing JSON.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("study").args(arguments.split_whitespace()).args(["--json", "--offline"]);
        command.current_dir(self.folder.path()).env("SLURM_CONF", Cluster::configuration(self.folder.path()));
        command
    }

    /// Runs it to its end, with its messages shown.
    fn study(&self, arguments: &str) -> Result<Vec<u8>, String> {
        finish(self.start(arguments))
    }

    fn start(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program that was built")
    }

    /// The study in four parts by GNU parallel, brought together.
    fn parallel(&self) -> Result<Vec<u8>, String> {
        let program = self.program.display();
        let part = format!(
            "{program} study run study.toml --shard {{}}/4 --store part-{{}}.db --threads 1 --offline --json"
        );
        let inside = |command: &mut Command| output(command.current_dir(self.folder.path()));
        inside(Command::new("parallel").args(["--jobs", "2", &part, ":::", "1", "2", "3", "4"]))?;
        let stores = (1..=4).map(|part| format!("part-{part}.db"));
        inside(Command::new(&self.program).args(["runs", "merge", "--store", "parallel.db"]).args(stores))?;
        inside(
            Command::new(&self.program).args("study show study.toml --store parallel.db --json".split(' ')),
        )
    }
}

/// Does something and says how long it took.
fn timed(what: &str, act: impl FnOnce() -> Result<Vec<u8>, String>) -> Result<Vec<u8>, String> {
    eprintln!("── {what}");
    let start = Instant::now();
    let result = act()?;
    println!("{what}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(result)
}
