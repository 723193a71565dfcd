//! Several comparisons at once: corrected p-values and simultaneous intervals that agree with them.

use super::interval::Interval;
use super::sign_flip::sign_flip;
use super::student_t::paired_t;

/// Bonferroni's correction: each p-value times their number.
///
/// ```
/// assert_eq!(lab::stats::bonferroni(&[0.03, 0.01, 0.5]), [0.09, 0.03, 1.0]);
/// ```
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p_values.len() as f64 * p).min(1.0)).collect()
}

/// Holm's correction for testing several hypotheses (Holm 1979): the p-values in the order given,
/// each adjusted so that comparing it with α bounds the chance of any false positive by α.
///
/// ```
/// assert_eq!(lab::stats::holm(&[0.03, 0.01, 0.04]), [0.06, 0.03, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut greatest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        greatest = greatest.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        adjusted[index] = greatest;
    }
    adjusted
}

/// Corrections of the p-values of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Correction {
    /// [`bonferroni`]: told apart just where the interval is without 0.
    Bonferroni,
    /// [`holm`]: tells apart wherever Bonferroni does, and sometimes more.
    Holm,
}

/// The test of one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PairedTest {
    /// Student's t, for differences that are about normal.
    StudentT,
    /// The sign-flip test, for differences that are symmetric; `seed` is of its draws above 16.
    SignFlip {
        /// Seed of the choices of signs.
        seed: u64,
    },
}

/// One comparison of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The mean paired difference.
    pub difference: f64,
    /// Its interval; all intervals of the family hold together at the confidence asked for.
    pub interval: Interval,
    /// Two-sided p-value of this pair alone.
    pub p: f64,
    /// The p-value corrected for the family.
    pub adjusted_p: f64,
    /// True if the corrected p-value is at most 1 − confidence.
    pub told_apart: bool,
}

/// A family of paired comparisons, one slice of differences each; a pair of fewer than two differences
/// is told apart by nothing, has no interval, and does not count for the others.
///
/// The intervals are Bonferroni's, each at 1 − α/m, for either correction, and of the same test as the
/// p-values. An interval without 0 has m·p ≤ α, and Holm's p-value is never above that: so an interval
/// without 0 and "not told apart" never meet. Under [`Correction::Holm`] the reverse can happen, a pair
/// that is told apart while its interval reaches 0: its sign is known then, its size is not. Intervals
/// that follow Holm's steps and still hold together would be unbounded there (Strassburger & Bretz 2008).
///
/// ```
/// use lab::stats::{Correction, PairedTest, simultaneous};
/// let (a, b) = ([0.9, 1.1, 1.0, 1.2, 0.8], [0.1, -0.1, 0.2, 0.0, -0.1]);
/// let family = simultaneous(&[&a, &b], PairedTest::StudentT, Correction::Holm, 0.95);
/// assert!(family[0].told_apart && family[0].interval.excludes(0.0));
/// assert!(!family[1].told_apart && family[1].interval.contains(0.0));
/// ```
pub fn simultaneous(
    family: &[&[f64]],
    test: PairedTest,
    correction: Correction,
    confidence: f64,
) -> Vec<Contrast> {
    let alpha = 1.0 - confidence;
    let members = family.iter().filter(|differences| differences.len() >= 2).count();
    let level = 1.0 - alpha / members.max(1) as f64;
    let single = |differences: &&[f64]| match test {
        _ if differences.len() < 2 => None,
        PairedTest::StudentT => paired_t(differences, level).map(|t| (t.difference, t.interval, t.p)),
        PairedTest::SignFlip { seed } => {
            sign_flip(differences, level, seed).map(|flip| (flip.difference, flip.interval, flip.p))
        }
    };
    let tested: Vec<_> = family.iter().map(single).collect();
    let p_values: Vec<f64> = tested.iter().flatten().map(|&(_, _, p)| p).collect();
    let mut adjusted = match correction {
        Correction::Bonferroni => bonferroni(&p_values),
        Correction::Holm => holm(&p_values),
    }
    .into_iter();
    let contrast = |(result, differences): (Option<(f64, Interval, f64)>, &&[f64])| match result {
        Some((difference, interval, p)) => {
            let adjusted_p = adjusted.next().expect("one for each that was tested");
            Contrast { difference, interval, p, adjusted_p, told_apart: adjusted_p <= alpha }
        }
        None => {
            let difference = differences.first().copied().unwrap_or(f64::NAN);
            Contrast { difference, interval: Interval::ALL, p: 1.0, adjusted_p: 1.0, told_apart: false }
        }
    };
    tested.into_iter().zip(family).map(contrast).collect()
}
