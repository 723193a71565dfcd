//! Optimizers on a member of the suite, tuned alike: the same number of rates each.

use lab::stats::mean;

use super::Member;
use crate::tuned::Arm;
use crate::{Error, Settings};

/// An arm at its best rate.
#[derive(Debug)]
pub(crate) struct Found {
    /// Each rate with its mean merit over the runs that chose.
    pub(crate) tried: Vec<(f64, f64)>,
    /// One score a run of the report, in order; the worst one for a run that diverged.
    pub(crate) scores: Vec<f64>,
    /// Merits after each epoch, a run of the report each.
    curves: Vec<Vec<f64>>,
}

impl Found {
    /// The first epoch after which the mean merit is at least `aim`.
    pub(crate) fn reaches(&self, aim: f64) -> Option<usize> {
        let epochs = self.curves.iter().map(Vec::len).max().unwrap_or(0);
        // A run that diverged has no merit from then on.
        let merit = |curve: &Vec<f64>, epoch: usize| curve.get(epoch).copied().unwrap_or(f64::NEG_INFINITY);
        (0..epochs).find(|&epoch| {
            mean(&self.curves.iter().map(|curve| merit(curve, epoch)).collect::<Vec<_>>()) >= aim
        })
    }
}

/// Chooses a rate for each arm, then trains again for the report.
///
/// # Errors
/// If a recipe cannot be used, or the reader of the progress stops.
pub(crate) fn tune(
    settings: &Settings<'_>,
    member: &Member,
    arms: &[Arm],
    seeds: u64,
) -> Result<Vec<Found>, Error> {
    let direction = member.direction();
    let (trials, reports) = (member.trials(), member.reports(seeds));
    let rates: Vec<(usize, f64)> =
        arms.iter().enumerate().flat_map(|(arm, of)| of.rates.iter().map(move |&lr| (arm, lr))).collect();
    let cases: Vec<_> =
        rates.iter().flat_map(|&(arm, lr)| trials.iter().map(move |&unit| (arm, lr, unit))).collect();
    let merits = settings
        .parts(&cases, |&(arm, lr, unit)| Ok(direction.merit(member.end(unit, &arms[arm].at(lr))?)))?;
    let means = merits.chunks(trials.len()).map(mean);
    let tried: Vec<(usize, f64, f64)> =
        rates.iter().zip(means).map(|(&(arm, lr), merit)| (arm, lr, merit)).collect();
    let of_arm = |arm: usize| tried.iter().filter(move |trial| trial.0 == arm);
    let best: Vec<f64> = (0..arms.len())
        .map(|arm| of_arm(arm).max_by(|a, b| a.2.total_cmp(&b.2)).expect("an arm has rates").1)
        .collect();
    let cases: Vec<_> =
        (0..arms.len()).flat_map(|arm| reports.iter().map(move |&unit| (arm, unit))).collect();
    let runs = settings.parts(&cases, |&(arm, unit)| member.along(unit, &arms[arm].at(best[arm])))?;
    let found = runs.chunks(reports.len()).enumerate().map(|(arm, runs)| Found {
        tried: of_arm(arm).map(|&(_, lr, merit)| (lr, merit)).collect(),
        scores: runs.iter().map(|run| run.1).collect(),
        curves: runs.iter().map(|run| run.0.iter().map(|&score| direction.merit(score)).collect()).collect(),
    });
    Ok(found.collect())
}
