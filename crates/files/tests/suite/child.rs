//! This program as a child process with limits, or killed.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output as Ended, Stdio};

/// The variable that names a file to the child.
const TARGET: &str = "FILES_TEST_TARGET";
/// The variable with the number of bytes to write, or `forever`.
const BYTES: &str = "FILES_TEST_BYTES";
const FOREVER: &str = "forever";

/// Body of the child: claims the file and writes it. Does nothing in the parent.
#[test]
fn child() {
    let Some(target) = env::var_os(TARGET).map(PathBuf::from) else { return };
    let amount = env::var(BYTES).expect("the parent sets both");
    let written = files::Output::claim(&target, "--save").and_then(|output| {
        if amount == FOREVER {
            say("ready");
            loop {
                output.commit(&[7; 300_000])?;
            }
        }
        output.commit(&vec![7; amount.parse().expect("a number")])
    });
    match written {
        Ok(()) => say("written"),
        Err(error) => say(&format!("refused {:?}: {error}; {}", error.kind(), error.hint())),
    }
}

fn say(words: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{words}").and_then(|()| out.flush()).expect("the parent reads");
}

/// The command of a child below `wrapper`, as in `setpriv --reuid 65534 …`.
fn command(wrapper: &[&str], target: &Path, amount: &str) -> Command {
    let program = env::current_exe().expect("this program has a path");
    let mut words = wrapper.iter();
    let mut command = match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.args(["child::child", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(TARGET, target).env(BYTES, amount).stdin(Stdio::null());
    command
}

/// Runs a child that writes `bytes` bytes; returns its output.
pub(crate) fn writes(wrapper: &[&str], target: &Path, bytes: usize) -> String {
    let ended: Ended = command(wrapper, target, &bytes.to_string()).output().expect("it starts");
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{text}{}", String::from_utf8_lossy(&ended.stderr));
    text
}

/// Starts a child that writes again and again; returns when it has begun.
pub(crate) fn writes_forever(target: &Path) -> Child {
    use std::io::{BufRead, BufReader};
    let mut child = command(&[], target, FOREVER).stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let ready = lines.map_while(Result::ok).any(|line| line.ends_with("ready"));
    assert!(ready, "the child says that it has begun");
    child
}
