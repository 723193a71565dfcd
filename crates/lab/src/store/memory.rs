//! A store in memory, for tests and for what need not be kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use files::text::natural_order;
use train::Record;

use super::{
    Claim, Error, Filter, Holder, Put, Running, Store, StudyText, Summary, Trial, differences,
    line_differences, now,
};

/// A store in memory, shared by threads.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    /// In the order in which they were put.
    runs: Vec<(Summary, Record)>,
    /// Places in `runs`.
    places: BTreeMap<String, usize>,
    claims: BTreeMap<String, Running>,
    studies: BTreeMap<String, (StudyText, BTreeMap<String, Trial>)>,
}

impl Memory {
    /// [`Store::put`] under a key and at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// As for [`Store::put`].
    pub fn put_at(&self, key: &str, record: &Record, time: u64) -> Result<Put, Error> {
        let mut contents = self.contents();
        contents.claims.remove(key);
        if let Some(&place) = contents.places.get(key) {
            return compare_runs(key, &contents.runs[place].1, record);
        }
        let place = contents.runs.len();
        contents.places.insert(key.to_string(), place);
        contents.runs.push((Summary::new(key.to_string(), record, time), record.clone()));
        Ok(Put::New)
    }

    /// [`Store::claim`] at a time in milliseconds since 1970.
    pub fn claim_at(&self, key: &str, holder: &Holder, time: u64) -> Claim {
        let mut contents = self.contents();
        if let Some(&place) = contents.places.get(key) {
            return Claim::Done(Box::new(contents.runs[place].1.clone()));
        }
        match contents.claims.get(key) {
            Some(claim) if claim.holder != *holder && !claim.has_expired(time) => {
                Claim::Held(claim.holder.clone())
            }
            _ => {
                let (key, holder) = (key.to_string(), holder.clone());
                let claim = Running { key: key.clone(), holder, since: time, beat: time, so_far: None };
                contents.claims.insert(key, claim);
                Claim::Ours
            }
        }
    }

    /// [`Store::beat`] at a time in milliseconds since 1970.
    pub fn beat_at(&self, key: &str, holder: &Holder, so_far: Option<&Record>, time: u64) -> bool {
        let mut contents = self.contents();
        let Some(claim) = contents.claims.get_mut(key).filter(|claim| claim.holder == *holder) else {
            return false;
        };
        claim.beat = time;
        if let Some(record) = so_far {
            claim.so_far = Some(record.clone());
        }
        true
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Every change is one statement, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn get(&self, key: &str) -> Result<Option<Record>, Error> {
        let contents = self.contents();
        Ok(contents.places.get(key).map(|&place| contents.runs[place].1.clone()))
    }

    fn put(&self, record: &Record) -> Result<Put, Error> {
        self.put_at(&record.key(), record, now())
    }

    fn list(&self, filter: &Filter) -> Result<Vec<Summary>, Error> {
        let contents = self.contents();
        let mut studies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, (_, trials)) in &contents.studies {
            for key in trials.values().flat_map(|trial| &trial.runs) {
                studies.entry(key).or_default().insert(name);
            }
        }
        let runs = contents.runs.iter().map(|(summary, _)| {
            let studies = studies.get(summary.key.as_str()).into_iter().flatten();
            Summary { studies: studies.map(|name| name.to_string()).collect(), ..summary.clone() }
        });
        Ok(runs.filter(|run| filter.admits(run)).collect())
    }

    fn claim(&self, key: &str, holder: &Holder) -> Result<Claim, Error> {
        Ok(self.claim_at(key, holder, now()))
    }

    fn beat(&self, key: &str, holder: &Holder, so_far: Option<&Record>) -> Result<bool, Error> {
        Ok(self.beat_at(key, holder, so_far, now()))
    }

    fn release(&self, key: &str, holder: &Holder) -> Result<(), Error> {
        let mut contents = self.contents();
        if contents.claims.get(key).is_some_and(|claim| claim.holder == *holder) {
            contents.claims.remove(key);
        }
        Ok(())
    }

    fn running(&self) -> Result<Vec<Running>, Error> {
        Ok(self.contents().claims.values().cloned().collect())
    }

    fn open_study(&self, study: &StudyText) -> Result<Put, Error> {
        let mut contents = self.contents();
        if let Some((old, _)) = contents.studies.get(&study.name) {
            return compare_studies(old, study);
        }
        contents.studies.insert(study.name.clone(), (study.clone(), BTreeMap::new()));
        Ok(Put::New)
    }

    fn replace_study(&self, study: &StudyText) -> Result<(), Error> {
        self.contents().studies.insert(study.name.clone(), (study.clone(), BTreeMap::new()));
        Ok(())
    }

    fn studies(&self) -> Result<Vec<StudyText>, Error> {
        Ok(self.contents().studies.values().map(|(study, _)| study.clone()).collect())
    }

    fn put_trial(&self, study: &str, trial: &Trial) -> Result<Put, Error> {
        let mut contents = self.contents();
        let Some((_, trials)) = contents.studies.get_mut(study) else {
            return Err(unknown_study(study));
        };
        if let Some(old) = trials.get(&trial.name) {
            return compare_trials(study, old, trial);
        }
        trials.insert(trial.name.clone(), trial.clone());
        Ok(Put::New)
    }

    fn trials(&self, study: &str) -> Result<Vec<Trial>, Error> {
        let contents = self.contents();
        let (_, trials) = contents.studies.get(study).ok_or_else(|| unknown_study(study))?;
        let mut trials: Vec<Trial> = trials.values().cloned().collect();
        trials.sort_by(|a, b| natural_order(&a.name, &b.name));
        Ok(trials)
    }
}

/// [`Put::Same`] for a run that is there with the same results, for implementations of [`Store`].
///
/// # Errors
/// [`Error::Conflict`] if they are others.
pub fn compare_runs(key: &str, old: &Record, new: &Record) -> Result<Put, Error> {
    let differences = differences(old, new);
    if differences.is_empty() {
        return Ok(Put::Same);
    }
    let described = |record: &Record| {
        let Record { optimizer, recipe, seed, environment, .. } = record;
        let short = key.get(..8).unwrap_or(key);
        format!("run {short} (`{optimizer}`, {recipe}, seed {seed}, by version {})", environment.version)
    };
    Err(Error::Conflict {
        new: format!("the new {}", described(new)),
        old: format!("the stored {}", described(old)),
        differences,
    })
}

/// [`Put::Same`] for a study that is there with the same definition, for implementations of [`Store`].
///
/// # Errors
/// [`Error::Changed`] if it is another one.
pub fn compare_studies(old: &StudyText, new: &StudyText) -> Result<Put, Error> {
    if old.text == new.text {
        return Ok(Put::Same);
    }
    Err(Error::Changed { name: new.name.clone(), differences: line_differences(&old.text, &new.text) })
}

/// [`Put::Same`] for a trial that is there with the same result, for implementations of [`Store`].
///
/// # Errors
/// [`Error::Conflict`] if it is another one.
pub fn compare_trials(study: &str, old: &Trial, new: &Trial) -> Result<Put, Error> {
    if old == new {
        return Ok(Put::Same);
    }
    let text = |trial: &Trial| format!("{}\n{}", trial.runs.join("\n"), trial.result);
    Err(Error::Conflict {
        new: format!("a new trial `{}` of study `{study}`", new.name),
        old: format!("the stored one of {} runs", old.runs.len()),
        differences: line_differences(&text(old), &text(new)),
    })
}

/// [`Error::Unknown`] for a study, for implementations of [`Store`].
pub fn unknown_study(name: &str) -> Error {
    Error::Unknown { kind: "study", name: name.to_string(), near: None }
}
