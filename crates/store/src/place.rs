//! The place of a store: its folder, who may write it, and what a kill left there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use files::text;
use lab::store::Error;

/// Age of what a kill left before it is removed.
const OLD: Duration = Duration::from_secs(60);

/// The same where the system does not tell if a process has ended.
const VERY_OLD: Duration = Duration::from_secs(3600);

/// Ending of the name under which a store is made.
const NEW: &str = ".new";

/// Makes the folders above a store.
pub(crate) fn make_folders(path: &Path) -> Result<(), Error> {
    let folder = folder_of(path);
    let source = match fs::create_dir_all(&folder) {
        Ok(()) => return Ok(()),
        Err(source) => source,
    };
    // The system says "file exists" of a file that is to be a folder.
    let blocking = folder.ancestors().find(|above| above.exists()).filter(|above| !above.is_dir());
    let source = match blocking {
        Some(file) => io::Error::other(format!("{} is not a folder", text::path(file))),
        None => source,
    };
    Err(files::Error::Create { path: path.into(), flag: None, source }.into())
}

/// Makes sure that a store that is there can be written.
pub(crate) fn writable(path: &Path) -> Result<(), Error> {
    if let Err(source) = File::options().append(true).open(path) {
        return Err(
            match owner(path, "its owner").filter(|_| source.kind() == io::ErrorKind::PermissionDenied) {
                Some(owner) => Error::ReadOnly { path: path.into(), why: owner },
                None => Error::Io { action: "write", path: path.into(), source },
            },
        );
    }
    let folder = folder_of(path);
    if takes_files(&folder) {
        return Ok(());
    }
    let whose = format!("the owner of the folder {}", text::path(&folder));
    let why = owner(&folder, &whose).unwrap_or_else(|| "its folder takes none".to_string());
    let why = format!("SQLite's log is a file next to it, and {why}");
    Err(Error::ReadOnly { path: path.into(), why })
}

/// True if this process may make files in a folder.
#[cfg(unix)]
pub(crate) fn takes_files(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// True if this process may make files in a folder.
#[cfg(not(unix))]
pub(crate) fn takes_files(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|found| !found.permissions().readonly())
}

/// The folder of a file.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).into()
}

/// `its owner is root, its mode 0644`.
#[cfg(unix)]
fn owner(path: &Path, whose: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok()?;
    let (uid, mode) = (found.uid().to_string(), found.mode() & 0o7777);
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2) == Some(&uid.as_str())).then(|| text::name(fields[0]))
    });
    let name = name.unwrap_or_else(|| format!("user {uid}"));
    Some(format!("{whose} is {name}, its mode {mode:04o}"))
}

/// Systems without owners that everyone may see.
#[cfg(not(unix))]
fn owner(_: &Path, _: &str) -> Option<String> {
    None
}

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

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        File::create(&file).expect("a file");
        let error = make_folders(&file.join("sub/runs.db")).expect_err("a file").to_string();
        assert!(error.ends_with(&format!("{} is not a folder", text::path(&file))), "{error}");
        assert!(make_folders(&folder.path().join("a/b/runs.db")).is_ok());
    }
}
