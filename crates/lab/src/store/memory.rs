//! A store in memory, for tests and for what need not be kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use files::text::natural_order;
use train::Record;

use super::rules::{put_runs, put_study, put_trials, unknown_study};
use super::{Claim, Error, Filter, Holder, Put, Running, Store, StudyText, Summary, Trial, now};

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
    /// [`Store::put_all`] at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// As for [`Store::put_all`].
    pub fn put_all_at(&self, records: &[Record], time: u64) -> Result<Vec<Put>, Error> {
        let mut contents = self.contents();
        let stored = |key: &str| Ok(contents.places.get(key).map(|&place| contents.runs[place].1.clone()));
        let decided = put_runs(records, &mut { stored })?;
        for (record, (key, put)) in records.iter().zip(&decided) {
            contents.claims.remove(key);
            if *put == Put::New {
                let place = contents.runs.len();
                contents.places.insert(key.clone(), place);
                contents.runs.push((Summary::new(key.clone(), record, time), record.clone()));
            }
        }
        Ok(decided.into_iter().map(|(_, put)| put).collect())
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
                contents.set_claim(key, holder, time);
                Claim::Ours
            }
        }
    }

    /// Gives a claim to a holder, whoever had it, at a time in milliseconds since 1970.
    pub fn set_claim(&self, key: &str, holder: &Holder, time: u64) {
        self.contents().set_claim(key, holder, time);
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

impl Contents {
    fn set_claim(&mut self, key: &str, holder: &Holder, time: u64) {
        let (key, holder) = (key.to_string(), holder.clone());
        let claim = Running { key: key.clone(), holder, since: time, beat: time, so_far: None };
        self.claims.insert(key, claim);
    }
}

impl Store for Memory {
    fn get(&self, key: &str) -> Result<Option<Record>, Error> {
        let contents = self.contents();
        Ok(contents.places.get(key).map(|&place| contents.runs[place].1.clone()))
    }

    fn put_all(&self, records: &[Record]) -> Result<Vec<Put>, Error> {
        self.put_all_at(records, now())
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
        let put = put_study(study, contents.studies.get(&study.name).map(|(old, _)| old))?;
        if put == Put::New {
            contents.studies.insert(study.name.clone(), (study.clone(), BTreeMap::new()));
        }
        Ok(put)
    }

    fn replace_study(&self, study: &StudyText) -> Result<(), Error> {
        self.contents().studies.insert(study.name.clone(), (study.clone(), BTreeMap::new()));
        Ok(())
    }

    fn studies(&self) -> Result<Vec<StudyText>, Error> {
        Ok(self.contents().studies.values().map(|(study, _)| study.clone()).collect())
    }

    fn put_trials(&self, study: &str, trials: &[Trial]) -> Result<Vec<Put>, Error> {
        let mut contents = self.contents();
        let (_, stored) = contents.studies.get_mut(study).ok_or_else(|| unknown_study(study))?;
        let decided = put_trials(study, trials, &|name| stored.get(name))?;
        for trial in trials {
            stored.entry(trial.name.clone()).or_insert_with(|| trial.clone());
        }
        Ok(decided)
    }

    fn trials(&self, study: &str) -> Result<Vec<Trial>, Error> {
        let contents = self.contents();
        let (_, trials) = contents.studies.get(study).ok_or_else(|| unknown_study(study))?;
        let mut trials: Vec<Trial> = trials.values().cloned().collect();
        trials.sort_by(|a, b| natural_order(&a.name, &b.name));
        Ok(trials)
    }
}
