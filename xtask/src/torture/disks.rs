//! C4: full disks, limits on the size of files, and folders that may not be written.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::jobs::{self, Job, Reference};
use super::{Effort, Row, program};

pub(super) fn rows(_: Effort) -> Vec<Row> {
    let mut rows = Vec::new();
    for job in jobs::all() {
        match job.reference() {
            Ok(reference) => {
                rows.extend([full(job, &reference), limited(job, &reference), refused(job, &reference)])
            }
            Err(why) => rows.push(Row::new("C4", job.name).skipped(why)),
        }
    }
    rows
}

/// Disks of a few sizes.
fn full(job: Job, reference: &Reference) -> Row {
    let mut row = Row::new("C4", format!("{}: a full disk", job.name));
    for kib in [4, 8, 16, 24, 32, 48, 64, 96, 128, 192] {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        let disk = match Mount::tmpfs(folder.path(), &format!("size={kib}k")) {
            Ok(disk) => disk,
            Err(why) => return row.skipped(why),
        };
        if job.prepare(disk.0).is_err() {
            // Too small for what the command reads.
            continue;
        }
        let outcome = program::finish(program::command(disk.0, job.arguments));
        let held = reference.check(disk.0, &outcome, false).and_then(|()| outcome.ended_with(&[0, 73, 74]));
        // What was found is shown although it cannot be kept.
        let held = held.and_then(|()| match outcome.code() {
            Some(74) if job.name == "compare" && outcome.stdout.is_empty() => Err("no table".to_string()),
            _ => Ok(()),
        });
        // With room again, the same command comes to its end.
        let healed = held.and_then(|()| disk.remount("size=100m")).and_then(|()| reference.heal(disk.0));
        row.count(format!("{kib} KiB"), healed);
    }
    row
}

/// Limits on the size of a file.
fn limited(job: Job, reference: &Reference) -> Row {
    let mut row = Row::new("C4", format!("{}: a limit on the size of files", job.name));
    for kib in [0, 1, 2, 4, 8, 16, 32] {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        if job.prepare(folder.path()).is_err() {
            return row.skipped("no room for what the command reads");
        }
        // The program ignores the signal of this limit by itself; the child that fetches is only the library.
        let trap = if job.name == "data fetch" { "trap '' XFSZ; " } else { "" };
        let script = format!("{trap}ulimit -f {kib}; exec \"$@\"");
        let wrapper = ["bash", "-c", &script, "-"];
        let outcome =
            program::finish(program::wrapped(folder.path(), &wrapper, job.arguments.split_whitespace()));
        let held = reference.check(folder.path(), &outcome, false);
        let held =
            held.and_then(|()| outcome.ended_with(&[0, 73, 74])).and_then(|()| reference.heal(folder.path()));
        row.count(format!("{kib} KiB"), held);
    }
    row
}

/// A read-only disk, and another user's folder: refused before work, nothing made.
fn refused(job: Job, reference: &Reference) -> Row {
    let mut row = Row::new("C4", format!("{}: a folder that may not be written", job.name));
    let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
    let disk = match Mount::tmpfs(folder.path(), "size=1m") {
        Ok(disk) => disk,
        Err(why) => return row.skipped(why),
    };
    if job.prepare(disk.0).is_err() {
        return row.skipped("no room for what the command reads");
    }
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    for (what, options, wrapper) in [("another user's", "rw", &nobody[..]), ("read-only", "ro", &[])] {
        let held = disk.remount(options).and_then(|()| {
            let arguments = job.arguments.split_whitespace();
            let outcome = program::finish(program::wrapped(disk.0, wrapper, arguments));
            reference.check(disk.0, &outcome, false)?;
            outcome.ended_with(&[73, 74])
        });
        row.count(what, held);
    }
    let held = disk.remount("rw").and_then(|()| reference.heal(disk.0));
    row.count("writable again", held);
    row
}

/// A file system that is taken away at the end.
struct Mount<'p>(&'p Path);

impl Mount<'_> {
    fn tmpfs<'p>(folder: &'p Path, options: &str) -> Result<Mount<'p>, String> {
        let place = folder.display().to_string();
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs", &place]).output();
        match output {
            Ok(output) if output.status.success() => {
                let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                fs::set_permissions(folder, open).map_err(|error| error.to_string())?;
                Ok(Mount(folder))
            }
            _ => Err("needs root, to mount a small disk".to_string()),
        }
    }

    fn remount(&self, options: &str) -> Result<(), String> {
        let (place, options) = (self.0.display().to_string(), format!("remount,{options}"));
        let output = Command::new("mount").args(["-o", &options, &place]).output();
        let output = output.map_err(|error| error.to_string())?;
        output
            .status
            .success()
            .then_some(())
            .ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
