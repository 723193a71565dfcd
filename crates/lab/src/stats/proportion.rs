//! Shares: Wilson's interval, precision and recall.

use super::distribution::normal;
use super::interval::Interval;

/// The 95% confidence interval of a share, `successes` of `trials`, by Wilson's score (Wilson
/// 1927): it stays within 0 and 1 and holds for shares near either. `None` for no trials.
///
/// ```
/// let (low, high) = lab::stats::wilson95(9_774, 10_000).unwrap();
/// assert!(0.9742 < low && low < 0.9774 && 0.9774 < high && high < 0.9802);
/// ```
pub fn wilson95(successes: u64, trials: u64) -> Option<(f64, f64)> {
    let interval = wilson(successes as f64, trials as f64, 0.95)?;
    Some((interval.low, interval.high))
}

/// Wilson's interval at any confidence, of `successes` that may count a tie as a half. `None` for no
/// trials.
pub fn wilson(successes: f64, trials: f64, confidence: f64) -> Option<Interval> {
    let z = normal::quantile(0.5 + 0.5 * confidence);
    let (n, p) = (trials, successes / trials);
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (trials > 0.0)
        .then(|| Interval::new(((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
}

/// Of a confusion matrix with a row for each true class: for each class the share of its
/// predictions that are right, and the share of its images that are found; NaN for a share of none.
///
/// ```
/// let shares = lab::stats::precision_and_recall(&[vec![3, 1], vec![0, 4]]);
/// assert_eq!(shares, [(1.0, 0.75), (0.8, 1.0)]);
/// ```
pub fn precision_and_recall(confusion: &[Vec<u64>]) -> Vec<(f64, f64)> {
    let shares = |class: usize| {
        let right = confusion[class][class] as f64;
        let predicted: u64 = confusion.iter().map(|row| row[class]).sum();
        let there: u64 = confusion[class].iter().sum();
        (right / predicted as f64, right / there as f64)
    };
    (0..confusion.len()).map(shares).collect()
}
