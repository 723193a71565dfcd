//! A folder that keeps the runs of one comparison as they finish, so that it goes on where it was stopped.
//!
//! `comparison.json` says which comparison it is, `results.jsonl` has a record a line, and `.lock` is held by the
//! process that writes. A run is one write at the end of the file, synced; what a kill leaves of a line is cut off
//! when the folder is opened again.

use std::path::{Path, PathBuf};

use files::Lock;
use serde_json::{Map, Value};
use train::Record;

use super::error::{KeptError, PLAN};
use super::run_file::{MOST, RunFile};
use super::settings::Settings;

/// The records.
const RECORDS: &str = "results.jsonl";
/// The records of runs that tuned the recipes.
const TUNING: &str = "tuning.jsonl";
/// Held by the process that writes.
const LOCK: &str = ".lock";
/// Values of a setting that a message lists.
const LISTED: usize = 4;

/// Runs of one comparison that are finished, in a folder.
#[derive(Debug)]
pub struct KeptRuns {
    folder: PathBuf,
    finished: RunFile,
    _lock: Lock,
}

impl KeptRuns {
    /// Opens a folder for a comparison: a new one, or one that has runs of the same. `results` are names of files
    /// that a comparison leaves in the end. `waiting` is called if another process has the folder; it is waited for.
    ///
    /// # Errors
    /// If the folder has another comparison or files of that name, if it is damaged, or if it cannot be written.
    pub fn open(
        folder: &Path,
        settings: &Settings,
        results: &[&str],
        waiting: &mut dyn FnMut(),
    ) -> Result<KeptRuns, KeptError> {
        check(folder, settings, results)?;
        let lock = Lock::acquire(&folder.join(LOCK), waiting)?;
        // Another process may have begun one in the meantime.
        check(folder, settings, results)?;
        if !folder.join(PLAN).exists() {
            files::atomic_write(&folder.join(PLAN), settings.to_json().as_bytes())?;
        }
        let finished = RunFile::open(&folder.join(RECORDS))?;
        Ok(KeptRuns { folder: folder.into(), finished, _lock: lock })
    }

    /// The runs that tuned the recipes, in a separate file of the same folder.
    ///
    /// # Errors
    /// If the file is damaged or cannot be written.
    pub fn tuning(&self) -> Result<RunFile, KeptError> {
        RunFile::open(&self.folder.join(TUNING))
    }

    /// Number of runs.
    pub fn len(&self) -> usize {
        self.finished.len()
    }

    /// If there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run with this key ([`Record::key`]).
    pub fn get(&self, key: &str) -> Option<Record> {
        self.finished.get(key)
    }

    /// Keeps a run that is finished: when this returns, no kill and no power failure loses it. A run that is there
    /// stays as it is.
    ///
    /// # Errors
    /// If it cannot be written; then this run and later ones are not kept, and those before are.
    pub fn put(&self, record: &Record) -> Result<(), KeptError> {
        self.finished.put(record)
    }
}

/// If a folder has runs of this comparison, and how many of them; nothing is changed.
pub fn kept_in(folder: &Path, settings: &Settings) -> Option<usize> {
    check(folder, settings, &[]).ok()?;
    folder.join(PLAN).exists().then_some(())?;
    super::run_file::count(&folder.join(RECORDS))
}

/// Refuses a folder that has something else.
fn check(folder: &Path, settings: &Settings, results: &[&str]) -> Result<(), KeptError> {
    let path = folder.join(PLAN);
    let text = match files::read(&path, MOST) {
        Ok(text) => text,
        Err(error) if error.kind() == files::Kind::Missing => {
            let found = results.iter().find(|name| folder.join(name).symlink_metadata().is_ok());
            return match found {
                Some(found) => Err(KeptError::Foreign { folder: folder.into(), found: found.to_string() }),
                None => Ok(()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    let theirs: Map<String, Value> = serde_json::from_slice(&text).map_err(|error| {
        let why = files::text::shorten(&error.to_string(), 200);
        KeptError::Damaged { path, why }
    })?;
    let differences = differences(&theirs, &settings.to_map());
    match differences.is_empty() {
        true => Ok(()),
        false => Err(KeptError::Other { folder: folder.into(), differences }),
    }
}

/// A line for each setting that differs.
fn differences(theirs: &Map<String, Value>, ours: &Map<String, Value>) -> Vec<String> {
    let names = ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
    let mut lines = Vec::new();
    for name in names {
        let pair = [theirs, ours].map(|settings| settings.get(name).unwrap_or(&Value::Null));
        if pair[0] != pair[1] {
            let [theirs, ours] = shown(pair);
            lines.push(format!("  {}: {theirs} in the folder, {ours} now", files::text::name(name)));
        }
    }
    lines
}

/// Two values of a setting; of lists, what only one of them has.
fn shown([theirs, ours]: [&Value; 2]) -> [String; 2] {
    let text = |value: &Value| match value {
        Value::Null => "nothing".to_string(),
        Value::String(text) => files::text::shorten(text, 80),
        other => files::text::shorten(&other.to_string(), 80),
    };
    let (Value::Array(a), Value::Array(b)) = (theirs, ours) else { return [text(theirs), text(ours)] };
    let only = |here: &[Value], there: &[Value]| {
        let extra: Vec<String> = here.iter().filter(|value| !there.contains(value)).map(text).collect();
        match extra.len() {
            0 => "nothing else".to_string(),
            n if n > LISTED => format!("{}, … ({n} more)", extra[..LISTED].join(", ")),
            _ => extra.join(", "),
        }
    };
    let [mut theirs, mut ours] = [only(a, b), only(b, a)];
    if theirs == ours {
        (theirs, ours) = ("another order".to_string(), "this one".to_string());
    }
    [theirs, ours]
}
