//! Effects as probabilities: how often one beats the other.

use serde::Serialize;

use super::distribution::{normal, root};
use super::interval::Interval;
use super::proportion::wilson;

/// P(A > B) + ½ P(A = B) with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Superiority {
    /// The estimate, 0 to 1.
    pub probability: f64,
    /// Its interval; "better" needs it above ½.
    pub interval: Interval,
    /// Pairs in which the first is greater.
    pub wins: usize,
    /// Pairs that are equal.
    pub ties: usize,
    /// Pairs in which the second is greater.
    pub losses: usize,
}

impl Superiority {
    fn new(
        [wins, ties, losses]: [usize; 3],
        interval: impl FnOnce(f64, f64) -> Option<Interval>,
    ) -> Option<Superiority> {
        let pairs = (wins + ties + losses) as f64;
        let won = wins as f64 + 0.5 * ties as f64;
        let interval = (pairs > 0.0).then(|| interval(won, pairs))??;
        Some(Superiority { probability: won / pairs, interval, wins, ties, losses })
    }
}

/// Vargha & Delaney's A (2000): P(A > B) + ½ P(A = B) over all pairs of a value of each; ½ is no effect,
/// .56, .64, .71 are called small, medium, large. NaN for an empty group.
///
/// ```
/// assert_eq!(lab::stats::vargha_delaney(&[3.0, 4.0], &[1.0, 3.0]), 0.875);
/// ```
pub fn vargha_delaney(a: &[f64], b: &[f64]) -> f64 {
    let [wins, ties, losses] = pairs(a, b);
    (wins as f64 + 0.5 * ties as f64) / (wins + ties + losses) as f64
}

/// [`vargha_delaney`] of two independent groups with Newcombe's interval (2006, method 5): the θ with
/// |A − θ| = z σ(θ), where σ² = θ(1 − θ)(1 + N((1 − θ)/(2 − θ) + θ/(1 + θ)))/(mn) and N = (m + n)/2 − 1.
/// It keeps a width where the groups do not overlap. `None` for an empty group.
pub fn superiority(a: &[f64], b: &[f64], confidence: f64) -> Option<Superiority> {
    /// Next to the estimate, which is itself a root where it is 0 or 1.
    const NEAR: f64 = 1e-12;
    let z = normal::quantile(0.5 + 0.5 * confidence);
    let spread = 0.5 * (a.len() + b.len()) as f64 - 1.0;
    let interval = |won: f64, pairs: f64| {
        let estimate = won / pairs;
        let sigma = |x: f64| {
            (x * (1.0 - x) * (1.0 + spread * ((1.0 - x) / (2.0 - x) + x / (1.0 + x))) / pairs).sqrt()
        };
        let low =
            if estimate > 0.0 { root(|x| estimate - x - z * sigma(x), 0.0, estimate - NEAR) } else { 0.0 };
        let high =
            if estimate < 1.0 { root(|x| x - estimate - z * sigma(x), estimate + NEAR, 1.0) } else { 1.0 };
        Some(Interval::new(low, high))
    };
    Superiority::new(pairs(a, b), interval)
}

/// P(A > B) of paired runs (Bouthillier et al. 2021): the share of seeds on which the difference is
/// positive, ties counted half, with Wilson's interval. Ten wins of ten give .72 to 1, nine .6 to .98.
/// `None` for no differences.
pub fn paired_superiority(differences: &[f64], confidence: f64) -> Option<Superiority> {
    let mut counts = [0; 3];
    differences.iter().for_each(|&d| counts[outcome(d, 0.0)] += 1);
    Superiority::new(counts, |won, pairs| wilson(won, pairs, confidence))
}

/// Wins, ties and losses over all pairs of a value of each group.
fn pairs(a: &[f64], b: &[f64]) -> [usize; 3] {
    let mut counts = [0; 3];
    for &x in a {
        b.iter().for_each(|&y| counts[outcome(x, y)] += 1);
    }
    counts
}

fn outcome(x: f64, y: f64) -> usize {
    if x > y {
        0
    } else if x == y {
        1
    } else {
        2
    }
}
