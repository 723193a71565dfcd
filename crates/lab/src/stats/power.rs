//! The least that a number of seeds could have shown.

use super::distribution::student;
use super::summary::std;

/// The least p-value that an exact two-sided test of n paired differences can give: 2/2ⁿ.
///
/// ```
/// use lab::stats::least_p;
/// assert_eq!((least_p(5), least_p(6), least_p(10)), (0.0625, 0.03125, 0.001953125));
/// ```
pub fn least_p(n: usize) -> f64 {
    (1.0 - n as f64).exp2().min(1.0)
}

/// The fewest seeds with which an exact two-sided test can go down to `alpha`, which is α/m where m pairs
/// are corrected for.
///
/// ```
/// assert_eq!(lab::stats::fewest_seeds(0.05), 6);
/// assert_eq!(lab::stats::fewest_seeds(0.05 / 21.0), 10);
/// ```
pub fn fewest_seeds(alpha: f64) -> usize {
    (1..1100).find(|&n| least_p(n) <= alpha).unwrap_or(usize::MAX)
}

/// The least mean difference that these would have told apart from 0, given their spread: t s/√n, half of
/// the interval's width. `None` for fewer than two.
pub fn least_difference(differences: &[f64], confidence: f64) -> Option<f64> {
    let n = differences.len() as f64;
    (n >= 2.0).then(|| least_difference_of(std(differences), differences.len(), confidence))
}

/// [`least_difference`] of n differences with this standard deviation, to plan with.
///
/// ```
/// let points = |n| lab::stats::least_difference_of(0.2, n, 0.95);
/// assert!((points(10) - 0.143).abs() < 1e-3 && points(20) < 0.094);
/// ```
pub fn least_difference_of(std: f64, n: usize, confidence: f64) -> f64 {
    student::critical(1.0 - confidence, n as f64 - 1.0) * std / (n as f64).sqrt()
}
