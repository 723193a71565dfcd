//! Looking again: intervals that hold however often one looks and whenever one stops.
//!
//! Two kinds, both exact for normal differences of unknown spread, and for any reason to stop: a width
//! (`--until-ci`), a p-value, or patience.
//!
//! - [`repeated_t`] spends α over counted looks, for seeds that are added in batches. The first look at
//!   ten seeds is 19% wider than a plain interval.
//! - [`anytime_t`] is a confidence sequence, for a look after every seed: 70% wider at ten seeds, but
//!   however many looks there have been.

use super::distribution::student;
use super::interval::Interval;
use super::multiple::{Contrast, Correction, PairedTest, simultaneous};
use super::student_t::{TTest, paired_t, t_test};
use super::summary::{mean, std};

/// The part of α that the k-th look may spend, α/(k(k + 1)), k from 1: over any number of looks these add
/// up to at most α, so the chance that any of them errs is at most α, however they depend on each other
/// (spending: Lan & DeMets 1983; by Bonferroni's inequality, so that the number and the times of later
/// looks need not be known).
///
/// ```
/// let spent: f64 = (1..1000).map(|look| lab::stats::alpha_of_look(0.05, look)).sum();
/// assert!((0.0499..0.05).contains(&spent));
/// ```
pub fn alpha_of_look(alpha: f64, look: u32) -> f64 {
    let k = f64::from(look.max(1));
    alpha / (k * (k + 1.0))
}

/// Student's paired t at the k-th look, k from 1: its interval is at 1 − [`alpha_of_look`] (a repeated
/// confidence interval, Jennison & Turnbull 1989) and its `p` is corrected likewise, so that it is
/// compared with α. `None` for fewer than two differences.
///
/// ```
/// use lab::stats::{paired_t, repeated_t};
/// let differences = [0.3, 0.1, 0.2, 0.25, 0.05];
/// let (first, plain) = (repeated_t(&differences, 1, 0.95).unwrap(), paired_t(&differences, 0.95).unwrap());
/// assert_eq!(first.p, 2.0 * plain.p);
/// assert!(first.interval.half_width() > plain.interval.half_width());
/// ```
pub fn repeated_t(differences: &[f64], look: u32, confidence: f64) -> Option<TTest> {
    let share = alpha_of_look(1.0, look);
    let test = paired_t(differences, 1.0 - share * (1.0 - confidence))?;
    Some(TTest { p: (test.p / share).min(1.0), ..test })
}

/// A family at the k-th look, k from 1: [`simultaneous`] at 1 − [`alpha_of_look`], with p-values that are
/// corrected for the looks too. Over all looks and pairs the errors add up to at most α, whatever of the
/// results decides about going on.
///
/// ```
/// use lab::stats::{Correction, PairedTest, simultaneous_at_look};
/// let differences: [&[f64]; 2] = [&[0.9, 1.1, 1.0, 1.2, 0.8], &[0.1, -0.1, 0.2, 0.0, -0.1]];
/// let at = |look| simultaneous_at_look(&differences, PairedTest::StudentT, Correction::Bonferroni, look, 0.95);
/// let (first, second) = (at(1)[0], at(2)[0]);
/// assert!((second.adjusted_p / first.adjusted_p - 3.0).abs() < 1e-12);
/// assert!(second.interval.half_width() > first.interval.half_width());
/// ```
pub fn simultaneous_at_look(
    family: &[&[f64]],
    test: PairedTest,
    correction: Correction,
    look: u32,
    confidence: f64,
) -> Vec<Contrast> {
    let share = alpha_of_look(1.0, look);
    // A p-value that is not a number stays so.
    let corrected = |p: f64| if p > share { 1.0 } else { p / share };
    let contrasts = simultaneous(family, test, correction, 1.0 - share * (1.0 - confidence));
    let at_look = |contrast: Contrast| Contrast {
        p: corrected(contrast.p),
        adjusted_p: corrected(contrast.adjusted_p),
        ..contrast
    };
    contrasts.into_iter().map(at_look).collect()
}

/// Student's t of paired differences as a confidence sequence: with probability `confidence` the
/// intervals after 2, 3, 4, … seeds all hold, and `p` falls below α at any time with probability at most α
/// if the true mean is 0. `None` for fewer than two differences.
///
/// The evidence against a mean is the ratio of the likelihoods of t with an effect of δ ~ N(0, 1) standard
/// deviations and without, √(1/r) ((1 + t²/ν)/(1 + t²/(νr)))^(n/2) with ν = n − 1, r = 1 + n. Under that
/// mean it is a martingale of the scale-free statistics, so it ever exceeds 1/α with probability at most α
/// (Ville 1939; Lai 1976; Wang & Ramdas 2024, *Anytime-valid t-tests and confidence sequences for Gaussian
/// means with unknown variance*).
pub fn anytime_t(differences: &[f64], confidence: f64) -> Option<TTest> {
    let n = differences.len() as f64;
    if n < 2.0 {
        return None;
    }
    let (df, r, error) = (n - 1.0, n + 1.0, std(differences) / n.sqrt());
    let test = t_test(mean(differences), error, df, confidence);
    let square = test.t * test.t / df;
    let gain = if square.is_finite() { (1.0 + square) / (1.0 + square / r) } else { r };
    let evidence = (0.5 * n * gain.ln() - 0.5 * r.ln()).exp();
    // The t² at which the evidence is 1/α; with few seeds no t suffices.
    let needed = (r / (1.0 - confidence).powi(2)).powf(1.0 / n);
    let critical = if needed < r { (df * (needed - 1.0) / (1.0 - needed / r)).sqrt() } else { f64::INFINITY };
    let interval = if critical.is_finite() {
        Interval::around(test.difference, critical * error)
    } else {
        Interval::ALL
    };
    Some(TTest { interval, p: (1.0 / evidence).min(1.0), ..test })
}

/// One look of a study that adds seeds until an interval is narrow enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Its number, from 1.
    pub number: u32,
    /// Seeds that it saw.
    pub seeds: usize,
    /// The corrected test at this look.
    pub test: TTest,
    /// True if half of the interval's width is at most the width asked for.
    pub narrow_enough: bool,
}

/// The k-th look of `--until-ci half_width`: [`repeated_t`], and if it is narrow enough to stop.
pub fn look(differences: &[f64], number: u32, half_width: f64, confidence: f64) -> Option<Look> {
    let test = repeated_t(differences, number, confidence)?;
    let narrow_enough = test.interval.half_width() <= half_width;
    Some(Look { number, seeds: differences.len(), test, narrow_enough })
}

/// Seeds to have at the next look: half as many again, since every look costs a part of α; and at least as
/// many as the present spread would need if the last look's width was w times too wide, w².
pub fn seeds_of_next_look(last: &Look, half_width: f64) -> usize {
    seeds_for_half_width(last.seeds, last.test.interval.half_width(), half_width)
}

/// The same after a look at `seeds` seeds whose widest interval reaches `reached` to either side.
pub(crate) fn seeds_for_half_width(seeds: usize, reached: f64, half_width: f64) -> usize {
    let wide = (reached / half_width).powi(2);
    let needed = if wide.is_finite() { (seeds as f64 * wide).ceil() as usize } else { 0 };
    let step = seeds + seeds.div_ceil(2);
    step.max(needed.min(4 * seeds))
}

/// The two-sided critical t of the k-th look at n seeds, to print how much a look costs.
pub fn critical_t_of_look(n: usize, look: u32, confidence: f64) -> f64 {
    student::critical(alpha_of_look(1.0 - confidence, look), n as f64 - 1.0)
}
