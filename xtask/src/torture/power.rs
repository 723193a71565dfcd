//! C5: what is on the disk if the power fails between two calls of the system.
//!
//! Bytes that were not synced may be lost, and so may a rename whose folder was not synced. After any call the old or the
//! new file is whole if each rename is of a file that was synced after its last write; it is kept if its folder is synced
//! after the rename.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::jobs::{self, Job};
use super::{Effort, Row, program};

pub(super) fn rows(_: Effort) -> Vec<Row> {
    let mut row = Row::new("C5", "a power loss at any call: renames of synced files, in synced folders");
    if let Err(why) = super::faults::install() {
        return vec![row.skipped(why)];
    }
    // SQLite syncs its files itself, in its order.
    for job in jobs::all().into_iter().filter(|job| !job.files.iter().any(|name| name.ends_with(".db"))) {
        match calls(job) {
            Ok(calls) => judge(job.name, &calls, &mut row),
            Err(why) => row.count(job.name, Err(why)),
        }
    }
    vec![row]
}

/// A call that changes a file.
#[derive(Debug, Clone, PartialEq)]
enum Call {
    Write(String),
    Sync(String),
    Rename(String, String),
}

/// The calls of an undisturbed run, in their order.
fn calls(job: Job) -> Result<Vec<Call>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    job.prepare(folder.path()).map_err(|error| error.to_string())?;
    let log = folder.path().join("calls");
    let log_text = log.display().to_string();
    let trace = "trace=write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2";
    let strace = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", &log_text, "-e", trace];
    let outcome = program::finish(program::wrapped(folder.path(), &strace, job.arguments.split_whitespace()));
    if !outcome.succeeded() {
        return Err(outcome.last_line());
    }
    let text = fs::read_to_string(&log).map_err(|error| error.to_string())?;
    Ok(text.lines().filter_map(|line| call(line, folder.path())).collect())
}

/// A line such as `12 fsync(5</tmp/x/model.st>) = 0`; `None` for calls that failed or are of no file.
fn call(line: &str, folder: &Path) -> Option<Call> {
    let line = line.split_once(' ')?.1.trim_start();
    let (name, rest) = line.split_once('(')?;
    let path =
        || Some(rest.split_once('<')?.1.split_once('>')?.0.to_string()).filter(|path| path.starts_with('/'));
    if rest.contains(" = -1 ") {
        return None;
    }
    match name {
        "write" | "pwrite64" | "writev" => path().map(Call::Write),
        "fsync" | "fdatasync" => path().map(Call::Sync),
        _ if name.starts_with("rename") => {
            let mut names = rest.split('"').skip(1).step_by(2).map(|name| whole(folder, name));
            Some(Call::Rename(names.next()?, names.next()?))
        }
        _ => None,
    }
}

/// A name as the other calls have it: from the root, without `.` in between.
fn whole(folder: &Path, name: &str) -> String {
    folder.join(name).components().collect::<PathBuf>().display().to_string()
}

/// Counts each rename; those of the program's temporary files only.
fn judge(name: &str, calls: &[Call], row: &mut Row) {
    let mut unsynced: BTreeMap<&str, bool> = BTreeMap::new();
    for (place, call) in calls.iter().enumerate() {
        match call {
            Call::Write(path) => drop(unsynced.insert(path, true)),
            Call::Sync(path) => drop(unsynced.insert(path, false)),
            Call::Rename(from, to) => {
                let folder =
                    Path::new(to).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
                let is_kept = calls[place..].contains(&Call::Sync(folder));
                let held = match unsynced.get(from.as_str()) {
                    Some(false) if is_kept => Ok(()),
                    Some(false) => Err("its folder is not synced".to_string()),
                    _ => Err("it is renamed before it is synced".to_string()),
                };
                row.count(format!("{name}: {to}"), held);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The failures that these lines of strace count as.
    fn failures(lines: &[&str]) -> Vec<String> {
        let calls: Vec<Call> = lines.iter().filter_map(|line| call(line, Path::new("/d"))).collect();
        let mut row = Row::new("C5", "a row");
        judge("job", &calls, &mut row);
        assert_eq!(row.tried, 1);
        row.failures
    }

    const WRITE: &str = r#"7 write(3</d/.tmp>, "x", 1) = 1"#;
    const SYNC: &str = "7 fsync(3</d/.tmp>) = 0";
    const RENAME: &str = r#"7 rename("./.tmp", "a") = 0"#;
    const FOLDER: &str = "7 fsync(3</d>) = 0";

    #[test]
    fn a_file_is_synced_before_its_rename_and_its_folder_after() {
        assert!(failures(&[WRITE, SYNC, RENAME, FOLDER]).is_empty());
        for lost in [
            &[WRITE, RENAME, FOLDER][..],
            &[SYNC, WRITE, RENAME, FOLDER],
            &[WRITE, SYNC, RENAME],
            &[WRITE, SYNC, FOLDER, RENAME],
            &[WRITE, "7 fsync(3</d/.tmp>) = -1 EIO", RENAME, FOLDER],
        ] {
            assert_eq!(failures(lost).len(), 1, "{lost:?}");
        }
    }
}
