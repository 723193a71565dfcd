//! An interval of numbers, of which an end may be open.

use std::fmt;

use serde::{Deserialize, Serialize};

/// From `low` to `high`, both included; an end of which nothing is known is infinite.
///
/// In JSON an infinite end is `null`.
///
/// ```
/// use lab::stats::Interval;
/// let interval = Interval::new(0.5, f64::INFINITY);
/// assert!(interval.excludes(0.0) && interval.contains(1e9));
/// assert_eq!(serde_json::to_string(&interval).unwrap(), r#"{"low":0.5,"high":null}"#);
/// assert_eq!(serde_json::from_str::<Interval>(r#"{"low":0.5,"high":null}"#).unwrap(), interval);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends", into = "Ends")]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Every number: nothing is known.
    pub const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// The interval between these ends.
    pub fn new(low: f64, high: f64) -> Interval {
        Interval { low, high }
    }

    /// The interval of `half` on either side of a middle.
    pub fn around(middle: f64, half: f64) -> Interval {
        Interval { low: middle - half, high: middle + half }
    }

    /// True if `x` is in it.
    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// True if `x` is outside; false for NaN ends.
    pub fn excludes(&self, x: f64) -> bool {
        x < self.low || self.high < x
    }

    /// Half of its width.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// The same with both ends mapped by a rising function.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Interval {
        Interval { low: f(self.low), high: f(self.high) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { low, high } = self;
        match f.precision() {
            Some(digits) => write!(f, "[{low:.digits$}, {high:.digits$}]"),
            None => write!(f, "[{low}, {high}]"),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Ends {
    low: Option<f64>,
    high: Option<f64>,
}

impl From<Ends> for Interval {
    fn from(Ends { low, high }: Ends) -> Interval {
        Interval { low: low.unwrap_or(f64::NEG_INFINITY), high: high.unwrap_or(f64::INFINITY) }
    }
}

impl From<Interval> for Ends {
    fn from(Interval { low, high }: Interval) -> Ends {
        let finite = |x: f64| x.is_finite().then_some(x);
        Ends { low: finite(low), high: finite(high) }
    }
}
