//! Trials: grid, random, and scrambled Sobol points.

use std::fmt;

use tensor::random::Stream;

use super::domain::{Domain, Value};
use super::space::Space;

/// The settings of one trial, in the order of its space; its text is that of a recipe, `lr=0.01 beta1=0.9`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Each hyperparameter with its value.
    pub settings: Vec<(String, Value)>,
}

impl Point {
    /// The value of a hyperparameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.settings.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.settings.iter().enumerate() {
            write!(f, "{}{name}={value}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Ways to choose the trials of a study. Trial i is a function of (space, study seed, i) alone, so the first
/// B trials of a study are those of the same study with a smaller budget, and order, parallel runs and
/// resuming change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sampler {
    /// Every combination of this many values of each hyperparameter, end to end; the last varies fastest.
    Grid {
        /// Values of each interval; a choice has all of its words.
        levels: usize,
    },
    /// Independent points.
    Random,
    /// A Sobol sequence, Owen-scrambled (Burley 2020, *Practical hash-based Owen scrambling*): the first 2ᵏ
    /// points fill the space evenly for every k. Up to 65,536 trials of 256 hyperparameters.
    Sobol,
}

impl Sampler {
    /// Trial `index` of the study with this seed.
    ///
    /// # Panics
    /// If `index` is beyond the grid, or beyond what [`Sampler::Sobol`] has.
    #[track_caller]
    pub fn trial(self, space: &Space, seed: u64, index: u32) -> Point {
        let settings = match self {
            Sampler::Grid { levels } => {
                assert!(
                    self.trials(space).is_some_and(|all| (index as usize) < all),
                    "the grid has no trial {index}"
                );
                let mut rest = index as usize;
                let mut pick = |domain: &Domain| {
                    let mut values = domain.levels(levels);
                    let place = rest % values.len();
                    rest /= values.len();
                    values.swap_remove(place)
                };
                let mut values: Vec<Value> = space.dimensions.iter().rev().map(|d| pick(&d.domain)).collect();
                values.reverse();
                values
            }
            Sampler::Random => {
                let mut stream = Stream::new(seed, &format!("random trial {index}"));
                space.dimensions.iter().map(|d| d.domain.at(f64::from(stream.uniform()))).collect()
            }
            Sampler::Sobol => {
                let scramble = Stream::new(seed, "Sobol trials").next_u32();
                let at = |place: usize| f64::from(sobol_burley::sample(index, place as u32, scramble));
                space.dimensions.iter().enumerate().map(|(place, d)| d.domain.at(at(place))).collect()
            }
        };
        let names = space.dimensions.iter().map(|dimension| dimension.name.clone());
        Point { settings: names.zip(settings).collect() }
    }

    /// The number of trials; `None` if they never end.
    pub fn trials(self, space: &Space) -> Option<usize> {
        match self {
            Sampler::Grid { levels } => {
                Some(space.dimensions.iter().map(|d| d.domain.levels(levels).len()).product())
            }
            Sampler::Random => None,
            Sampler::Sobol => Some(1 << 16),
        }
    }
}
