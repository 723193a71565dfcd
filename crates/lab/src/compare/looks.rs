//! Looks of a comparison that adds seeds until the intervals of its pairs are narrow.

use serde::{Deserialize, Serialize};

use super::Pair;
use crate::stats::{alpha_of_look, seeds_for_half_width};

/// The level of all tests of a comparison together.
pub(super) const ALPHA: f64 = 0.05;

/// Looks at a comparison so far. Each spends a part of the 5% ([`alpha_of_look`]), so that the chance that any interval of
/// any look errs stays within it, whenever one stops.
///
/// ```
/// use lab::compare::Looks;
/// let first = Looks::first(0.005, 100, 5);
/// assert_eq!((first.number(), first.seeds.as_slice()), (1, [5].as_slice()));
/// assert_eq!((first.level(), first.factor()), (0.025, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looks {
    /// Half of the width that every pair's interval is to have at most, in the metric's unit; of accuracy as a fraction.
    pub half_width: f64,
    /// Maximum number of seeds.
    pub most_seeds: usize,
    /// Number of seeds at each look, the last one included.
    pub seeds: Vec<usize>,
}

impl Looks {
    /// The first look, at `seeds` seeds.
    pub fn first(half_width: f64, most_seeds: usize, seeds: usize) -> Looks {
        Looks { half_width, most_seeds, seeds: vec![seeds] }
    }

    /// Number of the last look, from 1.
    pub fn number(&self) -> u32 {
        self.seeds.len() as u32
    }

    /// Number of seeds at the last look.
    pub fn count(&self) -> u64 {
        self.seeds.last().map_or(0, |&seeds| seeds as u64)
    }

    /// The part of the 5% that the last look spends, on all pairs together.
    pub fn level(&self) -> f64 {
        alpha_of_look(ALPHA, self.number())
    }

    /// The factor of p-values at the last look, next to that of the number of pairs: 0.05 over the level.
    pub fn factor(&self) -> u32 {
        self.number() * (self.number() + 1)
    }

    /// True if a pair's interval is wider than asked for, or missing.
    pub fn is_wide(&self, pair: &Pair) -> bool {
        // Not a number is not narrow either.
        half_width(pair).is_none_or(|half| half.is_nan() || half > self.half_width)
    }

    /// The looks with a next one, at more seeds: `None` if the intervals of all `pairs` are narrow enough, or without
    /// more seeds. It depends on nothing else, so a comparison that goes on takes the same looks.
    pub fn next<'p>(&self, pairs: impl IntoIterator<Item = &'p Pair>) -> Option<Looks> {
        let seeds = *self.seeds.last()?;
        let wide = pairs.into_iter().filter(|pair| self.is_wide(pair));
        let widest = wide.map(|pair| half_width(pair).unwrap_or(f64::INFINITY)).reduce(f64::max)?;
        let next = seeds_for_half_width(seeds, widest, self.half_width).min(self.most_seeds);
        (next > seeds).then(|| Looks { seeds: [&*self.seeds, &[next]].concat(), ..self.clone() })
    }
}

/// Half of the width of a pair's interval; `None` without one.
pub fn half_width(pair: &Pair) -> Option<f64> {
    Some(0.5 * (pair.difference.high? - pair.difference.low?))
}
