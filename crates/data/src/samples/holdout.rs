//! Seeded holdout splits, stratified by class.

use std::fmt;
use std::str::FromStr;

use tensor::random::Stream;

use super::{Samples, SamplesFault, Targets};
use crate::text::grouped;

/// Part to hold out: a count of examples, or a fraction of them.
///
/// ```
/// use data::samples::Holdout;
/// assert_eq!("5000".parse(), Ok(Holdout::Count(5000)));
/// assert_eq!("10%".parse(), Ok(Holdout::Fraction(0.1)));
/// assert_eq!("0.25".parse::<Holdout>()?.to_string(), "25%");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Holdout {
    /// Number of examples.
    Count(usize),
    /// Fraction of the examples, from 0 to 1, rounded to the nearest example.
    Fraction(f64),
}

impl Holdout {
    /// Number of examples held out of `len`.
    pub fn count(self, len: usize) -> Result<usize, SamplesFault> {
        let refused = |expected| Err(SamplesFault::Holdout { expected, found: self });
        match self {
            Holdout::Count(count) if count > len => {
                refused(format!("at most {} examples", grouped(len as u64)))
            }
            Holdout::Count(count) => Ok(count),
            Holdout::Fraction(fraction) if (0.0..=1.0).contains(&fraction) => {
                Ok((fraction * len as f64).round() as usize)
            }
            Holdout::Fraction(_) => refused("a fraction from 0 to 1".into()),
        }
    }
}

impl fmt::Display for Holdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holdout::Count(count) => write!(f, "{count}"),
            Holdout::Fraction(fraction) => write!(f, "{}%", 100.0 * fraction),
        }
    }
}

impl FromStr for Holdout {
    type Err = String;

    fn from_str(text: &str) -> Result<Holdout, String> {
        let expected = || format!("expected a count such as 5000 or a part such as 10%, found {text:?}");
        let fraction = |number: &str, scale: f64| {
            let value = number.trim().parse::<f64>().map_err(|_| expected())? / scale;
            if (0.0..=1.0).contains(&value) { Ok(Holdout::Fraction(value)) } else { Err(expected()) }
        };
        match text.strip_suffix('%') {
            Some(percent) => fraction(percent, 100.0),
            None if text.contains('.') => fraction(text, 1.0),
            None => text.trim().parse().map(Holdout::Count).map_err(|_| expected()),
        }
    }
}

impl Samples {
    /// Splits into the remaining and the held-out examples, each in their original order.
    ///
    /// Targets that are classes are stratified (the largest remainders are rounded up). The choice is a function of
    /// the labels, the amount and the seed.
    pub fn split(&self, holdout: Holdout, seed: u64) -> Result<(Samples, Samples), SamplesFault> {
        let (rest, held_out) = self.split_indices(holdout, seed)?;
        Ok((self.select(&rest), self.select(&held_out)))
    }

    /// Splits off the last examples, such as the end of a text.
    pub fn split_end(&self, holdout: Holdout) -> Result<(Samples, Samples), SamplesFault> {
        let len = self.len();
        let start = (len - holdout.count(len)?) as u32;
        let part = |range: std::ops::Range<u32>| self.select(&range.collect::<Vec<u32>>());
        Ok((part(0..start), part(start..len as u32)))
    }

    /// Indices of both parts of [`Samples::split`], in ascending order.
    ///
    /// # Panics
    /// If there are more than 2³² examples.
    #[track_caller]
    pub fn split_indices(&self, holdout: Holdout, seed: u64) -> Result<(Vec<u32>, Vec<u32>), SamplesFault> {
        let count = holdout.count(self.len())?;
        let mut strata = self.strata();
        let mut stream = Stream::new(seed, "holdout");
        let mut held_out = Vec::with_capacity(count);
        let shares = shares(&strata.iter().map(Vec::len).collect::<Vec<_>>(), count);
        for (members, share) in strata.iter_mut().zip(shares) {
            stream.shuffle(members);
            held_out.extend_from_slice(&members[..share]);
        }
        held_out.sort_unstable();
        let mut taken = vec![false; self.len()];
        held_out.iter().for_each(|&index| taken[index as usize] = true);
        let rest = (0..self.len() as u32).filter(|&index| !taken[index as usize]).collect();
        Ok((rest, held_out))
    }

    /// Indices of each class, or all indices without classes.
    #[track_caller]
    fn strata(&self) -> Vec<Vec<u32>> {
        let len = u32::try_from(self.len()).expect("at most 2³² examples");
        let Targets::Classes { labels, names } = &self.targets else {
            return vec![(0..len).collect()];
        };
        let mut strata = vec![Vec::new(); names.len()];
        for (index, &label) in (0..len).zip(labels) {
            strata[label as usize].push(index);
        }
        strata
    }
}

/// Proportional parts of `wanted` for strata of these sizes, rounded so that their sum is exact.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>().max(1) as u128;
    let exact = |size: usize| size as u128 * wanted as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|&size| (exact(size) / total) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&stratum| std::cmp::Reverse(exact(sizes[stratum]) % total));
    let missing = wanted - shares.iter().sum::<usize>();
    by_remainder[..missing].iter().for_each(|&stratum| shares[stratum] += 1);
    shares
}
