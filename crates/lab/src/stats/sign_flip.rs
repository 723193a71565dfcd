//! The sign-flip test of paired differences, exact, and the interval that belongs to it.

use tensor::random::Stream;

use super::interval::Interval;
use super::summary::mean;

/// Up to this many differences every choice of signs is looked at.
pub const EXACT_UP_TO: usize = 16;
/// Choices of signs that are drawn beyond that.
pub const DRAWS: usize = 99_999;

/// A sign-flip test with the interval that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlip {
    /// The mean difference.
    pub difference: f64,
    /// The shifts of all differences that the test does not refuse: without 0 just where `p` is at most
    /// 1 − confidence, and unbounded where n is too small for any p that low.
    pub interval: Interval,
    /// Two-sided p-value.
    pub p: f64,
    /// Standard error of `p` from drawing signs; 0 where it is exact.
    pub p_error: f64,
}

/// The two-sided sign-flip (Fisher's randomization) test: the share of the 2ⁿ choices of signs that
/// give a sum at least as far from 0 as the one seen. It is exact for differences that are symmetric
/// around 0, whatever their distribution. Above 16 differences [`DRAWS`] random choices represent all,
/// with the observed one among them, so that p is never 0 (Phipson & Smyth 2010). `None` for no
/// differences.
///
/// The interval inverts the test. Flipping the subset S leaves the sum as far from δ's as it was just
/// where the mean of S is at most δ, so its ends are order statistics of the means of subsets
/// (Hartigan 1969, *Using subsample values as typical values*).
///
/// ```
/// let test = lab::stats::sign_flip(&[0.1, 0.3, 0.2, 0.2, 0.15], 0.95, 0).unwrap();
/// assert_eq!(test.p, 2.0 / 32.0);
/// assert_eq!(test.interval, lab::stats::Interval::ALL, "five seeds can never show p ≤ .05");
/// ```
pub fn sign_flip(differences: &[f64], confidence: f64, seed: u64) -> Option<SignFlip> {
    if differences.is_empty() {
        return None;
    }
    let exact = differences.len() <= EXACT_UP_TO;
    let means = if exact { all_subsets(differences) } else { drawn_subsets(differences, seed) };
    // The two choices that flip nothing or everything; of the drawn, the one that was seen.
    let (own, choices) =
        if exact { (2.0, (differences.len() as f64).exp2()) } else { (1.0, DRAWS as f64 + 1.0) };
    // A subset below δ counts with its complement, and where subsets are drawn both are in the list.
    let each = if exact { 2.0 } else { 1.0 };

    let total: f64 = differences.iter().sum();
    let beyond = if total >= 0.0 {
        means.iter().filter(|&&mean| mean <= 0.0).count()
    } else {
        means.iter().filter(|&&mean| mean >= 0.0).count()
    };
    let p = ((own + each * beyond as f64) / choices).min(1.0);
    let p_error = if exact { 0.0 } else { (p * (1.0 - p) / choices).sqrt() };
    let interval = inverted(means, |below| (own + each * below as f64) / choices <= 1.0 - confidence);
    Some(SignFlip { difference: mean(differences), interval, p, p_error })
}

/// The interval from the first subset mean that is not refused as a shift to the last.
fn inverted(mut means: Vec<f64>, refused: impl Fn(usize) -> bool) -> Interval {
    let half = means.len() / 2;
    let Some(low) = (0..half).find(|&below| !refused(below)).unwrap_or(half).checked_sub(1) else {
        return Interval::ALL;
    };
    let high = means.len() - 1 - low;
    let low = *means.select_nth_unstable_by(low, f64::total_cmp).1;
    let high = *means.select_nth_unstable_by(high, f64::total_cmp).1;
    Interval { low, high }
}

/// The mean of every subset that is not empty.
fn all_subsets(values: &[f64]) -> Vec<f64> {
    let zero = rounding(values);
    // The sum of a subset from that without its highest member.
    let mut sums = vec![0.0];
    for value in values {
        for i in 0..sums.len() {
            sums.push(sums[i] + value);
        }
    }
    let mean = |(bits, sum): (usize, f64)| subset_mean(sum, bits.count_ones(), zero);
    sums.into_iter().enumerate().skip(1).map(mean).collect()
}

/// The means of [`DRAWS`] random subsets and of their complements; that of an empty one is the whole's.
fn drawn_subsets(values: &[f64], seed: u64) -> Vec<f64> {
    let zero = rounding(values);
    let (n, total) = (values.len() as u32, values.iter().sum::<f64>());
    let mut stream = Stream::new(seed, "sign flips");
    let mut means = Vec::with_capacity(2 * DRAWS);
    for _ in 0..DRAWS {
        let (mut sum, mut members) = (0.0, 0);
        for group in values.chunks(32) {
            let bits = stream.next_u32();
            for (i, value) in group.iter().enumerate() {
                let member = bits >> i & 1;
                sum += f64::from(member) * value;
                members += member;
            }
        }
        // Flipping none or all leaves the sum's size: at every shift as far as the one that was seen.
        if members == 0 || members == n {
            means.extend([f64::NEG_INFINITY, f64::INFINITY]);
        } else {
            means.push(subset_mean(sum, members, zero));
            means.push(subset_mean(total - sum, n - members, zero));
        }
    }
    means
}

/// Sums closer to 0 than this are 0 but for rounding.
fn rounding(values: &[f64]) -> f64 {
    1e-13 * values.iter().map(|x| x.abs()).sum::<f64>()
}

fn subset_mean(sum: f64, members: u32, zero: f64) -> f64 {
    if sum.abs() <= zero { 0.0 } else { sum / f64::from(members) }
}
