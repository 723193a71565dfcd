//! C3: an error or a kill at the n-th call of the system, for every n.

use std::fs;
use std::process::Command;

use super::jobs::{self, Job, Reference};
use super::{Effort, Row, program};

/// Calls that change files, and errors that they may give. A rename is not interrupted by signals.
const CALLS: [(&str, &[&str]); 9] = [
    ("write", &["EIO", "ENOSPC", "EINTR"]),
    ("pwrite64", &["EIO", "ENOSPC"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("rename", &["EIO", "ENOSPC"]),
    ("openat", &["EIO", "EMFILE", "EINTR"]),
    ("unlink", &["EIO"]),
    ("ftruncate", &["EIO"]),
    ("mkdir", &["EIO", "ENOSPC"]),
];

pub(super) fn rows(effort: Effort) -> Vec<Row> {
    if let Err(why) = install() {
        return vec![Row::new("C3", "faults at the n-th call").skipped(why)];
    }
    jobs::all().into_iter().flat_map(|job| of_job(job, effort)).collect()
}

fn of_job(job: Job, effort: Effort) -> Vec<Row> {
    let reference = match job.reference() {
        Ok(reference) => reference,
        Err(why) => return vec![Row::new("C3", job.name).skipped(why)],
    };
    let (mut errors, mut kills) = (
        Row::new("C3", format!("{}: an error at the n-th call", job.name)),
        Row::new("C3", format!("{}: a kill at the n-th call", job.name)),
    );
    let mut points = 0;
    // Every stride-th of all points, so that a short form reaches each kind of call.
    let mut is_due = || {
        points += 1;
        points % effort.stride == 0
    };
    let counts = counts(job);
    for ((call, faults), count) in CALLS.into_iter().zip(counts) {
        for n in 1..=count {
            for error in faults.iter().filter(|_| is_due()) {
                let inject = format!("inject={call}:error={error}:when={n}");
                errors.count(&inject, disturbed(job, &reference, call, &inject, false));
            }
            if is_due() {
                let inject = format!("inject={call}:signal=KILL:when={n}");
                kills.count(&inject, disturbed(job, &reference, call, &inject, true));
            }
        }
    }
    vec![errors, kills]
}

/// One run with one fault, and one without.
fn disturbed(job: Job, reference: &Reference, call: &str, inject: &str, killed: bool) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    job.prepare(folder.path()).map_err(|error| error.to_string())?;
    let log = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let (log_text, trace) = (log.path().display().to_string(), format!("trace={call}"));
    let strace = ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-o", &log_text, "-e", &trace, "-e", inject];
    let outcome = program::finish(program::wrapped(folder.path(), &strace, job.arguments.split_whitespace()));
    if is_between_threads(&fs::read_to_string(log.path()).unwrap_or_default()) {
        return Ok(());
    }
    reference.check(folder.path(), &outcome, killed)?;
    if inject.contains("EINTR") && !outcome.succeeded() {
        return Err(format!("an interrupted call is seen: {}", outcome.last_line()));
    }
    reference.heal(folder.path())
}

/// If the error was injected into a write by which one thread wakes another, which no disk fails: a wake-up that is lost
/// may well hang.
fn is_between_threads(log: &str) -> bool {
    log.lines().any(|line| line.ends_with("(INJECTED)") && line.contains("anon_inode:[eventfd]"))
}

/// Calls of each kind in an undisturbed run.
fn counts(job: Job) -> [usize; CALLS.len()] {
    let Ok(folder) = tempfile::tempdir() else { return [0; CALLS.len()] };
    let Ok(()) = job.prepare(folder.path()) else { return [0; CALLS.len()] };
    let log = folder.path().join("calls");
    let trace = format!("trace={}", CALLS.map(|(call, _)| call).join(","));
    let log_text = log.display().to_string();
    let strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", &log_text, "-e", &trace];
    program::finish(program::wrapped(folder.path(), &strace, job.arguments.split_whitespace()));
    let text = fs::read_to_string(log).unwrap_or_default();
    // A line is `PID CALL(…`.
    let is =
        |line: &str, call: &str| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with(call));
    CALLS.map(|(call, _)| text.lines().filter(|line| is(line, &format!("{call}("))).count())
}

/// Makes sure that strace is there and may trace.
pub(super) fn install() -> Result<(), String> {
    let works = || {
        let probe = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    if !works() {
        let _ = Command::new("apt-get").args(["install", "-y", "-qq", "strace"]).output();
    }
    match works() {
        true => Ok(()),
        false => Err("strace is missing, or may not trace here".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_told_from_a_file() {
        let line =
            |file: &str| format!("12 write(5<{file}>, \"\", 8) = -1 EIO (Input/output error) (INJECTED)\n");
        assert!(is_between_threads(&line("anon_inode:[eventfd]")));
        assert!(!is_between_threads(&line("/tmp/model.st")));
        assert!(!is_between_threads("12 write(5<anon_inode:[eventfd]>, \"\", 8) = 8\n"));
    }
}
