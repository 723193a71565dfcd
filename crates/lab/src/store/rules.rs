//! Decisions that every store makes alike: what is new, what is there already, and what conflicts.

use std::collections::BTreeMap;

use train::Record;

use super::{Error, Put, StudyText, Trial, differences, line_differences};

/// Decides about runs to be put: their keys, and if they are new. `stored` gives what the store has.
///
/// # Errors
/// [`Error::Conflict`] if a run of the same key has other results; an error of `stored`.
pub fn put_runs(
    records: &[Record],
    stored: &mut dyn FnMut(&str) -> Result<Option<Record>, Error>,
) -> Result<Vec<(String, Put)>, Error> {
    let mut new: BTreeMap<String, &Record> = BTreeMap::new();
    let mut decided = Vec::with_capacity(records.len());
    for record in records {
        let key = record.key();
        let put = match (new.get(&key), stored(&key)?) {
            (Some(old), _) => same_run(&key, old, record)?,
            (None, Some(old)) => same_run(&key, &old, record)?,
            (None, None) => {
                new.insert(key.clone(), record);
                Put::New
            }
        };
        decided.push((key, put));
    }
    Ok(decided)
}

/// Decides about a study to be opened, given the one of its name that the store has.
///
/// # Errors
/// [`Error::Changed`] if that has another definition.
pub fn put_study(study: &StudyText, stored: Option<&StudyText>) -> Result<Put, Error> {
    match stored {
        None => Ok(Put::New),
        Some(old) if old.text == study.text => Ok(Put::Same),
        Some(old) => Err(Error::Changed {
            name: study.name.clone(),
            differences: line_differences(&old.text, &study.text),
        }),
    }
}

/// Decides about trials to be put. `stored` gives what the study has.
///
/// # Errors
/// [`Error::Conflict`] if a trial of the same name has other runs or another result.
pub fn put_trials<'t>(
    study: &str,
    trials: &'t [Trial],
    stored: &dyn Fn(&str) -> Option<&'t Trial>,
) -> Result<Vec<Put>, Error> {
    let mut new: BTreeMap<&str, &Trial> = BTreeMap::new();
    let mut decided = Vec::with_capacity(trials.len());
    for trial in trials {
        let old = stored(&trial.name).or_else(|| new.get(trial.name.as_str()).copied());
        decided.push(match old {
            None => {
                new.insert(&trial.name, trial);
                Put::New
            }
            Some(old) if old == trial => Put::Same,
            Some(old) => return Err(other_trial(study, old, trial)),
        });
    }
    Ok(decided)
}

/// [`Error::Unknown`] for a study.
pub fn unknown_study(name: &str) -> Error {
    Error::Unknown { kind: "study", name: name.to_string(), near: None }
}

fn same_run(key: &str, old: &Record, new: &Record) -> Result<Put, Error> {
    let differences = differences(old, new);
    if differences.is_empty() {
        return Ok(Put::Same);
    }
    let described = |record: &Record| {
        let Record { recipe, seed, environment, .. } = record;
        let short = key.get(..8).unwrap_or(key);
        format!("run {short} ({recipe}, seed {seed}, by version {})", environment.version)
    };
    Err(Error::Conflict {
        new: format!("the new {}", described(new)),
        old: format!("the stored {}", described(old)),
        differences,
    })
}

fn other_trial(study: &str, old: &Trial, new: &Trial) -> Error {
    let text = |trial: &Trial| format!("{}\n{}", trial.runs.join("\n"), trial.result);
    Error::Conflict {
        new: format!("the new trial `{}` of study `{study}`", new.name),
        old: "the stored one".to_string(),
        differences: line_differences(&text(old), &text(new)),
    }
}
