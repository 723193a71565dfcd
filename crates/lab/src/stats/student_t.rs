//! Student's t: intervals and tests of means, of paired differences, and of two groups (Welch).

use super::distribution::student;
use super::interval::Interval;
use super::summary::{mean, std, variance};

/// A t-test with the interval that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The estimated difference.
    pub difference: f64,
    /// Its interval at the confidence asked for; without 0 just where `p` is below 1 − confidence.
    pub interval: Interval,
    /// The difference over its standard error.
    pub t: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value for the difference being 0.
    pub p: f64,
}

/// Student's paired t-test of differences for a mean of 0: t = d̄ √n / s with n − 1 degrees of freedom
/// (Student 1908). `None` for fewer than two.
///
/// ```
/// let test = lab::stats::paired_t(&[0.1, 0.3, -0.05, 0.2, 0.15], 0.95).unwrap();
/// assert!((test.p - 0.07285505961025568).abs() < 1e-12 && test.interval.contains(0.0));
/// ```
pub fn paired_t(differences: &[f64], confidence: f64) -> Option<TTest> {
    let n = differences.len() as f64;
    (n >= 2.0).then(|| t_test(mean(differences), std(differences) / n.sqrt(), n - 1.0, confidence))
}

/// Welch's t-test of the means of two groups with variances of any size: the standard error is
/// √(s²ₐ/nₐ + s²_b/n_b), its degrees of freedom Satterthwaite's (Welch 1947). `None` if a group has
/// fewer than two values.
pub fn welch_t(a: &[f64], b: &[f64], confidence: f64) -> Option<TTest> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let (va, vb) = (variance(a) / a.len() as f64, variance(b) / b.len() as f64);
    let df = (va + vb).powi(2) / (va * va / (a.len() - 1) as f64 + vb * vb / (b.len() - 1) as f64);
    // Two groups without any variation: all that can be said is the difference.
    let df = if va + vb == 0.0 { (a.len() + b.len() - 2) as f64 } else { df };
    Some(t_test(mean(a) - mean(b), (va + vb).sqrt(), df, confidence))
}

/// The interval of the mean, x̄ ± t s/√n; `None` for fewer than two values.
pub fn mean_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    paired_t(values, confidence).map(|test| test.interval)
}

/// Half the width of the 95% confidence interval of the mean, by Student's t; `None` for fewer
/// than two values.
pub fn interval95(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    (values.len() >= 2).then(|| student::quantile(0.975, n - 1.0) * std(values) / n.sqrt())
}

/// The two-sided p-value of Student's paired t-test for the mean of these differences being 0.
/// `None` for fewer than two; if all differences are equal, 1 for zeros and else 0.
pub fn paired_t_test(differences: &[f64]) -> Option<f64> {
    paired_t(differences, 0.95).map(|test| test.p)
}

/// The test of an estimate with this standard error.
pub(crate) fn t_test(difference: f64, error: f64, df: f64, confidence: f64) -> TTest {
    let half = student::critical(1.0 - confidence, df) * error;
    let t = if difference == 0.0 { 0.0 } else { difference / error };
    TTest { difference, interval: Interval::around(difference, half), t, df, p: student::two_sided(t, df) }
}
