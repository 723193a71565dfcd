//! A comparison of the reported runs of a study.

use train::{Metric, Record};

use super::{Comparison, row, settings};
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
        let found = outcome.tasks.get(task);
        let metric = found.map_or(Metric::Loss, |task| task.metric);
        let target = found.and_then(|task| task.target);
        let (mut rows, mut runs) = (Vec::new(), Vec::new());
        for cell in outcome.cells_of(task, ruleset) {
            let records = cell.records(store)?;
            let borrowed: Vec<&Record> = records.iter().collect();
            let mut row = row(&outcome.entries[cell.id.entry], &borrowed, target, None);
            if !outcome.aa.is_empty() {
                row.seeds =
                    cell.runs.first().zip(cell.runs.last()).map(|(first, last)| (first.seed, last.seed));
            }
            // Entries that were tuned to the same recipe share their runs; A/A twins have other seeds.
            if !runs.iter().any(|run| row.has(run)) {
                runs.extend(records);
            }
            rows.push(row);
        }
        Ok(Comparison {
            command,
            settings: settings(&runs),
            metric,
            target,
            rows,
            pairs: Vec::new(),
            runs,
            looks: None,
        })
    }
}
