//! Leftovers of a kill while a store was made. SQLite writes the file, next to its log, so neither is one of the locked temporary
//! files that `files` removes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::place::folder_of;

/// Age of what a kill left before it is removed.
const OLD: Duration = Duration::from_secs(60);

/// The same where the system does not tell if a process has ended.
const VERY_OLD: Duration = Duration::from_secs(3600);

/// Ending of the name under which a store is made.
const NEW: &str = ".new";

/// A name for a store that is being made by this worker of this process.
pub(crate) fn temporary(path: &Path, pid: u32, worker: u64) -> PathBuf {
    path.with_file_name(format!("{}{pid}-{worker}{NEW}", prefix(path)))
}

fn prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes what is left of this store being made by processes that were killed: theirs have ended, and the files are a
/// minute old.
pub(crate) fn sweep(path: &Path) {
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    let prefix = prefix(path);
    for entry in entries.flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| maker(name.strip_prefix(&prefix)?));
        if maker.is_some_and(|pid| is_left_by(pid, &entry)) {
            // Another process may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process in a name after its prefix: `123-0.new`, `123-0.new-wal`.
fn maker(rest: &str) -> Option<u32> {
    let (holder, suffix) = rest.split_once(NEW)?;
    let (pid, worker) = holder.split_once('-')?;
    worker.parse::<u64>().ok()?;
    let pid = pid.parse().ok()?;
    ["", "-wal", "-shm", "-journal"].contains(&suffix).then_some(pid)
}

fn is_left_by(pid: u32, entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|time| time.elapsed().ok());
    let tells = Path::new("/proc/self").exists();
    let ended = tells && !Path::new("/proc").join(pid.to_string()).exists();
    age.is_some_and(|age| age >= if ended { OLD } else { VERY_OLD }) && (ended || !tells)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_a_kill_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs.db");
        let us = std::process::id();
        let (gone, hour) = (u32::MAX, Duration::from_secs(7200));
        let files = [
            (format!(".runs.db.{gone}-0.new"), hour, false),
            (format!(".runs.db.{gone}-12.new-wal"), hour, false),
            (
                format!(".runs.db.{gone}-0.new-shm"),
                Duration::from_secs(90),
                !Path::new("/proc/self").exists(),
            ),
            (format!(".runs.db.{gone}-1.new"), Duration::ZERO, true),
            (format!(".runs.db.{us}-0.new"), hour, Path::new("/proc/self").exists()),
            (format!(".other.db.{gone}-0.new"), hour, true),
            (".runs.db.mine.new".to_string(), hour, true),
            (format!(".runs.db.{gone}-0.new.txt"), hour, true),
            ("runs.db".to_string(), hour, true),
        ];
        for (name, age, _) in &files {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_modified(std::time::SystemTime::now() - *age).expect("a time");
        }
        sweep(&path);
        for (name, age, stays) in files {
            assert_eq!(folder.path().join(&name).exists(), stays, "{name}, {age:?}");
        }
    }
}
