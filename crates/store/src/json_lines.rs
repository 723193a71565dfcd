//! A store in JSON lines: what was done, one line each, appended.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::Store;
use lab::store::{
    Claim, Error, Filter, Holder, Memory, Put, Running, StudyText, Summary, Trial, now, put_runs, sha256,
};
use serde::{Deserialize, Deserializer, Serialize};
use train::Record;

/// The newest schema of a file.
const SCHEMA: u32 = 1;

/// A store in JSON lines, for versioning and for places without SQLite. Each line carries a SHA-256 of itself and
/// all lines before, so a changed or missing line is noticed; a line that a killed process left half written is
/// passed over, and removed by the next write. A file of the same name with `.lock` keeps writers apart.
///
/// Curves of runs under way are not written, only their claims.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    contents: Memory,
    /// Bytes of whole lines that were read.
    read: u64,
    /// Number of these lines.
    lines: usize,
    /// The check of the last one.
    check: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Store { schema: u32 },
    Run { added: u64, record: AnyRecord },
    Claim { key: String, holder: Holder, time: u64 },
    Beat { key: String, holder: Holder, time: u64 },
    Release { key: String, holder: Holder },
    Study(StudyText),
    Replace(StudyText),
    Trial { study: String, trial: Trial },
}

/// A record of this schema or an older one.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct AnyRecord(Box<Record>);

impl<'de> Deserialize<'de> for AnyRecord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<AnyRecord, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let record = Record::parse(&value.to_string()).map_err(serde::de::Error::custom)?;
        Ok(AnyRecord(Box::new(record)))
    }
}

impl JsonLines {
    /// Opens a store, or makes it with the folders above it.
    ///
    /// # Errors
    /// If the file cannot be made or read, is no store, or is damaged.
    pub fn open(path: &Path) -> Result<JsonLines, Error> {
        let store = JsonLines { path: path.into(), inside: Mutex::default() };
        if !path.exists() {
            crate::place::make_folders(path)?;
            let _lock = store.lock()?;
            if !path.exists() {
                let line = line_of("", &Entry::Store { schema: SCHEMA });
                files::atomic_write(path, line.as_bytes())?;
            }
        }
        store.read(|_| ())?;
        Ok(store)
    }

    fn lock(&self) -> Result<files::Lock, Error> {
        let mut path = OsString::from(&self.path);
        path.push(".lock");
        Ok(files::Lock::acquire(Path::new(&path), &mut || {})?)
    }

    fn read<T>(&self, read: impl FnOnce(&Memory) -> T) -> Result<T, Error> {
        let mut inside = self.inside();
        inside.refresh(&self.path)?;
        Ok(read(&inside.contents))
    }

    /// Does something in the contents and appends what it returns, while no other process writes.
    fn write<T>(&self, change: impl FnOnce(&Memory) -> Result<(T, Vec<Entry>), Error>) -> Result<T, Error> {
        let mut inside = self.inside();
        let _lock = self.lock()?;
        inside.refresh(&self.path)?;
        let (value, entries) = change(&inside.contents)?;
        inside.append(&self.path, &entries)?;
        Ok(value)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Reads the lines that were appended since the last time.
    fn refresh(&mut self, path: &Path) -> Result<(), Error> {
        let (mut file, bytes) = files::open(path)?;
        let io = |source| Error::Io { action: "read", path: path.into(), source };
        if bytes < self.read {
            return Err(damaged(path, format!("expected at least {} bytes, found {bytes}", self.read)));
        }
        file.seek(SeekFrom::Start(self.read)).map_err(io)?;
        let mut new = Vec::new();
        file.take(bytes - self.read).read_to_end(&mut new).map_err(io)?;
        let mut rest = new.as_slice();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(end + 1);
            self.apply(path, &line[..end])?;
            self.read += line.len() as u64;
            rest = after;
        }
        match rest {
            [] if self.lines == 0 => {
                Err(Error::NoStore { path: path.into(), found: "an empty file".to_string() })
            }
            rest if rest.is_empty() || self.lines > 0 && is_torn(rest) => Ok(()),
            _ => Err(damaged(path, format!("line {} has no end", self.lines + 1))),
        }
    }

    fn apply(&mut self, path: &Path, line: &[u8]) -> Result<(), Error> {
        let number = self.lines + 1;
        let wrong = |why: &str| damaged(path, format!("line {number} {why}"));
        let (check, body) = match parts(line) {
            Some(parts) => parts,
            None if number == 1 => {
                let found = crate::found_at(path);
                return Err(Error::NoStore { path: path.into(), found });
            }
            None => return Err(wrong("is not as it was written")),
        };
        if check != check_of(&self.check, body) {
            return Err(wrong("is not as it was written, or one before it is missing"));
        }
        let entry: Entry = serde_json::from_str(body).map_err(|error| {
            wrong(&format!("cannot be read: {}", files::text::shorten(&error.to_string(), 200)))
        })?;
        match (number, &entry) {
            (1, Entry::Store { schema }) if *schema != SCHEMA => {
                return Err(Error::Schema { path: path.into(), newest: SCHEMA, found: *schema });
            }
            (1, Entry::Store { .. }) => {}
            (1, _) | (_, Entry::Store { .. }) => return Err(wrong("is not at its place")),
            _ => entry.apply(&self.contents)?,
        }
        self.check = check.to_string();
        self.lines = number;
        Ok(())
    }

    /// Appends lines after the whole ones. The contents have the entries already.
    fn append(&mut self, path: &Path, entries: &[Entry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let (mut text, mut check) = (String::new(), self.check.clone());
        for entry in entries {
            let line = line_of(&check, entry);
            check = parts(line.trim_end().as_bytes()).expect("a line of ours").0.to_string();
            text += &line;
        }
        let written = || -> std::io::Result<()> {
            let mut file = File::options().write(true).open(path)?;
            file.set_len(self.read)?;
            file.seek(SeekFrom::End(0))?;
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
            if written.is_err() {
                // Of several lines, none is left.
                let _ = file.set_len(self.read);
            }
            written
        };
        if let Err(source) = written() {
            // The contents have what the file has not.
            *self = Inside::default();
            return Err(Error::Io { action: "write", path: path.into(), source });
        }
        self.read += text.len() as u64;
        self.lines += entries.len();
        self.check = check;
        Ok(())
    }
}

impl Entry {
    /// Does again what was done.
    fn apply(self, contents: &Memory) -> Result<(), Error> {
        match self {
            Entry::Store { .. } => Ok(()),
            Entry::Run { added, record } => contents.put_all_at(&[*record.0], added).map(drop),
            Entry::Claim { key, holder, time } => {
                contents.set_claim(&key, &holder, time);
                Ok(())
            }
            Entry::Beat { key, holder, time } => {
                contents.beat_at(&key, &holder, None, time);
                Ok(())
            }
            Entry::Release { key, holder } => contents.release(&key, &holder),
            Entry::Study(study) => contents.open_study(&study).map(drop),
            Entry::Replace(study) => contents.replace_study(&study),
            Entry::Trial { study, trial } => contents.put_trial(&study, &trial).map(drop),
        }
    }
}

impl Store for JsonLines {
    fn get(&self, key: &str) -> Result<Option<Record>, Error> {
        self.read(|contents| contents.get(key))?
    }

    fn put_all(&self, records: &[Record]) -> Result<Vec<Put>, Error> {
        self.write(|contents| {
            let added = now();
            // Also what is there already ends a claim.
            let claims: BTreeMap<String, Holder> =
                contents.running()?.into_iter().map(|claim| (claim.key, claim.holder)).collect();
            let decided = put_runs(records, &mut |key| contents.get(key))?;
            let mut entries = Vec::new();
            for (record, (key, put)) in records.iter().zip(&decided) {
                match (put, claims.get(key)) {
                    (Put::New, _) => {
                        entries.push(Entry::Run { added, record: AnyRecord(Box::new(record.clone())) });
                    }
                    (Put::Same, Some(holder)) => {
                        entries.push(Entry::Release { key: key.clone(), holder: holder.clone() });
                    }
                    (Put::Same, None) => {}
                }
            }
            contents.put_all_at(records, added)?;
            Ok((decided.into_iter().map(|(_, put)| put).collect(), entries))
        })
    }

    fn list(&self, filter: &Filter) -> Result<Vec<Summary>, Error> {
        self.read(|contents| contents.list(filter))?
    }

    fn claim(&self, key: &str, holder: &Holder) -> Result<Claim, Error> {
        if let Some(record) = self.get(key)? {
            return Ok(Claim::Done(Box::new(record)));
        }
        self.write(|contents| {
            let time = now();
            let claim = contents.claim_at(key, holder, time);
            let entry = Entry::Claim { key: key.to_string(), holder: holder.clone(), time };
            Ok(if claim == Claim::Ours { (claim, vec![entry]) } else { (claim, Vec::new()) })
        })
    }

    fn beat(&self, key: &str, holder: &Holder, so_far: Option<&Record>) -> Result<bool, Error> {
        self.write(|contents| {
            let time = now();
            let ours = contents.beat_at(key, holder, so_far, time);
            let entry = Entry::Beat { key: key.to_string(), holder: holder.clone(), time };
            Ok((ours, if ours { vec![entry] } else { Vec::new() }))
        })
    }

    fn release(&self, key: &str, holder: &Holder) -> Result<(), Error> {
        let holds = |claim: &Running| claim.key == key && claim.holder == *holder;
        if !self.running()?.iter().any(holds) {
            return Ok(());
        }
        self.write(|contents| {
            if !contents.running()?.iter().any(holds) {
                return Ok(((), Vec::new()));
            }
            contents.release(key, holder)?;
            Ok(((), vec![Entry::Release { key: key.to_string(), holder: holder.clone() }]))
        })
    }

    fn running(&self) -> Result<Vec<Running>, Error> {
        self.read(|contents| contents.running())?
    }

    fn open_study(&self, study: &StudyText) -> Result<Put, Error> {
        self.write(|contents| {
            let put = contents.open_study(study)?;
            Ok((put, if put == Put::New { vec![Entry::Study(study.clone())] } else { Vec::new() }))
        })
    }

    fn replace_study(&self, study: &StudyText) -> Result<(), Error> {
        self.write(|contents| {
            contents.replace_study(study)?;
            Ok(((), vec![Entry::Replace(study.clone())]))
        })
    }

    fn studies(&self) -> Result<Vec<StudyText>, Error> {
        self.read(|contents| contents.studies())?
    }

    fn put_trials(&self, study: &str, trials: &[Trial]) -> Result<Vec<Put>, Error> {
        self.write(|contents| {
            let decided = contents.put_trials(study, trials)?;
            let new = trials.iter().zip(&decided).filter(|(_, put)| **put == Put::New);
            let entries = new
                .map(|(trial, _)| Entry::Trial { study: study.to_string(), trial: trial.clone() })
                .collect();
            Ok((decided, entries))
        })
    }

    fn trials(&self, study: &str) -> Result<Vec<Trial>, Error> {
        self.read(|contents| contents.trials(study))?
    }
}

/// A line: its check, and an entry as JSON.
fn line_of(previous: &str, entry: &Entry) -> String {
    let body = serde_json::to_string(entry).expect("plain data");
    format!("{{\"check\":\"{}\",\"entry\":{body}}}\n", check_of(previous, &body))
}

/// The check of a line and its entry.
fn parts(line: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let (check, rest) = line.strip_prefix("{\"check\":\"")?.split_at_checked(64)?;
    Some((check, rest.strip_prefix("\",\"entry\":")?.strip_suffix('}')?))
}

fn check_of(previous: &str, body: &str) -> String {
    sha256(&format!("{previous}{body}"))
}

/// If this is the beginning of a line, as a killed process leaves it, and no whole line with a damaged end.
fn is_torn(rest: &[u8]) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(rest) {
        Ok(_) => rest.last() == Some(&b'}'),
        Err(error) => error.is_eof(),
    }
}

fn damaged(path: &Path, why: String) -> Error {
    Error::Damaged { path: path.into(), why }
}
