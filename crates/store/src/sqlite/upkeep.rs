//! Checks of a whole file, and its cleaning.

use std::collections::BTreeSet;
use std::fs;

use lab::store::{Error, Filter, Store, now};
use train::record::NUMBERS;

use super::error::{At, Failed};
use super::{Sqlite, claims};

/// Entries to remove.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cleaning {
    /// Runs of an older version of the numbers that no study has: nothing asks for them again.
    pub older_numbers: bool,
    /// Nothing is changed.
    pub dry_run: bool,
}

/// Counts of removed entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleaned {
    /// Claims whose process has ended or shows no life.
    pub claims: usize,
    /// Runs of older numbers.
    pub runs: usize,
    /// Bytes of the file before.
    pub before: u64,
    /// Bytes of the file afterwards.
    pub after: u64,
}

impl Sqlite {
    /// Checks pages and indexes of the whole file, and every record. Returns the number of runs.
    ///
    /// # Errors
    /// With the first fault that it finds.
    pub fn check(&self) -> Result<usize, Error> {
        self.read(|inside, path| {
            let mut check = inside.connection.prepare("PRAGMA integrity_check(1)").at(path)?;
            let found: String = check.query_row([], |row| row.get(0)).at(path)?;
            match found.as_str() {
                "ok" => Ok(()),
                fault => Err(Failed::damaged(path, files::text::shorten(fault, 300))),
            }
        })?;
        self.running()?;
        Ok(self.records(&Filter::default())?.len())
    }

    /// Ends claims that have expired, removes what `cleaning` says, and gives free space back to the disk.
    ///
    /// # Errors
    /// If the store cannot be written or is damaged.
    pub fn clean(&self, cleaning: Cleaning) -> Result<Cleaned, Error> {
        let Cleaning { older_numbers, dry_run } = cleaning;
        let size = || fs::metadata(&self.path).map_or(0, |found| found.len());
        let before = size();
        let expired: Vec<String> = self
            .running()?
            .into_iter()
            .filter(|claim| claim.has_expired(now()))
            .map(|claim| claim.key)
            .collect();
        let mut old = BTreeSet::new();
        if older_numbers {
            for run in self.list(&Filter::default())?.into_iter().filter(|run| run.studies.is_empty()) {
                if self.get(&run.key)?.is_some_and(|record| record.environment.numbers != NUMBERS) {
                    old.insert(run.key);
                }
            }
        }
        if !dry_run {
            self.write(|inside, path| {
                for key in &expired {
                    // Since then it may have been taken again.
                    if claims::get(&inside.connection, path, key)?
                        .is_some_and(|claim| claim.has_expired(now()))
                    {
                        claims::end(&inside.connection, key).at(path)?;
                    }
                }
                let ids: BTreeSet<i64> =
                    old.iter().filter_map(|key| inside.runs.get(key)).map(|(id, _)| *id).collect();
                for id in &ids {
                    inside.connection.execute("DELETE FROM records WHERE run = ?", [id]).at(path)?;
                }
                inside.runs.remove(&inside.connection, &ids).at(path)
            })?;
            let inside = self.inside();
            inside.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").at(&self.path)?;
        }
        Ok(Cleaned { claims: expired.len(), runs: old.len(), before, after: size() })
    }
}
