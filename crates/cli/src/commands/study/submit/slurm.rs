//! Questions to Slurm: to take a job, and which of its tasks are left.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

use files::text;

use crate::failure::Failure;

/// Tasks of an array job as the queue has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tasks {
    /// Tasks that run, and that wait for a place.
    InQueue { running: usize, waiting: usize },
    /// None is left, or the job is not known any more.
    Gone,
    /// No answer, with the first line of the error.
    Unknown(String),
}

/// Submits a script that runs in a folder; the id of its job.
pub(super) fn submit(folder: &Path, script: &Path) -> Result<String, Failure> {
    let output = Command::new("sbatch").args(["--parsable", "--chdir"]).arg(folder).arg(script).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::missing(
            "cannot start `sbatch`: it is not on this machine",
            "run this where Slurm takes jobs; --dry-run writes the script alone",
        ),
        _ => {
            Failure::failed(format!("cannot start `sbatch`: {error}"), "see whether Slurm is installed here")
        }
    })?;
    if !output.status.success() {
        return Err(Failure::failed(
            format!("sbatch refused {}: {}", text::path(script), first_line(&output)),
            "options for it are given by --sbatch, such as --sbatch=--partition=NAME; nothing was submitted",
        ));
    }
    // `ID` or `ID;CLUSTER`.
    let answer = String::from_utf8_lossy(&output.stdout);
    let id = answer.trim().split(';').next().unwrap_or_default();
    match id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Err(Failure::failed(
            format!("expected the id of a job from sbatch, found `{}`", text::name(answer.trim())),
            "`squeue` shows whether the job was taken",
        )),
        false => Ok(id.to_string()),
    }
}

/// Tasks of a job that are in the queue. An id that is used again by a job of another name is not ours.
pub(super) fn tasks(id: &str, name: &str) -> Tasks {
    let output =
        Command::new("squeue").args(["--noheader", "--array", "--format=%T %j", "--jobs"]).arg(id).output();
    match output {
        Ok(output) if output.status.success() => count(&String::from_utf8_lossy(&output.stdout), name),
        Ok(output) if first_line(&output).contains("Invalid job id") => Tasks::Gone,
        Ok(output) => Tasks::Unknown(first_line(&output)),
        Err(error) => Tasks::Unknown(error.to_string()),
    }
}

/// Counts the lines of squeue, each a state and a name.
fn count(lines: &str, name: &str) -> Tasks {
    let states = lines.lines().filter_map(|line| line.trim().split_once(' '));
    let states: Vec<&str> = states.filter(|(_, found)| *found == name).map(|(state, _)| state).collect();
    let waiting = states.iter().filter(|state| WAITING.contains(state)).count();
    match states.len() {
        0 => Tasks::Gone,
        all => Tasks::InQueue { running: all - waiting, waiting },
    }
}

/// States of a task that has no place yet.
const WAITING: [&str; 6] =
    ["PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"];

fn first_line(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    text::shorten(said.lines().next().unwrap_or("no message"), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_counted_by_state_and_name() {
        let lines = "RUNNING descent-a\nPENDING descent-a\nCOMPLETING descent-a\nRUNNING other\n";
        assert_eq!(count(lines, "descent-a"), Tasks::InQueue { running: 2, waiting: 1 });
        assert_eq!(count(lines, "descent-b"), Tasks::Gone);
        assert_eq!(count("", "descent-a"), Tasks::Gone);
    }
}
