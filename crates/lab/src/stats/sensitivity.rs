//! Sensitivity of a method to its learning rate: the width of the basin of good rates.

use serde::Serialize;

use super::interval::Interval;
use super::student_t::mean_interval;
use super::summary::mean;
use train::Direction;

/// The rates around the best one whose scores are within a tolerance of its.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Basin {
    /// The best rate.
    pub best: f64,
    /// The lowest rate of the basin.
    pub low: f64,
    /// The highest rate of the basin.
    pub high: f64,
    /// True if the curve ends within the basin on the low side: it may be wider.
    pub open_low: bool,
    /// The same on the high side.
    pub open_high: bool,
}

impl Basin {
    /// Its width in decades, log₁₀(high/low).
    pub fn decades(&self) -> f64 {
        (self.high / self.low).log10()
    }
}

/// The basin of a curve of (rate, score): from the best rate to either side until the score is more than
/// `tolerance` worse. Between a rate within and one without, the edge is on the straight line over
/// log₁₀ of the rate; a rate that diverged (a score that is not finite) has no line to it, and the edge is
/// the last rate within. `None` if no score is finite.
///
/// ```
/// use lab::stats::{Direction, lr_basin};
/// let curve = [(1e-4, 0.80), (1e-3, 0.90), (1e-2, 0.92), (1e-1, 0.91), (1.0, f64::NAN)];
/// let basin = lr_basin(&curve, 0.01, Direction::Maximize).unwrap();
/// assert_eq!((basin.best, basin.high, basin.open_high), (1e-2, 1e-1, false));
/// assert!((basin.decades() - 1.5).abs() < 1e-12);
/// ```
pub fn lr_basin(curve: &[(f64, f64)], tolerance: f64, direction: Direction) -> Option<Basin> {
    let mut points: Vec<(f64, f64)> =
        curve.iter().map(|&(rate, score)| (rate, direction.merit(score))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let best = (0..points.len()).max_by(|&a, &b| points[a].1.total_cmp(&points[b].1))?;
    let (rate, top) = points[best];
    let floor = top - tolerance;
    let (low, open_low) = edge(points[..=best].iter().rev(), floor);
    let (high, open_high) = edge(points[best..].iter(), floor);
    top.is_finite().then_some(Basin { best: rate, low, high, open_low, open_high })
}

/// The rate where the curve goes below the floor, and if it ends before.
fn edge<'a>(mut points: impl Iterator<Item = &'a (f64, f64)>, floor: f64) -> (f64, bool) {
    let mut last = *points.next().expect("the best point");
    for &(rate, merit) in points {
        if merit < floor {
            let fraction = if merit.is_finite() { (last.1 - floor) / (last.1 - merit) } else { 0.0 };
            return (last.0 * (rate / last.0).powf(fraction), false);
        }
        last = (rate, merit);
    }
    (last.0, true)
}

/// The widths of the basins of several seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LrSensitivity {
    /// One a seed whose curve has a finite score.
    pub basins: Vec<Basin>,
    /// Their mean width in decades.
    pub decades: f64,
    /// Its interval by Student's t, not below 0 and not wider than the rates that were tried; `None` for one seed.
    pub interval: Option<Interval>,
    /// Basins that reach an end of their curve: the mean is then a lower bound.
    pub open: usize,
}

/// The mean width of the basins of one curve a seed, with its interval. `None` without a basin.
pub fn lr_sensitivity(
    curves: &[Vec<(f64, f64)>],
    tolerance: f64,
    direction: Direction,
    confidence: f64,
) -> Option<LrSensitivity> {
    let basins: Vec<Basin> =
        curves.iter().filter_map(|curve| lr_basin(curve, tolerance, direction)).collect();
    let widths: Vec<f64> = basins.iter().map(Basin::decades).collect();
    let open = basins.iter().filter(|basin| basin.open_low || basin.open_high).count();
    let rates = || curves.iter().flatten().map(|(rate, _)| rate.log10());
    let tried = rates().fold(f64::NEG_INFINITY, f64::max) - rates().fold(f64::INFINITY, f64::min);
    let interval =
        mean_interval(&widths, confidence).map(|interval| interval.map(|x| x.clamp(0.0, tried.max(0.0))));
    (!basins.is_empty()).then(|| LrSensitivity { basins, decades: mean(&widths), interval, open })
}
