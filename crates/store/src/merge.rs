//! Stores of several machines, brought together.

use std::collections::BTreeSet;
use std::path::Path;

use lab::Store;
use lab::store::{Error, Filter, Put, put_trials};

/// Records that are put at a time.
const CHUNK: usize = 500;

/// Counts of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merged {
    /// Runs that were not there.
    pub new_runs: usize,
    /// Runs that were there with the same results.
    pub same_runs: usize,
    /// Studies that were not there.
    pub new_studies: usize,
    /// Trials that were not there.
    pub new_trials: usize,
}

/// Brings all runs, studies and trials of a store into another one. Done again it changes nothing. Conflicts are
/// looked for first, and named with both stores; where there is one, nothing is written.
///
/// # Errors
/// [`Error::Conflict`] if both have a run or a trial with different results, [`Error::Changed`] if they have a
/// study with different definitions; otherwise if one cannot be read or the other not be written.
pub fn merge(
    (into, into_path): (&dyn Store, &Path),
    (from, from_path): (&dyn Store, &Path),
) -> Result<Merged, Error> {
    let name = |error: Error| error.between(from_path, into_path);
    let known: BTreeSet<String> = into.list(&Filter::default())?.into_iter().map(|run| run.key).collect();
    let there = from.list(&Filter::default())?;
    for run in there.iter().filter(|run| known.contains(&run.key)) {
        if let Some(record) = from.get(&run.key)? {
            // It is there, so it is compared and nothing is written.
            into.put(&record).map_err(name)?;
        }
    }
    let mut studies = Vec::new();
    for study in from.studies()? {
        let trials = from.trials(&study.name)?;
        if let Some(old) = into.study(&study.name)? {
            lab::store::put_study(&study, Some(&old)).map_err(name)?;
            let old = into.trials(&study.name)?;
            let stored = |trial: &str| old.iter().find(|old| old.name == trial);
            put_trials(&study.name, &trials, &stored).map_err(name)?;
        }
        studies.push((study, trials));
    }

    let mut merged = Merged::default();
    let new: Vec<&str> =
        there.iter().map(|run| run.key.as_str()).filter(|key| !known.contains(*key)).collect();
    merged.same_runs = there.len() - new.len();
    for keys in new.chunks(CHUNK) {
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            records.extend(from.get(key)?);
        }
        merged.new_runs += count(&into.put_all(&records).map_err(name)?);
    }
    for (study, trials) in studies {
        merged.new_studies += count(&[into.open_study(&study).map_err(name)?]);
        merged.new_trials += count(&into.put_trials(&study.name, &trials).map_err(name)?);
    }
    Ok(merged)
}

fn count(puts: &[Put]) -> usize {
    puts.iter().filter(|put| **put == Put::New).count()
}
