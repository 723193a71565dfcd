//! Optimizers that are tuned alike: the same number of rates each, chosen on other examples and seeds than reported.

use lab::stats::mean;
use train::{Record, Task};

use crate::nets::{end_of_run, run, score};
use crate::{Error, Settings};

/// A recipe with `LR` in place of its rate, and the rates that are tried.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// Recipe: `sgd lr=LR momentum=0.9`.
    pub(crate) recipe: String,
    /// Rates to choose from.
    pub(crate) rates: Vec<f64>,
}

impl Arm {
    /// The recipe with a rate.
    pub(crate) fn at(&self, lr: f64) -> String {
        self.recipe.replace("LR", &lr.to_string())
    }
}

/// Lengths and numbers of runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Epochs of each run.
    pub(crate) epochs: u32,
    /// Evaluations in each epoch.
    pub(crate) evaluations: u32,
    /// Seeds on which rates are chosen.
    pub(crate) tuning_seeds: u64,
    /// Seeds of the report, none of which chose a rate.
    pub(crate) seeds: u64,
}

/// An arm at its best rate.
#[derive(Debug)]
pub(crate) struct Tuned {
    /// The rate of the best mean over the tuning seeds.
    pub(crate) lr: f64,
    /// One record a seed of the report, in order.
    pub(crate) records: Vec<Record>,
}

impl Tuned {
    /// Final metrics; the worst value for a run that diverged.
    pub(crate) fn scores(&self) -> Vec<f64> {
        self.records.iter().map(score).collect()
    }
}

/// Chooses a rate for each arm on `tuning`, then trains with new seeds on `report`.
///
/// # Errors
/// If a recipe cannot be used, or the reader of the progress stops.
pub(crate) fn tuned(
    settings: &Settings<'_>,
    [tuning, report]: [&Task; 2],
    arms: &[Arm],
    effort: Effort,
) -> Result<Vec<Tuned>, Error> {
    let Effort { epochs, evaluations, tuning_seeds, seeds } = effort;
    let trials: Vec<(usize, f64, u64)> = (0..arms.len())
        // One rate is no choice.
        .filter(|&arm| arms[arm].rates.len() > 1)
        .flat_map(|arm| arms[arm].rates.iter().map(move |&lr| (arm, lr)))
        .flat_map(|(arm, lr)| (0..tuning_seeds).map(move |seed| (arm, lr, seed)))
        .collect();
    let merits = settings.parts(&trials, |&(arm, lr, seed)| {
        let score = end_of_run(tuning, &arms[arm].at(lr), seed, epochs)?;
        Ok(tuning.metric.direction().merit(score))
    })?;
    let best = |arm: usize| {
        let merit = |lr: f64| {
            let runs = trials.iter().zip(&merits).filter(|((a, rate, _), _)| (*a, *rate) == (arm, lr));
            mean(&runs.map(|(_, merit)| *merit).collect::<Vec<_>>())
        };
        let tried = arms[arm].rates.iter().map(|&lr| (lr, merit(lr)));
        tried.max_by(|a, b| a.1.total_cmp(&b.1)).expect("an arm has rates").0
    };
    let rates: Vec<f64> = (0..arms.len()).map(best).collect();
    let reports: Vec<(usize, u64)> =
        (0..arms.len()).flat_map(|arm| (0..seeds).map(move |seed| (arm, tuning_seeds + seed))).collect();
    let mut records = settings
        .parts(&reports, |&(arm, seed)| run(report, &arms[arm].at(rates[arm]), seed, epochs, evaluations))?
        .into_iter();
    let of_arm = |&lr: &f64| Tuned { lr, records: records.by_ref().take(seeds as usize).collect() };
    Ok(rates.iter().map(of_arm).collect())
}
