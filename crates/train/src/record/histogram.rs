//! Counts of values in bins of one width.

use serde::{Deserialize, Serialize};

/// Finite values, counted in bins of one width.
///
/// ```
/// use train::record::Histogram;
/// let histogram = Histogram::of(&[0.0, 1.0, 1.0, f32::NAN, 40.0]).expect("finite values");
/// assert_eq!((histogram.low, histogram.high), (0.0, 40.0));
/// assert_eq!((histogram.counts[0], histogram.counts[1], histogram.counts[39]), (1, 2, 1));
/// assert_eq!(histogram.edges().nth(1), Some(1.0));
/// assert_eq!(Histogram::of(&[]), None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Least value: the lower end of the first bin.
    pub low: f64,
    /// Greatest value: the upper end of the last bin.
    pub high: f64,
    /// Values in each bin; a value between two bins is in the upper one.
    pub counts: Vec<u64>,
}

/// Bins.
const BINS: usize = 40;

impl Histogram {
    /// Counts the finite values; `None` if there are none.
    pub fn of(values: &[f32]) -> Option<Histogram> {
        let finite = || values.iter().map(|&value| f64::from(value)).filter(|value| value.is_finite());
        let (low, high) = (finite().reduce(f64::min)?, finite().reduce(f64::max)?);
        let mut counts = vec![0; BINS];
        for value in finite() {
            let fraction = if high > low { (value - low) / (high - low) } else { 0.0 };
            counts[((fraction * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
        Some(Histogram { low, high, counts })
    }

    /// Lower end of each bin.
    pub fn edges(&self) -> impl Iterator<Item = f64> {
        let width = (self.high - self.low) / self.counts.len() as f64;
        (0..self.counts.len()).map(move |bin| self.low + width * bin as f64)
    }
}
