//! Axes for curves that are drawn elsewhere, such as on a terminal while they grow.

use train::Metric;

use crate::axis::Axis;
use crate::number;
use crate::panel::{Finite, fraction_limits, is_a_fraction, loss_limits, magnitudes, tick};

/// Two axes over a rectangle of dots, with the ranges of the pictures on pages: what has learned fills it, and what
/// has not lies outside.
///
/// ```
/// use report::plot::{Area, Plot};
/// let area = Area { width: 100, height: 40, ticks: (6, 5) };
/// let learns = vec![(0.5, 2.0), (1.0, 0.5), (2.0, 0.1)];
/// let explodes = vec![(0.5, 2.0), (1.0, 1e9)];
/// let plot = Plot::loss(&[learns, explodes], 2.0, None, area);
/// assert!(plot.is_log());
/// let (x, y) = plot.place(2.0, 0.1);
/// assert!(x == 99.0 && (35.0..39.5).contains(&y));
/// assert!(plot.place(1.0, 1e9).1 < 0.0, "above the picture");
/// ```
#[derive(Debug, Clone)]
pub struct Plot {
    x: Axis,
    y: Axis,
    in_percent: bool,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Dots across.
    pub width: usize,
    /// Dots up.
    pub height: usize,
    /// The most ticks across and up; two are shown in any case.
    pub ticks: (usize, usize),
}

/// A curve: epochs, and the values there. What is not finite is left out.
pub type Curve = Vec<(f64, f64)>;

impl Plot {
    /// Losses over this number of epochs; `log` is the scale, or `None` for a logarithmic one over more than a decade.
    pub fn loss(curves: &[Curve], epochs: f64, log: Option<bool>, area: Area) -> Plot {
        let limits = loss_limits(&finite(curves), None);
        Plot {
            x: across(epochs, area),
            y: magnitudes(drawable(limits), log, up(area), area.ticks.1.max(2)),
            in_percent: false,
        }
    }

    /// Values of a metric, with room for the target if it is a fraction; `log` as for [`Plot::loss`].
    pub fn metric(
        (curves, metric, target): (&[Curve], Metric, Option<f64>),
        epochs: f64,
        log: Option<bool>,
        area: Area,
    ) -> Plot {
        if !metric.is_fraction() {
            return Plot::loss(curves, epochs, log, area);
        }
        let limits = fraction_limits(&finite(curves), target.filter(is_a_fraction));
        let y = magnitudes(drawable(limits), Some(log == Some(true)), up(area), area.ticks.1.max(2));
        Plot { x: across(epochs, area), y, in_percent: true }
    }

    /// All values, from the least to the greatest.
    pub fn whole(curves: &[Curve], epochs: f64, log: Option<bool>, area: Area) -> Plot {
        let values = || curves.iter().flatten().map(|point| point.1).filter(|value| value.is_finite());
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        let limits = if low <= high { (low, high) } else { (0.0, 1.0) };
        Plot {
            x: across(epochs, area),
            y: magnitudes(drawable(limits), log, up(area), area.ticks.1.max(2)),
            in_percent: false,
        }
    }

    /// Dots from the left and from the top; above the picture the second is negative, below it the height or more.
    pub fn place(&self, epoch: f64, value: f64) -> (f64, f64) {
        (self.x.place(epoch), self.y.place(value))
    }

    /// True if equal distances up are equal ratios.
    pub fn is_log(&self) -> bool {
        self.y.is_log()
    }

    /// Dots of the ticks across, and their labels.
    pub fn ticks_across(&self) -> Vec<(f64, String)> {
        self.x.ticks.iter().map(|&at| (self.x.place(at), number::fixed(at, self.x.decimals))).collect()
    }

    /// Dots of the ticks up, and their labels.
    pub fn ticks_up(&self) -> Vec<(f64, String)> {
        let label = |at: f64| {
            let label = tick(&self.y, at, self.in_percent);
            if label.len() > MOST_LABEL { number::two_digits(at) } else { label }
        };
        self.y.ticks.iter().map(|&at| (self.y.place(at), label(at))).collect()
    }
}

/// Limits whose difference and steps are numbers of full precision.
fn drawable((low, high): (f64, f64)) -> (f64, f64) {
    match low.abs().max(high.abs()) < 1e-290 && (low, high) != (0.0, 0.0) {
        true => (0.0, 1.0),
        false => (low.max(-1e300), high.min(1e300)),
    }
}

/// Characters of a label, above which it has an exponent.
const MOST_LABEL: usize = 8;

/// The axis across, from 0 at the middle of the first dot to the last.
fn across(epochs: f64, area: Area) -> Axis {
    Axis::from_zero(epochs, (0.0, last(area.width)), area.ticks.0.max(2))
}

/// The dots of the least and the greatest value.
fn up(area: Area) -> (f64, f64) {
    (last(area.height), 0.0)
}

fn last(dots: usize) -> f64 {
    dots.saturating_sub(1).max(1) as f64
}

fn finite(curves: &[Curve]) -> Vec<Vec<Option<Finite>>> {
    let point = |&(epoch, value): &(f64, f64)| {
        let is_finite = epoch.is_finite() && value.is_finite();
        is_finite.then_some(Finite { epoch, mean: value, low: value, high: value })
    };
    curves.iter().map(|curve| curve.iter().map(point).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { width: 60, height: 20, ticks: (5, 4) };

    #[test]
    fn every_range_has_places_and_ticks() {
        let hostile = [
            vec![],
            vec![vec![]],
            vec![vec![(0.0, f64::NAN)]],
            vec![vec![(0.0, 1.0)]],
            vec![vec![(0.0, 0.0), (1.0, -1e300)], vec![(0.5, 1e300), (f64::NAN, 2.0)]],
            vec![vec![(0.0, f64::INFINITY), (1.0, 1e-320)]],
        ];
        for curves in &hostile {
            for log in [None, Some(true), Some(false)] {
                for plot in [
                    Plot::loss(curves, 1.0, log, AREA),
                    Plot::metric((curves, Metric::Accuracy, Some(0.95)), 0.0, log, AREA),
                    Plot::metric((curves, Metric::Loss, None), 2.0, log, AREA),
                    Plot::whole(curves, f64::NAN, log, Area { width: 0, height: 1, ticks: (0, 0) }),
                ] {
                    for (x, y) in [(0.0, 1.0), (1.0, 1e300), (0.5, 0.0), (0.5, -1e300)] {
                        let (x, y) = plot.place(x, y);
                        assert!(x.is_finite() && y.is_finite(), "{curves:?} {plot:?}");
                    }
                    assert!(
                        plot.ticks_up().iter().all(|(y, label)| y.is_finite() && label.len() <= 9),
                        "{plot:?}"
                    );
                    assert!(!plot.ticks_across().is_empty(), "{plot:?}");
                }
            }
        }
    }

    #[test]
    fn a_run_that_exploded_before_its_first_point_leaves_room_for_what_learns() {
        let learns = vec![(0.1, 2.1), (1.0, 0.6), (3.0, 0.3)];
        let exploded = vec![(0.1, 3e9), (0.2, 5e10), (3.0, 10.0)];
        let plot = Plot::loss(&[exploded, learns], 3.0, None, AREA);
        assert!((2.1..25.0).contains(&plot.y.high()), "{plot:?}");
        assert!(plot.place(0.2, 5e10).1 < 0.0 && plot.place(3.0, 0.3).1 < 20.0, "{plot:?}");
    }

    #[test]
    fn accuracy_is_in_percent_and_what_never_learned_lies_below() {
        let curves = [vec![(0.0, 0.1), (1.0, 0.95), (2.0, 0.97)], vec![(0.0, 0.1), (1.0, 0.1), (2.0, 0.1)]];
        let plot = Plot::metric((&curves, Metric::Accuracy, None), 2.0, None, AREA);
        assert!(plot.ticks_up().iter().all(|(_, label)| label.ends_with('%')), "{:?}", plot.ticks_up());
        assert!(plot.place(2.0, 0.1).1 > 20.0);
        assert_eq!(plot.place(0.0, 0.97).0, 0.0);
    }
}
