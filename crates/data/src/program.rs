//! Bounded runs of package programs.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::error::Error;
use crate::network::{Network, TICK};

/// Runs a program and returns its standard error. It is killed at the time limit or on cancellation. The outer
/// error ends the fetch, the inner one is the reason why this source failed.
pub(crate) fn run(
    command: &mut Command,
    name: &str,
    network: &Network,
) -> Result<Result<String, String>, Error> {
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Err(format!("{name} is not installed")));
        }
        Err(error) => return Ok(Err(format!("{name} cannot be started: {error}"))),
    };
    // Read while waiting, so that a verbose program does not block.
    let stderr = child.stderr.take();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = stderr.map(|stderr| stderr.take(1 << 16).read_to_end(&mut text));
        drop(read);
        String::from_utf8_lossy(&text).into_owned()
    });
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return Ok(Ok(reader.join().unwrap_or_default())),
            Ok(None) if network.cancel.is_cancelled() || start.elapsed() >= network.npm_limit => {
                let _ = child.kill();
                let _ = child.wait();
                network.cancel.check()?;
                return Ok(Err(format!("{name} took more than {} s", network.npm_limit.as_secs())));
            }
            Ok(None) => thread::sleep(TICK),
            Err(error) => return Ok(Err(error.to_string())),
        }
    }
}
