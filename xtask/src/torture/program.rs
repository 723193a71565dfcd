//! The program under test as a separate process.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::fetch;
use crate::cargo::cargo;

/// Longer than anything that is tried takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Output and exit of a process.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Outcome {
    /// The exit code; none after a signal.
    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status.success()
    }

    /// No panic, no abort.
    pub(super) fn is_orderly(&self) -> Result<(), String> {
        match self.code() {
            Some(101) => Err(format!("panicked: {}", self.last_line())),
            None => Err(format!("{}: {}", self.status, self.last_line())),
            Some(_) if self.stderr.contains("panicked at") => Err(format!("panicked: {}", self.last_line())),
            Some(code) if code != 0 && self.stderr.is_empty() => Err(format!("code {code} and no word")),
            Some(_) => Ok(()),
        }
    }

    /// One of these codes, with a message.
    pub(super) fn ended_with(&self, codes: &[i32]) -> Result<(), String> {
        self.is_orderly()?;
        match self.code() {
            Some(code) if codes.contains(&code) => Ok(()),
            code => Err(format!("expected code {codes:?}, found {code:?}: {}", self.last_line())),
        }
    }

    pub(super) fn last_line(&self) -> String {
        let error = self.stderr.lines().find(|line| line.starts_with("error:"));
        error.or_else(|| self.stderr.lines().last()).unwrap_or_default().chars().take(160).collect()
    }
}

/// The program `descent` with all its features, once it is built.
static BUILT: OnceLock<PathBuf> = OnceLock::new();

/// Builds the program as users have it; without this, a smaller one with fewer commands is tested.
pub(super) fn build() -> Result<(), String> {
    let status = cargo().args(["build", "--quiet", "--package", "cli"]).status();
    let descent = this().with_file_name("descent");
    match status {
        Ok(status) if status.success() && descent.is_file() => {
            let _ = BUILT.set(descent);
            Ok(())
        }
        _ => Err("the program cannot be built".to_string()),
    }
}

fn this() -> PathBuf {
    std::env::current_exe().expect("a running program has a file")
}

/// The words that start the program.
fn descent() -> Vec<OsString> {
    match BUILT.get() {
        Some(descent) => vec![descent.into()],
        None => vec![this().into(), "descent".into()],
    }
}

/// A command of the program in a folder, with a separate cache there.
pub(super) fn command(folder: &Path, arguments: &str) -> Command {
    wrapped(folder, &[] as &[&str], arguments.split_whitespace())
}

/// The same started by another program, such as strace.
pub(super) fn wrapped<W: AsRef<OsStr>, A: AsRef<OsStr>>(
    folder: &Path,
    wrapper: &[W],
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let arguments: Vec<OsString> = arguments.into_iter().map(|word| word.as_ref().to_os_string()).collect();
    let program = match arguments.first() {
        Some(first) if first == fetch::WORD => vec![this().into()],
        _ => descent(),
    };
    let mut words = wrapper.iter().map(|word| word.as_ref().to_os_string()).chain(program);
    let mut command = Command::new(words.next().expect("a program"));
    command
        .args(words)
        .args(arguments)
        .current_dir(folder)
        .env_remove("DESCENT_DATA")
        .env_remove("DESCENT_STORE");
    // Relative ones would be ignored, and the user's taken.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    command.env("XDG_CACHE_HOME", folder.join("cache")).env("XDG_STATE_HOME", folder.join("state"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // So that one that hangs is killed with what it has started.
    command.process_group(0);
    command
}

/// Runs a command to its end; one that hangs is killed with its group, and is a signal in its outcome.
pub(super) fn finish(mut command: Command) -> Outcome {
    match command.spawn() {
        Ok(child) => wait(child),
        Err(error) => panic!("{command:?}: {error}"),
    }
}

/// Waits for a process, reading what it writes.
pub(super) fn wait(mut child: Child) -> Outcome {
    let [stdout, stderr] = [
        child.stdout.take().map(|pipe| thread::spawn(move || read(pipe))),
        child.stderr.take().map(|pipe| thread::spawn(move || read(pipe))),
    ];
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child of this process") {
            Some(status) => break status,
            None if start.elapsed() > PATIENCE => {
                kill_group(&child);
                break child.wait().expect("a child of this process");
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let text =
        |reader: Option<thread::JoinHandle<String>>| reader.and_then(|r| r.join().ok()).unwrap_or_default();
    Outcome { status, stdout: text(stdout), stderr: text(stderr) }
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a signal, such as `INT`.
pub(super) fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
}

/// Kills a process that leads a group, and all of that group: of a traced program, the tracer alone would leave it running.
fn kill_group(child: &Child) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
}

/// If this process is root's: some faults need that.
pub(super) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
