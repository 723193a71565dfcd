//! The spread that the pilot of a study measured.

use serde::Serialize;

use super::CLUSTERS;
use crate::stats::{Interval, Pilot, TwoClusters, chi_squared, std, two_clusters};

/// Scores of an entry's pilot, and their spread.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PilotOutcome {
    /// Scores in the order of the seeds; `None` for diverged runs.
    pub scores: Vec<Option<f64>>,
    /// Their standard deviation; `None` if a run diverged.
    pub std: Option<f64>,
    /// Its interval, by the χ² distribution.
    pub std_interval: Option<Interval>,
    /// The two clusters in which the scores fall, if they do: then one deviation does not describe them.
    pub clusters: Option<TwoClusters>,
}

impl PilotOutcome {
    pub(in crate::study) fn new(scores: Vec<Option<f64>>, confidence: f64, seed: u64) -> PilotOutcome {
        let finite: Vec<f64> = scores.iter().copied().flatten().collect();
        let whole = finite.len() == scores.len() && finite.len() >= 2;
        let std = whole.then(|| std(&finite));
        let df = finite.len() as f64 - 1.0;
        let end = |std: f64, p: f64| std * (df / chi_squared::quantile(p, df)).sqrt();
        let alpha = 0.5 * (1.0 - confidence);
        PilotOutcome {
            std_interval: std.map(|std| Interval::new(end(std, 1.0 - alpha), end(std, alpha))),
            clusters: whole.then(|| two_clusters(&finite, CLUSTERS, seed)).flatten(),
            std,
            scores,
        }
    }

    /// The spread of paired differences that it tells to expect; `None` where a run diverged, where the scores do not
    /// spread, and where they fall in two clusters.
    pub fn spread(&self) -> Option<Pilot> {
        let scores: Option<Vec<f64>> = self.scores.iter().copied().collect();
        if self.clusters.is_some() { None } else { Pilot::of_scores(&scores?) }
    }
}
