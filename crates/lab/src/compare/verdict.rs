//! Conclusions from a comparison, as values; `report::prose` has the sentences.

use train::{Record, Split};

use super::{Comparison, Pair, Row};

/// Differences that the paired seeds can and cannot tell apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<'c> {
    /// No run finished.
    NothingFinished,
    /// One optimizer alone was run.
    OneOptimizer {
        /// Its name.
        name: &'c str,
    },
    /// Runs of a task that no seed changes.
    NoSeedMatters {
        /// The optimizer with the best metric.
        best: &'c str,
    },
    /// One seed, which cannot tell luck from merit.
    OneSeed {
        /// The optimizer with the best metric.
        best: &'c str,
    },
    /// Several seeds, paired and tested.
    Paired {
        /// The optimizer with the best mean metric.
        best: &'c str,
        /// Seeds of the optimizer that has the most.
        seeds: usize,
        /// Pairs that differ at the 5% level.
        apart: Vec<&'c Pair>,
        /// Pairs that do not.
        alike: Vec<&'c Pair>,
    },
}

/// A fact to know before believing the numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning<'c> {
    /// The runs used the embedded sample of a data set.
    Sample {
        /// The data set's name.
        dataset: &'c str,
        /// Training examples.
        train: usize,
        /// Test examples.
        test: usize,
    },
    /// Runs of an optimizer diverged, so its means are of the others.
    Diverged {
        /// The optimizer's name.
        optimizer: &'c str,
        /// Runs that diverged.
        diverged: usize,
        /// Runs in all.
        runs: usize,
    },
}

impl Comparison {
    /// The conclusion that the runs allow.
    pub fn verdict(&self) -> Verdict<'_> {
        let Some(best) = self.best() else { return Verdict::NothingFinished };
        let best = best.optimizer.as_str();
        let seeds = self.rows.iter().map(|row| row.runs).max().unwrap_or(0);
        match (self.rows.len(), seeds) {
            (1, _) => Verdict::OneOptimizer { name: best },
            _ if self.no_seed_matters() => Verdict::NoSeedMatters { best },
            (_, 0 | 1) => Verdict::OneSeed { best },
            _ => {
                let (apart, alike) = self.pairs.iter().partition(|pair| pair.distinct);
                Verdict::Paired { best, seeds, apart, alike }
            }
        }
    }

    /// True if the task has no examples, and the runs of each optimizer ended alike: then further seeds are copies.
    fn no_seed_matters(&self) -> bool {
        self.rows.iter().all(|row| repeats(&self.runs_of(row).collect::<Vec<_>>()))
    }

    /// Facts to know before believing the numbers: sample data, diverged runs.
    pub fn warnings(&self) -> Vec<Warning<'_>> {
        let sample = self.runs.iter().find(|run| run.task.data.sample).map(|run| Warning::Sample {
            dataset: &run.task.data.name,
            train: run.examples(Split::Train),
            test: run.examples(Split::Test),
        });
        let diverged = self.rows.iter().filter(|row| row.diverged > 0).map(|row| Warning::Diverged {
            optimizer: &row.optimizer,
            diverged: row.diverged,
            runs: row.runs,
        });
        sample.into_iter().chain(diverged).collect()
    }

    /// The row with the best mean metric, a number above one that is none; `None` if no run finished.
    fn best(&self) -> Option<&Row> {
        let merit = |score: f64| Some(self.metric.direction().merit(score)).filter(|merit| !merit.is_nan());
        let scored = self.rows.iter().filter_map(|row| Some((row, merit(row.score.as_ref()?.mean))));
        let best = scored.max_by(|(_, a), (_, b)| {
            a.unwrap_or(f64::NEG_INFINITY).total_cmp(&b.unwrap_or(f64::NEG_INFINITY))
        });
        best.map(|(row, _)| row)
    }
}

/// True if these runs of one recipe are copies of each other: no examples, and one result.
pub(super) fn repeats(runs: &[&Record]) -> bool {
    let end = |run: &Record| run.final_metric().map(f64::to_bits);
    runs.iter().all(|run| run.task.examples.is_empty() && end(run) == end(runs[0]))
}
