//! Time to a target, with the runs that never got there.

use super::distribution::normal;
use super::interval::Interval;

/// A run's time to the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeToTarget {
    /// It was reached at this time.
    Reached(f64),
    /// It was not reached until this time, when the run ended: a censored time.
    Missed(f64),
}

impl TimeToTarget {
    fn time(self) -> f64 {
        match self {
            TimeToTarget::Reached(time) | TimeToTarget::Missed(time) => time,
        }
    }
}

/// The share of runs that have not reached the target, over time: a step plot.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// One a time at which a run reached it, rising; before the first the share is 1.
    pub steps: Vec<Step>,
    /// The time by which half of the runs reach it; `None` if fewer do.
    pub median: Option<f64>,
    /// Its interval; open above where misses leave it open.
    pub median_interval: Interval,
    /// Runs that never reached it.
    pub missed: usize,
}

/// A step of [`KaplanMeier`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The time.
    pub time: f64,
    /// Runs still under way without having reached the target just before.
    pub at_risk: usize,
    /// Runs that reach it now.
    pub reached: usize,
    /// Share of runs not there yet, from now on.
    pub share: f64,
    /// Its interval.
    pub interval: Interval,
}

/// Kaplan & Meier's estimator (1958): S(t) = Π (1 − d/n) over the times up to t, with Greenwood's variance
/// and intervals that are symmetric in log(−log S). The median's interval holds the times at which the
/// band of S contains ½ (Brookmeyer & Crowley 1982). `None` for no runs.
///
/// ```
/// use lab::stats::{TimeToTarget::{Missed, Reached}, kaplan_meier};
/// let curve = kaplan_meier(&[Reached(3.0), Reached(5.0), Reached(4.0), Missed(10.0)], 0.95).unwrap();
/// assert_eq!((curve.median, curve.missed), (Some(4.0), 1));
/// assert_eq!(curve.median_interval.high, f64::INFINITY);
/// ```
pub fn kaplan_meier(runs: &[TimeToTarget], confidence: f64) -> Option<KaplanMeier> {
    let z = normal::quantile(0.5 + 0.5 * confidence);
    let mut reached: Vec<f64> = Vec::new();
    for run in runs {
        if let TimeToTarget::Reached(time) = run {
            reached.push(*time);
        }
    }
    reached.sort_by(f64::total_cmp);
    let (mut share, mut greenwood, mut above) = (1.0, 0.0, 1.0);
    let mut steps = Vec::new();
    for group in reached.chunk_by(|a, b| a == b) {
        let time = group[0];
        let at_risk = runs.iter().filter(|run| run.time() >= time).count();
        let (n, d) = (at_risk as f64, group.len() as f64);
        share *= 1.0 - d / n;
        greenwood += d / (n * (n - d));
        // Where all have reached it the variance has no meaning: the band keeps its upper end.
        let error = greenwood.sqrt() / f64::ln(share);
        let band = |z: f64| share.powf((z * error).exp());
        let interval =
            if at_risk > group.len() { Interval::new(band(-z), band(z)) } else { Interval::new(0.0, above) };
        above = interval.high;
        steps.push(Step { time, at_risk, reached: group.len(), share, interval });
    }
    let first = |low_enough: &dyn Fn(&Step) -> bool| steps.iter().find(|s| low_enough(s)).map(|s| s.time);
    let median = first(&|step| step.share <= 0.5 + 1e-12);
    let low = first(&|step| step.interval.low <= 0.5).unwrap_or(f64::INFINITY);
    let high = first(&|step| step.interval.high < 0.5).unwrap_or(f64::INFINITY);
    let missed = runs.len() - reached.len();
    (!runs.is_empty()).then(|| KaplanMeier {
        steps,
        median,
        median_interval: Interval::new(low, high),
        missed,
    })
}
