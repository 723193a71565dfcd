//! D1, D4 and D6: kills and signals at random moments, and threads that cannot be started.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tensor::random::Stream;

use super::jobs::{self, JOBS, Job, Reference};
use super::{Effort, Row, program};

/// Commands that keep what was done before a kill.
const KEPT: [&str; 4] = ["compare", "train --checkpoint-every", "study run", "data fetch"];

/// SIGKILL at random moments; the same command goes on, again and again, until all kills are done.
pub(super) fn killed(effort: Effort) -> Vec<Row> {
    let kept = jobs::all().into_iter().filter(|job| KEPT.contains(&job.name));
    kept.map(|job| kill(longer(job), effort)).collect()
}

/// A run of some hundred milliseconds instead of some ten.
fn longer(job: Job) -> Job {
    let arguments = match job.name {
        "compare" => {
            "compare --offline --optimizers sgd,adam,rmsprop --epochs 2 --seeds 4 --batch-size 100 --out here"
        }
        "train --checkpoint-every" => {
            "train --offline --layers 784,32,10 --batch-size 100 --epochs 12 --checkpoint c.st \
             --checkpoint-every 20 --resume --save model.st"
        }
        _ => job.arguments,
    };
    Job { arguments, ..job }
}

fn kill(job: Job, effort: Effort) -> Row {
    let mut row = Row::new("D1", format!("{}: SIGKILL at a random moment", job.name));
    let start = Instant::now();
    let reference = match job.reference() {
        Ok(reference) => reference,
        Err(why) => return row.skipped(why),
    };
    let whole = start.elapsed();
    let mut moments = Stream::new(1, job.name);
    while row.tried < effort.moments {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        if let Err(error) = job.prepare(folder.path()) {
            return row.skipped(error.to_string());
        }
        // Kills until a run comes to its end, which is the check of all that were before it.
        loop {
            let moment = whole.mul_f64(1.05 * f64::from(moments.uniform()));
            let killed = kill_at(folder.path(), job, &reference, moment);
            let is_over = killed.as_ref().map_or(true, |is_over| *is_over);
            row.count(format!("after {moment:?}"), killed.map(drop));
            if is_over || row.tried >= effort.moments {
                break;
            }
        }
        if let Err(why) = reference.heal(folder.path()) {
            row.failures.push(why);
        }
    }
    row
}

/// Kills a run after a time; says if it had come to its end.
fn kill_at(folder: &Path, job: Job, reference: &Reference, moment: Duration) -> Result<bool, String> {
    let mut command = program::command(folder, job.arguments);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    thread::sleep(moment);
    let _ = child.kill();
    let outcome = program::wait(child);
    reference.check(folder, &outcome, true)?;
    Ok(outcome.code().is_some())
}

/// SIGINT and SIGTERM at random moments: 130 and 143, a word, and everything finished kept.
pub(super) fn signaled(effort: Effort) -> Vec<Row> {
    let jobs = JOBS.iter().filter(|job| ["compare", "train --checkpoint-every"].contains(&job.name));
    let pairs = jobs.flat_map(|job| [("INT", 130), ("TERM", 143)].map(|signal| (longer(*job), signal)));
    pairs.map(|(job, (name, code))| signal(job, name, code, effort)).collect()
}

fn signal(job: Job, name: &str, code: i32, effort: Effort) -> Row {
    let mut row = Row::new("D4", format!("{}: SIG{name} at a random moment", job.name));
    let start = Instant::now();
    let reference = match job.reference() {
        Ok(reference) => reference,
        Err(why) => return row.skipped(why),
    };
    let whole = start.elapsed();
    let mut moments = Stream::new(2, job.name);
    for _ in 0..effort.moments {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        let moment = whole.mul_f64(f64::from(moments.uniform()));
        let held = (|| {
            let mut command = program::command(folder.path(), job.arguments);
            let child = command.spawn().map_err(|error| error.to_string())?;
            thread::sleep(moment);
            program::signal(&child, name);
            let outcome = program::wait(child);
            // Before it listens, the signal ends the program as it ends any.
            if outcome.code().is_some() {
                outcome.ended_with(&[0, code])?;
            }
            reference.check(folder.path(), &outcome, true)?;
            reference.heal(folder.path())
        })();
        row.count(format!("after {moment:?}"), held);
    }
    row
}

/// Threads: the same files for any number, and a number that the system refuses is said before work.
pub(super) fn threads(effort: Effort) -> Vec<Row> {
    let job = JOBS[1];
    let mut same = Row::new("D6", "the same model on 1, 2, 3, 16 and 1024 threads");
    let mut limited = Row::new("D6", "a limit on processes: the model, or an error with both numbers");
    let reference = match job.reference() {
        Ok(reference) => reference,
        Err(why) => return vec![same.skipped(why)],
    };
    for _ in 0..effort.moments.div_ceil(8) {
        for count in [1, 2, 3, 16, 1024] {
            let Ok(folder) = tempfile::tempdir() else { return vec![same.skipped("no temporary folder")] };
            let arguments = job.arguments.replace("--threads 1", &format!("--threads {count}"));
            let outcome = program::finish(program::command(folder.path(), &arguments));
            same.count(format!("{count} threads"), reference.check(folder.path(), &outcome, false));
        }
    }
    if !(cfg!(target_os = "linux") && program::is_root()) {
        return vec![same, limited.skipped("needs root, to become another user")];
    }
    for processes in [1, 2, 3, 30] {
        for count in [1, 2, 1024] {
            let held = refused(job, &reference, processes, count);
            limited.count(format!("ulimit -u {processes}, --threads {count}"), held);
        }
    }
    vec![same, limited]
}

/// One run as another user who may have so few processes.
fn refused(job: Job, reference: &Reference, processes: usize, count: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open).map_err(|error| error.to_string())?;
    let script = format!("ulimit -u {processes}; exec \"$@\"");
    let wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", &script, "-"];
    let arguments = job.arguments.replace("--threads 1", &format!("--threads {count}"));
    let outcome = program::finish(program::wrapped(folder.path(), &wrapper, arguments.split_whitespace()));
    reference.check(folder.path(), &outcome, false)?;
    match outcome.code() {
        Some(0) => Ok(()),
        _ if count == 1 => Err(format!("one thread needs none: {}", outcome.last_line())),
        _ if outcome.stderr.contains("cannot start") && outcome.stderr.contains("limit") => Ok(()),
        _ => Err(outcome.last_line()),
    }
}
