//! Rates read from the loss of one sweep.

use serde::{Deserialize, Serialize};

use super::Sweep;
use crate::stats;

/// A loss that is clearly lower or higher than at the beginning differs by this multiple of the deviation
/// that batches alone give the smoothed loss.
const CLEARLY: f64 = 4.0;

/// The rates that one sweep points to; the loss is the smoothed one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The mean loss over the first tenth of the rates, which are too small to learn with.
    #[serde(with = "train::json_number")]
    pub beginning: f64,
    /// The standard deviation that batches give the smoothed loss there.
    #[serde(with = "train::json_number")]
    pub noise: f64,
    /// The lowest loss.
    #[serde(with = "train::json_number")]
    pub lowest: f64,
    /// The rate where it is lowest.
    pub lowest_at: f64,
    /// The rate before that where the loss falls most steeply over the logarithm of the rate; `None` if
    /// it never falls clearly.
    pub steepest: Option<f64>,
    /// A tenth of the rate where the loss is lowest; `None` if it never falls clearly.
    pub tenth: Option<f64>,
    /// The geometric mean of the two. Over 20 settings (SGD, momentum, Adam, RMSprop and Lion on MNIST and
    /// Fashion-MNIST at batch sizes of 16 to 256), each trained for an epoch over a grid of rates, the
    /// first was too great by a factor of 1.6 and the second too small by 2.2, the mean neither.
    pub choice: Option<f64>,
    /// The edge of divergence: the first rate after the lowest loss where it is clearly above the
    /// beginning again, or not finite; `None` if the sweep ends before.
    pub edge: Option<f64>,
}

/// End of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// At the last rate.
    LastRate,
    /// The smoothed loss reached [`Sweep::stop`] times its lowest.
    Rose,
    /// The loss was no longer a finite number.
    NotFinite,
}

/// The losses of a sweep as they come in, smoothed exponentially, corrected for the start at 0.
#[derive(Debug)]
pub(super) struct Curve {
    sweep: Sweep,
    pub(super) losses: Vec<f64>,
    pub(super) smoothed: Vec<f64>,
    mean: f64,
    lowest: f64,
    ended: Option<Ended>,
}

impl Curve {
    pub(super) fn new(sweep: Sweep) -> Curve {
        Curve { sweep, losses: vec![], smoothed: vec![], mean: 0.0, lowest: f64::INFINITY, ended: None }
    }

    /// Takes the loss at the next rate, before the update with it.
    pub(super) fn push(&mut self, loss: f64) {
        if !loss.is_finite() {
            self.ended = Some(Ended::NotFinite);
            return;
        }
        let Sweep { smoothing: kept, steps, stop, .. } = self.sweep;
        self.losses.push(loss);
        self.mean = kept * self.mean + (1.0 - kept) * loss;
        let smoothed = self.mean / (1.0 - kept.powi(self.losses.len() as i32));
        self.smoothed.push(smoothed);
        self.lowest = self.lowest.min(smoothed);
        if self.losses.len() > self.beginning() && smoothed > (stop * self.lowest).max(self.level()) {
            self.ended = Some(Ended::Rose);
        } else if self.losses.len() == steps as usize {
            self.ended = Some(Ended::LastRate);
        }
    }

    /// Rates tried so far.
    pub(super) fn len(&self) -> usize {
        self.losses.len()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Rates that are too small to learn with.
    fn beginning(&self) -> usize {
        (self.sweep.steps / 10) as usize
    }

    /// The mean loss of the beginning, and the deviation that batches give the smoothed loss.
    fn ground(&self) -> (f64, f64) {
        let kept = self.sweep.smoothing;
        let first = &self.losses[..self.beginning().min(self.losses.len())];
        // The variance of an exponential mean of independent numbers.
        (stats::mean(first), stats::std(first) * ((1.0 - kept) / (1.0 + kept)).sqrt())
    }

    /// Loss that is clearly above the beginning.
    fn level(&self) -> f64 {
        let (mean, noise) = self.ground();
        mean + CLEARLY * noise
    }

    /// Reads the rates from the curve.
    pub(super) fn read(&self) -> Suggestion {
        let Curve { sweep, smoothed, .. } = self;
        let (beginning, noise) = self.ground();
        let first = self.beginning();
        // Nothing is smoothed yet in the first few.
        let later = smoothed.iter().enumerate().skip(first.min(smoothed.len().saturating_sub(1)));
        let lowest = later.min_by(|a, b| a.1.total_cmp(b.1));
        let (at, lowest) = lowest.map_or((0, f64::NAN), |(at, loss)| (at, *loss));
        let falls = lowest < beginning - CLEARLY * noise;
        let tenth = falls.then(|| sweep.rate(at) / 10.0);
        let steepest = falls.then(|| sweep.rate(self.steepest(first, at)));
        let climbed = smoothed[at.min(smoothed.len())..].iter().position(|loss| *loss > self.level());
        let not_finite = (self.ended == Some(Ended::NotFinite)).then_some(smoothed.len());
        Suggestion {
            beginning,
            noise,
            lowest,
            lowest_at: sweep.rate(at),
            steepest,
            tenth,
            choice: steepest.zip(tenth).map(|(steepest, tenth)| (steepest * tenth).sqrt()),
            edge: climbed.map(|further| at + further).or(not_finite).map(|at| sweep.rate(at)),
        }
    }

    /// Where the loss falls most from a few rates before to as many after.
    fn steepest(&self, first: usize, last: usize) -> usize {
        let reach = (self.sweep.steps / 40).max(1) as usize;
        let end = self.smoothed.len() - 1;
        let rise = |at: usize| self.smoothed[(at + reach).min(end)] - self.smoothed[at.saturating_sub(reach)];
        (first..=last).min_by(|a, b| rise(*a).total_cmp(&rise(*b))).unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sweep over eight decades whose loss is `loss` of the decimal logarithm of the rate.
    fn curve(loss: impl Fn(usize, f64) -> f64) -> Curve {
        let sweep = Sweep::default();
        let mut curve = Curve::new(sweep);
        for step in 0..sweep.steps as usize {
            curve.push(loss(step, sweep.rate(step).log10()));
            if curve.ended().is_some() {
                break;
            }
        }
        curve
    }

    /// Of a few sizes and both signs, the same in every run.
    fn noise(step: usize) -> f64 {
        0.05 * ((step * 7919 % 101) as f64 / 50.0 - 1.0)
    }

    #[test]
    fn smoothing_is_corrected_for_its_start() {
        let curve = curve(|_, _| 2.0);
        assert!(curve.smoothed.iter().all(|loss| (loss - 2.0).abs() < 1e-12));
        let mut two = Curve::new(Sweep { smoothing: 0.5, ..Sweep::default() });
        for loss in [1.0, 4.0] {
            two.push(loss);
        }
        // (0.5·0.5·1 + 0.5·4)/(1 − 0.25) = 3.
        assert!((two.smoothed[1] - 3.0).abs() < 1e-12);
    }

    #[test]
    fn fall_lowest_point_and_edge_are_where_they_are() {
        // Falls from 10⁻⁴ to 10⁻², stays, climbs from 10⁻¹ on; the smoothed loss lags by up to ten rates.
        let shape = |x: f64| 2.3 - 0.9 * (x + 4.0).clamp(0.0, 2.0) + 8.0 * (x + 1.0).max(0.0);
        let curve = curve(|step, x| shape(x) + noise(step));
        let read = curve.read();
        let log = |rate: Option<f64>| rate.expect("it is there").log10();
        assert!((read.beginning - 2.3).abs() < 0.03, "{read:?}");
        assert!((-4.0..=-1.5).contains(&log(read.steepest)), "{read:?}");
        assert!((-2.0..=-0.8).contains(&read.lowest_at.log10()) && read.lowest < 0.8, "{read:?}");
        assert!((log(read.tenth) - read.lowest_at.log10() + 1.0).abs() < 1e-9);
        assert!((2.0 * log(read.choice) - log(read.steepest) - log(read.tenth)).abs() < 1e-9);
        assert!((-0.8..=-0.3).contains(&log(read.edge)), "{read:?}");
        assert_eq!(curve.ended(), Some(Ended::Rose));
    }

    #[test]
    fn noise_alone_is_flat() {
        let curve = curve(|step, _| 2.3 + noise(step));
        let Suggestion { steepest, tenth, choice, edge, .. } = curve.read();
        assert_eq!([steepest, tenth, choice, edge], [None; 4]);
        assert_eq!(curve.ended(), Some(Ended::LastRate));
    }

    #[test]
    fn a_small_loss_that_doubles_by_noise_does_not_end_the_sweep() {
        // Four times the lowest is no sign of divergence where the noise is as great as the loss.
        let curve = curve(|step, _| if step % 10 == 9 { 0.4 } else { 0.01 });
        assert_eq!(curve.ended(), Some(Ended::LastRate));
    }

    #[test]
    fn a_loss_that_is_no_number_is_the_edge() {
        let curve =
            curve(|step, x| if x > -2.0 { f64::NAN } else { 2.3 + noise(step) - 0.5 * (x + 4.0).max(0.0) });
        assert_eq!(curve.ended(), Some(Ended::NotFinite));
        let edge = curve.read().edge.expect("it stopped");
        assert!((edge.log10() + 2.0).abs() < 0.05, "{edge}");

        let at_once = self::curve(|_, _| f64::INFINITY);
        assert_eq!(at_once.read().edge, Some(Sweep::default().from));
        assert_eq!(at_once.read().choice, None);
    }
}
