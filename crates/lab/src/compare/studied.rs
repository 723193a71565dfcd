//! A comparison of the reported runs of a study.

use train::{Metric, Record};

use super::{Comparison, rows_and_pairs, settings};
use crate::store::{Error, Store};
use crate::study::Outcome;

impl Comparison {
    /// The reported runs of a task under a ruleset; rows are the entries, in order, by their names, also those
    /// without a run. Pairs are those of [`Outcome::comparisons`], which know of the tuning, so there are none here.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn of_study(
        outcome: &Outcome,
        (task, ruleset): (usize, usize),
        store: &dyn Store,
        command: String,
    ) -> Result<Comparison, Error> {
        let mut groups = Vec::new();
        for cell in outcome.cells_of(task, ruleset) {
            groups.push((outcome.entries[cell.id.entry].clone(), cell.records(store)?));
        }
        let found = outcome.tasks.get(task);
        let metric = found.map_or(Metric::Loss, |task| task.metric);
        let target = found.and_then(|task| task.target);
        let borrowed: Vec<(String, Vec<&Record>)> =
            groups.iter().map(|(name, runs)| (name.clone(), runs.iter().collect())).collect();
        let (rows, _) = rows_and_pairs(&borrowed, metric, target);
        let runs: Vec<Record> = groups.into_iter().flat_map(|(_, runs)| runs).collect();
        Ok(Comparison { command, settings: settings(&runs), metric, target, rows, pairs: Vec::new(), runs })
    }
}
