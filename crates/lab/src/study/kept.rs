//! The trials of a study in a store: their names, and what they hold.
//!
//! `simplenn/lr/adam/tune/3` is trial 3 on the tuning seeds (`tune/3@2` with 2 epochs, on a rung of halving),
//! `simplenn/lr/adam/fresh/3` on the further seeds, `simplenn/lr/adam/report` the reported runs, `simplenn/lr/adam/pilot`
//! those of the pilot. Each has the keys of its runs in the order of the seeds, and settings and score as JSON.

use std::collections::BTreeMap;

use serde_json::json;
use train::Record;

use super::cell::Cell;
use super::run::{CellId, Phase, Run};
use super::tuning::middle;
use super::{Facts, Study};
use crate::search::Point;
use crate::store::{Error, Store, Trial};

/// A run that is over.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its key in the store.
    pub(super) key: String,
    /// Its score; not finite if it diverged.
    pub(super) score: f64,
}

impl Known {
    pub(super) fn new(key: String, record: &Record) -> Known {
        Known { key, score: record.final_metric().unwrap_or(f64::NAN) }
    }
}

/// Runs that are over.
pub(super) type Results = BTreeMap<Run, Known>;

/// A trial on the seeds of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    phase: Phase,
    trial: Option<usize>,
    epochs: u32,
}

/// The trials of a cell all of whose runs are over.
pub(super) fn trials(study: &Study, cell: &Cell<'_>, points: &[Point], results: &Results) -> Vec<Trial> {
    let mut groups: BTreeMap<Group, Vec<&Known>> = BTreeMap::new();
    for (Run { phase, trial, epochs, .. }, known) in results {
        groups.entry(Group { phase: *phase, trial: *trial, epochs: *epochs }).or_default().push(known);
    }
    groups.retain(|group, runs| runs.len() == cell.seeds(group.phase).count());
    let trial = |(group, runs): (Group, Vec<&Known>)| {
        let settings = group.trial.map_or(String::new(), |trial| points[trial].to_string());
        let scores: Vec<Option<f64>> =
            runs.iter().map(|known| Some(known.score).filter(|score| score.is_finite())).collect();
        let score = middle(&scores, cell.facts.direction());
        Trial {
            name: format!("{}/{}", study.cell_name(cell.id), name(group, cell.epochs())),
            runs: runs.iter().map(|known| known.key.clone()).collect(),
            result: json!({ "settings": settings, "score": score }).to_string(),
        }
    };
    groups.into_iter().map(trial).collect()
}

/// The runs that a store has of each cell, with their keys, from its trials; none of a study that it does not have.
///
/// # Errors
/// If the store cannot be read, or is damaged.
pub(super) fn runs(
    study: &Study,
    facts: &[Facts],
    store: &dyn Store,
) -> Result<Vec<(CellId, Run, String)>, Error> {
    if store.study(&study.name)?.is_none() {
        return Ok(Vec::new());
    }
    let cells: BTreeMap<String, CellId> =
        study.cells().into_iter().map(|id| (study.cell_name(id), id)).collect();
    let mut found = Vec::new();
    for trial in store.trials(&study.name)? {
        let mut parts = trial.name.splitn(4, '/');
        let cell: Vec<&str> = parts.by_ref().take(3).collect();
        let (Some(&id), Some(rest)) = (cells.get(&cell.join("/")), parts.next()) else { continue };
        let facts = &facts[id.task];
        let Some(Group { phase, trial: number, epochs }) = parse(rest, facts.epochs) else { continue };
        let seeds = facts.seeds(study, id.entry, phase);
        if seeds.clone().count() == trial.runs.len() {
            let runs = seeds.zip(trial.runs);
            found.extend(runs.map(|(seed, key)| (id, Run { phase, trial: number, epochs, seed }, key)));
        }
    }
    Ok(found)
}

/// The same with their scores.
///
/// # Errors
/// If the store cannot be read, or is damaged.
pub(super) fn load(
    study: &Study,
    facts: &[Facts],
    store: &dyn Store,
) -> Result<BTreeMap<CellId, Results>, Error> {
    let mut found: BTreeMap<CellId, Results> = BTreeMap::new();
    for (id, run, key) in runs(study, facts, store)? {
        if let Some(record) = store.get(&key)? {
            found.entry(id).or_default().insert(run, Known::new(key, &record));
        }
    }
    Ok(found)
}

fn name(Group { phase, trial, epochs }: Group, whole: u32) -> String {
    let length = if epochs == whole { String::new() } else { format!("@{epochs}") };
    match (phase, trial) {
        (Phase::Tuning, Some(trial)) => format!("tune/{trial}{length}"),
        (Phase::Choosing, Some(trial)) => format!("fresh/{trial}"),
        (Phase::Pilot, Some(trial)) => format!("pilot/{trial}"),
        (Phase::Pilot, None) => "pilot".to_string(),
        (_, Some(trial)) => format!("report/{trial}"),
        (_, None) => "report".to_string(),
    }
}

fn parse(name: &str, whole: u32) -> Option<Group> {
    let (word, number) = name.split_once('/').map_or((name, None), |(word, number)| (word, Some(number)));
    let (trial, epochs) = match number.map(|number| number.split_once('@').unwrap_or((number, ""))) {
        None => (None, whole),
        Some((trial, "")) => (Some(trial.parse().ok()?), whole),
        Some((trial, epochs)) => (Some(trial.parse().ok()?), epochs.parse().ok()?),
    };
    let phase = match word {
        "tune" => Phase::Tuning,
        "fresh" => Phase::Choosing,
        "report" => Phase::Reporting,
        "pilot" => Phase::Pilot,
        _ => return None,
    };
    Some(Group { phase, trial, epochs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trials_read_back() {
        for phase in [Phase::Tuning, Phase::Choosing, Phase::Reporting, Phase::Pilot] {
            for (trial, epochs) in [(Some(3), 9), (Some(12), 9)] {
                let group = Group { phase, trial, epochs };
                assert_eq!(parse(&name(group, 9), 9), Some(group));
            }
        }
        let rung = Group { phase: Phase::Tuning, trial: Some(4), epochs: 3 };
        assert_eq!((name(rung, 9).as_str(), parse("tune/4@3", 9)), ("tune/4@3", Some(rung)));
        for phase in [Phase::Reporting, Phase::Pilot] {
            let recipe = Group { phase, trial: None, epochs: 9 };
            assert_eq!(parse(&name(recipe, 9), 9), Some(recipe));
        }
        for text in ["", "tune/x", "race/3", "tune/3@", "tune/3@x"] {
            assert!(text == "tune/3@" || parse(text, 9).is_none(), "{text}");
        }
    }
}
