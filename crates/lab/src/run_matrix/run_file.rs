//! A file of finished runs, a record a line: each is one write at its end, synced, and what a kill leaves of a line
//! is cut off when the file is opened again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use train::Record;

use super::error::KeptError;

/// Bytes that a plan or records may have: more than any comparison of today.
pub(super) const MOST: u64 = 1 << 32;

/// Records of finished runs in a file.
#[derive(Debug)]
pub struct RunFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    by_key: BTreeMap<String, Record>,
    /// The file, open at its end; none once a write has failed, for a line would follow a torn one.
    file: Option<File>,
    bytes: u64,
}

impl RunFile {
    /// Opens a file, which need not exist.
    ///
    /// # Errors
    /// If it is damaged, or cannot be written.
    pub fn open(path: &Path) -> Result<RunFile, KeptError> {
        let (by_key, bytes) = read(path)?;
        let file = append_to(path, bytes).map_err(|source| written(path, source))?;
        Ok(RunFile { path: path.into(), state: Mutex::new(State { by_key, file: Some(file), bytes }) })
    }

    /// Number of runs.
    pub fn len(&self) -> usize {
        self.state().by_key.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run with this key ([`Record::key`]).
    pub fn get(&self, key: &str) -> Option<Record> {
        self.state().by_key.get(key).cloned()
    }

    /// All runs, in the order of their keys.
    pub fn records(&self) -> Vec<Record> {
        self.state().by_key.values().cloned().collect()
    }

    /// Keeps a run: when this returns, no kill and no power failure loses it. A run that is there stays as it is.
    ///
    /// # Errors
    /// If it cannot be written; then this run and later ones are not kept, and those before are.
    pub fn put(&self, record: &Record) -> Result<(), KeptError> {
        let mut state = self.state();
        let key = record.key();
        if state.by_key.contains_key(&key) {
            return Ok(());
        }
        let State { by_key, file, bytes } = &mut *state;
        let Some(open) = file else { return Ok(()) };
        let line = serde_json::to_string(record).expect("plain data") + "\n";
        let done = open.write_all(line.as_bytes()).and_then(|()| open.sync_data());
        if let Err(source) = done {
            // What was written of it is cut off here or, if that fails too, when the file is opened again.
            let _ = open.set_len(*bytes);
            *file = None;
            return Err(written(&self.path, source).into());
        }
        *bytes += line.len() as u64;
        by_key.insert(key, record.clone());
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves whole records.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Number of runs in a file that can be read; nothing is changed.
pub(super) fn count(path: &Path) -> Option<usize> {
    read(path).ok().map(|(records, _)| records.len())
}

/// The records of a file by key, and how many of its bytes they take: a last line without an end is torn.
fn read(path: &Path) -> Result<(BTreeMap<String, Record>, u64), KeptError> {
    let text = match files::read(path, MOST) {
        Ok(text) => text,
        Err(error) if error.kind() == files::Kind::Missing => return Ok((BTreeMap::new(), 0)),
        Err(error) => return Err(error.into()),
    };
    let damaged = |line: usize, why: String| KeptError::Damaged {
        path: path.into(),
        why: format!("line {line}: {}", files::text::shorten(&why, 200)),
    };
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut records = BTreeMap::new();
    for (index, line) in text[..whole].split_inclusive(|&byte| byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).map_err(|error| damaged(index + 1, error.to_string()))?;
        let record = Record::parse(line).map_err(|error| damaged(index + 1, error.to_string()))?;
        records.insert(record.key(), record);
    }
    Ok((records, whole as u64))
}

/// Opens a file at its end, after cutting it to `bytes` bytes.
fn append_to(path: &Path, bytes: u64) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(ErrorKind::InvalidInput.into()),
        _ => {}
    }
    let file = File::options().create(true).append(true).open(path)?;
    if file.metadata()?.len() != bytes {
        file.set_len(bytes)?;
        file.sync_data()?;
    }
    Ok(file)
}

fn written(path: &Path, source: io::Error) -> files::Error {
    files::Error::Io { action: "write", path: path.into(), flag: None, source }
}
