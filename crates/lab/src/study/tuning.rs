//! The tuning of a cell: its trials, and how one was chosen.

use serde::Serialize;

use crate::search::Finalist;
use crate::stats::{Direction, median};

/// The tuning of a cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tuning {
    /// The space that was declared.
    pub space: String,
    /// The space with what was added beyond its edges; `None` if nothing was.
    pub extended: Option<String>,
    /// Trials, those that were added last.
    pub trials: Vec<TuningTrial>,
    /// Edges where the best of the first trials was.
    pub edges: Vec<EdgeHit>,
    /// Edges of the whole space where the chosen trial still is.
    pub edges_left: Vec<EdgeHit>,
    /// The best trials, on further seeds too.
    pub finalists: Vec<FinalistOutcome>,
    /// The trial that was chosen.
    pub chosen: Option<usize>,
    /// Its score on the seeds that it was picked by: too good on average.
    pub tuning_score: Option<f64>,
    /// Its score on the further seeds.
    pub fresh_score: Option<f64>,
    /// Excess of the tuning score over the fresh one, in the direction of the metric.
    pub optimism: Option<f64>,
}

impl Tuning {
    /// Learning rates and scores of the whole runs, the lowest rate first; `None` for a trial whose median run
    /// diverged. Empty where more than the rate was tuned.
    pub fn rates(&self) -> Vec<(f64, Option<f64>)> {
        let longest = self.trials.iter().map(|trial| trial.epochs).max();
        let whole = self.trials.iter().filter(|trial| Some(trial.epochs) == longest);
        let rate =
            |trial: &TuningTrial| Some((trial.point.strip_prefix("lr=")?.parse::<f64>().ok()?, trial.score));
        let mut rates: Vec<(f64, Option<f64>)> = whole.filter_map(rate).collect();
        rates.sort_by(|a, b| a.0.total_cmp(&b.0));
        rates
    }
}

/// A trial with its scores.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TuningTrial {
    /// Its number.
    pub trial: usize,
    /// Its settings: `lr=0.03 beta1=0.9`.
    pub point: String,
    /// True if it lies beyond an edge of the declared space.
    pub beyond: bool,
    /// Epochs of its longest runs.
    pub epochs: u32,
    /// Its scores on the tuning seeds; `None` for diverged runs.
    pub scores: Vec<Option<f64>>,
    /// Their median, diverged runs worst; `None` if that is one.
    pub score: Option<f64>,
}

/// An end of an interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EdgeHit {
    /// The hyperparameter.
    pub name: String,
    /// True for the upper end.
    pub high: bool,
}

/// One of the best trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinalistOutcome {
    /// Its number.
    pub trial: usize,
    /// Its score on the tuning seeds.
    pub tuning_score: Option<f64>,
    /// Its score on the further seeds.
    pub fresh_score: Option<f64>,
}

impl From<(&Finalist, Direction)> for FinalistOutcome {
    fn from((finalist, direction): (&Finalist, Direction)) -> FinalistOutcome {
        let of = |scores: &[f64]| {
            let finite: Vec<Option<f64>> =
                scores.iter().map(|score| Some(*score).filter(|score| score.is_finite())).collect();
            middle(&finite, direction)
        };
        FinalistOutcome {
            trial: finalist.trial,
            tuning_score: of(&finalist.tuning),
            fresh_score: of(&finalist.fresh),
        }
    }
}

/// The median over seeds, with diverged runs worst; `None` if that is one.
pub(super) fn middle(scores: &[Option<f64>], direction: Direction) -> Option<f64> {
    let merits: Vec<f64> = scores.iter().map(|score| direction.merit(score.unwrap_or(f64::NAN))).collect();
    median(&merits).filter(|merit| merit.is_finite()).map(|merit| direction.score(merit))
}
