//! A store in one SQLite file.

mod claims;
mod error;
mod query;
mod rows;
mod schema;
mod table;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use files::text::natural_order;
use lab::store::{
    Claim, Error, Filter, Holder, Put, Running, Store, StudyText, Summary, Trial, now, put_runs, put_study,
    put_trials, sha256, unknown_study,
};
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use train::Record;

use error::{At, Failed};
use rows::{Run, TrialRow};
use table::Table;

pub use query::{Answer, Cell, QueryError};
pub use upkeep::{Cleaned, Cleaning};

/// The newest schema of a file.
pub const SCHEMA: u32 = schema::NEWEST;

/// Least time between two waits for the disk while one run is put after another. A wait takes some 10 ms and a short run
/// 100, and what a loss of power undoes is computed again.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Records that are read before they are parsed.
const CHUNK: usize = 256;

/// A store in one SQLite file.
///
/// ```
/// use lab::store::{Filter, Store};
/// let folder = tempfile::tempdir()?;
/// let store = store::Sqlite::open(&folder.path().join("runs.db"))?;
/// assert!(store.list(&Filter::default())?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    inside: Mutex<Inside>,
}

/// When a change is to be on the disk.
#[derive(Clone, Copy)]
enum Sync {
    Now,
    /// At most a [`SYNC_INTERVAL`] after the last.
    WithinInterval,
    /// With a later change.
    Later,
}

#[derive(Debug)]
struct Inside {
    connection: Connection,
    /// When this connection last waited for the disk.
    synced: Option<Instant>,
    runs: Table<Run>,
    studies: Table<StudyText>,
    trials: Table<TrialRow>,
}

impl Sqlite {
    /// Opens a store, or makes it with the folders above it. One of an older schema is brought to the newest.
    ///
    /// # Errors
    /// If the file cannot be made, opened or written, is no store or one of a newer schema, or is damaged.
    pub fn open(path: &Path) -> Result<Sqlite, Error> {
        Sqlite::with(path, schema::open(path)?)
    }

    /// Opens a store that is there; where it cannot be written, for reading alone.
    ///
    /// # Errors
    /// As for [`Sqlite::open`], and if there is none.
    pub fn open_existing(path: &Path) -> Result<Sqlite, Error> {
        Sqlite::with(path, schema::open_existing(path)?)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn with(path: &Path, connection: Connection) -> Result<Sqlite, Error> {
        let (runs, studies, trials) = Default::default();
        let store = Sqlite {
            path: path.into(),
            inside: Mutex::new(Inside { connection, synced: None, runs, studies, trials }),
        };
        store.read(|_, _| Ok(()))?;
        Ok(store)
    }

    /// Reads one state of the file.
    fn read<T>(&self, read: impl FnOnce(&Inside, &Path) -> Result<T, Error>) -> Result<T, Error> {
        let mut inside = self.inside();
        inside.connection.execute_batch("BEGIN").at(&self.path)?;
        let result = inside.refresh(&self.path).and_then(|()| read(&inside, &self.path));
        let ended = inside.connection.execute_batch("COMMIT").at(&self.path);
        result.and_then(|value| ended.map(|()| value))
    }

    /// Changes the file, all of it or nothing, while no other process writes. What was changed is on the disk, and so is
    /// everything before it.
    fn write<T>(&self, change: impl FnOnce(&Inside, &Path) -> Result<T, Error>) -> Result<T, Error> {
        self.change(Sync::Now, change)
    }

    /// As [`Sqlite::write`], but waits for the disk once in a [`SYNC_INTERVAL`] only: a loss of power may undo what was
    /// changed since.
    fn write_run<T>(&self, change: impl FnOnce(&Inside, &Path) -> Result<T, Error>) -> Result<T, Error> {
        self.change(Sync::WithinInterval, change)
    }

    /// As [`Sqlite::write`], without waiting for the disk: a loss of power may undo the change, until the next one that
    /// waits.
    fn write_soon<T>(&self, change: impl FnOnce(&Inside, &Path) -> Result<T, Error>) -> Result<T, Error> {
        self.change(Sync::Later, change)
    }

    fn change<T>(
        &self,
        sync: Sync,
        change: impl FnOnce(&Inside, &Path) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut inside = self.inside();
        let path = &self.path;
        let syncs = match sync {
            Sync::Now => true,
            Sync::WithinInterval => inside.synced.is_none_or(|synced| synced.elapsed() >= SYNC_INTERVAL),
            Sync::Later => false,
        };
        inside
            .connection
            .pragma_update(None, "synchronous", if syncs { "full" } else { "normal" })
            .at(path)?;
        inside.connection.execute_batch("BEGIN IMMEDIATE").at(path)?;
        let result = inside.refresh(path).and_then(|()| change(&inside, path));
        let result = result.and_then(|value| {
            inside.connection.execute_batch("COMMIT").at(path)?;
            if syncs {
                inside.synced = Some(Instant::now());
            }
            Ok(value)
        });
        if result.is_err() {
            // What failed is the reason; a transaction that SQLite ended itself has none to end.
            let _ = inside.connection.execute_batch("ROLLBACK");
        }
        result
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // What a panic left half read does not add up with the totals, and is read again.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn refresh(&mut self, path: &Path) -> Result<(), Error> {
        let Inside { connection, runs, studies, trials, .. } = self;
        runs.refresh(connection, path)?;
        studies.refresh(connection, path)?;
        trials.refresh(connection, path)
    }

    /// The record of a run, which must be that of its row.
    fn record(&self, path: &Path, (id, run): &(i64, Run)) -> Result<Record, Error> {
        parse(path, run, &self.record_text(path, *id)?)
    }

    fn record_text(&self, path: &Path, id: i64) -> Result<String, Error> {
        let mut select = self.connection.prepare_cached("SELECT json FROM records WHERE run = ?").at(path)?;
        let text: Option<String> = select.query_row([id], |row| row.get(0)).optional().at(path)?;
        text.ok_or_else(|| Failed::damaged(path, format!("row {id} of `records` is missing")))
    }

    fn get(&self, path: &Path, key: &str) -> Result<Option<Record>, Error> {
        self.runs.get(key).map(|row| self.record(path, row)).transpose()
    }

    /// The runs that a filter lets through, each with its place in the table and its studies.
    fn list(&self, filter: &Filter) -> Vec<(usize, Summary)> {
        let mut studies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (_, TrialRow { study, trial }) in self.trials.rows() {
            for key in &trial.runs {
                studies.entry(key).or_default().insert(study);
            }
        }
        let runs = self.runs.rows().iter().enumerate().map(|(place, (_, Run { summary, .. }))| {
            let studies = studies.get(summary.key.as_str()).into_iter().flatten();
            (place, Summary { studies: studies.map(|name| name.to_string()).collect(), ..summary.clone() })
        });
        runs.filter(|(_, run)| filter.admits(run)).collect()
    }
}

impl Store for Sqlite {
    fn get(&self, key: &str) -> Result<Option<Record>, Error> {
        self.read(|inside, path| inside.get(path, key))
    }

    fn put_all(&self, records: &[Record]) -> Result<Vec<Put>, Error> {
        self.write_run(|inside, path| {
            let decided = put_runs(records, &mut |key| inside.get(path, key))?;
            let (mut rows, mut texts) = (Vec::new(), Vec::new());
            for (record, (key, put)) in records.iter().zip(&decided) {
                claims::end(&inside.connection, key).at(path)?;
                if *put == Put::New {
                    let text = serde_json::to_string(record).expect("plain data");
                    let summary = Summary::new(key.clone(), record, now());
                    rows.push(Run { summary, record_sha256: sha256(&text) });
                    texts.push(text);
                }
            }
            let first = inside.runs.add(&inside.connection, &rows).at(path)?;
            let mut insert =
                inside.connection.prepare_cached("INSERT INTO records (run, json) VALUES (?, ?)").at(path)?;
            for (id, text) in (first..).zip(texts) {
                insert.execute((id, text)).at(path)?;
            }
            Ok(decided.into_iter().map(|(_, put)| put).collect())
        })
    }

    fn list(&self, filter: &Filter) -> Result<Vec<Summary>, Error> {
        self.read(|inside, _| Ok(inside.list(filter).into_iter().map(|(_, run)| run).collect()))
    }

    fn records(&self, filter: &Filter) -> Result<Vec<Record>, Error> {
        self.read(|inside, path| {
            let mut records = Vec::new();
            for chunk in inside.list(filter).chunks(CHUNK) {
                let rows = chunk.iter().map(|(place, _)| &inside.runs.rows()[*place]);
                let texts = rows.map(|(id, run)| Ok((run, inside.record_text(path, *id)?)));
                let texts = texts.collect::<Result<Vec<(&Run, String)>, Error>>()?;
                let parsed = texts.into_par_iter().map(|(run, text)| parse(path, run, &text));
                records.extend(parsed.collect::<Result<Vec<Record>, Error>>()?);
            }
            Ok(records)
        })
    }

    fn claim(&self, key: &str, holder: &Holder) -> Result<Claim, Error> {
        // What is done costs no write.
        if let Some(record) = self.get(key)? {
            return Ok(Claim::Done(Box::new(record)));
        }
        self.write_soon(|inside, path| {
            if let Some(record) = inside.get(path, key)? {
                return Ok(Claim::Done(Box::new(record)));
            }
            claims::take(&inside.connection, path, key, holder, now())
        })
    }

    fn beat(&self, key: &str, holder: &Holder, so_far: Option<&Record>) -> Result<bool, Error> {
        self.write_soon(|inside, path| claims::beat(&inside.connection, path, key, holder, so_far, now()))
    }

    fn release(&self, key: &str, holder: &Holder) -> Result<(), Error> {
        let held = self.read(|inside, path| claims::get(&inside.connection, path, key))?;
        if held.is_none_or(|claim| claim.holder != *holder) {
            return Ok(());
        }
        self.write_soon(|inside, path| match claims::get(&inside.connection, path, key)? {
            Some(claim) if claim.holder == *holder => claims::end(&inside.connection, key).at(path),
            _ => Ok(()),
        })
    }

    fn running(&self) -> Result<Vec<Running>, Error> {
        self.read(|inside, path| claims::all(&inside.connection, path))
    }

    fn open_study(&self, study: &StudyText) -> Result<Put, Error> {
        let stored = self.study(&study.name)?;
        if put_study(study, stored.as_ref())? == Put::Same {
            return Ok(Put::Same);
        }
        self.write(|inside, path| {
            let put = put_study(study, inside.studies.get(&study.name).map(|(_, old)| old))?;
            if put == Put::New {
                inside.studies.add(&inside.connection, std::slice::from_ref(study)).at(path)?;
            }
            Ok(put)
        })
    }

    fn replace_study(&self, study: &StudyText) -> Result<(), Error> {
        self.write(|inside, path| {
            let trials = inside.trials.rows().iter().filter(|(_, row)| row.study == study.name);
            inside.trials.remove(&inside.connection, &trials.map(|(id, _)| *id).collect()).at(path)?;
            let old = inside.studies.get(&study.name).map(|(id, _)| *id);
            inside.studies.replace(&inside.connection, old, study.clone()).at(path)
        })
    }

    fn studies(&self) -> Result<Vec<StudyText>, Error> {
        self.read(|inside, _| {
            let mut studies: Vec<StudyText> =
                inside.studies.rows().iter().map(|(_, study)| study.clone()).collect();
            studies.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(studies)
        })
    }

    fn put_trials(&self, study: &str, trials: &[Trial]) -> Result<Vec<Put>, Error> {
        self.write(|inside, path| {
            if inside.studies.get(study).is_none() {
                return Err(unknown_study(study));
            }
            let stored = |name: &str| inside.trials.get(&TrialRow::name_of(study, name));
            let decided = put_trials(study, trials, &|name| stored(name).map(|(_, row)| &row.trial))?;
            let new = trials.iter().zip(&decided).filter(|(_, put)| **put == Put::New);
            let rows: Vec<TrialRow> =
                new.map(|(trial, _)| TrialRow { study: study.to_string(), trial: trial.clone() }).collect();
            inside.trials.add(&inside.connection, &rows).at(path)?;
            Ok(decided)
        })
    }

    fn trials(&self, study: &str) -> Result<Vec<Trial>, Error> {
        self.read(|inside, _| {
            if inside.studies.get(study).is_none() {
                return Err(unknown_study(study));
            }
            let rows = inside.trials.rows().iter().filter(|(_, row)| row.study == study);
            let mut trials: Vec<Trial> = rows.map(|(_, row)| row.trial.clone()).collect();
            trials.sort_by(|a, b| natural_order(&a.name, &b.name));
            Ok(trials)
        })
    }
}

/// A record's text, checked against its row and read.
fn parse(path: &Path, run: &Run, text: &str) -> Result<Record, Error> {
    let short = run.summary.key.get(..8).unwrap_or_default();
    if sha256(text) != run.record_sha256 {
        return Err(Failed::damaged(path, format!("the record of run {short} is not as it was written")));
    }
    Record::parse(text).map_err(|source| Error::Record {
        place: format!("{}, run {short}", files::text::path(path)),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last setting of SQLite: 1 for normal, 2 for full.
    fn synchronous(store: &Sqlite) -> u32 {
        store.inside().connection.pragma_query_value(None, "synchronous", |row| row.get(0)).expect("a number")
    }

    #[test]
    fn one_run_after_another_waits_for_the_disk_once_in_an_interval() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("runs.db")).expect("a store");
        store.put_all(&[]).expect("puts");
        assert_eq!(synchronous(&store), 2, "the first");
        let recently = |ago| store.inside().synced = Instant::now().checked_sub(ago);
        let start = Instant::now();
        recently(Duration::ZERO);
        store.put_all(&[]).expect("puts");
        let found = synchronous(&store);
        // A machine under load may take a second for it.
        if start.elapsed() < SYNC_INTERVAL {
            assert_eq!(found, 1, "soon after");
        }
        recently(SYNC_INTERVAL);
        store.put_all(&[]).expect("puts");
        assert_eq!(synchronous(&store), 2, "a second later");
        let study = StudyText { name: "rates".into(), text: "trials = 8\n".into() };
        store.open_study(&study).expect("a study");
        assert_eq!(synchronous(&store), 2, "a study");
        let holder = Holder::new();
        store.claim("a", &holder).expect("a claim");
        assert_eq!(synchronous(&store), 1, "a claim");
    }
}
