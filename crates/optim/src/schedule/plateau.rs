//! Reduction of the learning rate on a plateau of the loss.

use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::rule::Info;
use crate::state::{MAX_STEPS, StateDict};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Reduction of the learning rate when a loss no longer falls.
    pub struct PlateauSettings {
        /// Factor of each reduction.
        gamma: f64 = 0.1 in 0.0..=1.0,
        /// Number of losses in a row without improvement before a reduction.
        patience: f64 = 10.0 in 0.0..,
        /// Improvement on the best loss that counts.
        threshold: f64 = 1e-4 in 0.0..,
        /// Unit of the threshold: a fraction of the best loss, or a difference.
        threshold_mode: ThresholdMode = "rel",
        /// Direction of improvement.
        mode: PlateauMode = "min",
        /// Number of losses after a reduction that are not counted.
        cooldown: f64 = 0.0 in 0.0..,
        /// Minimum of the factor.
        floor: f64 = 0.0 in 0.0..=1.0,
        /// Minimum reduction of the learning rate.
        eps: f64 = 1e-8 in 0.0..,
    }
}

choices! {
    /// Unit of the threshold of a plateau.
    pub enum ThresholdMode {
        /// Fraction of the size of the best loss.
        Relative = "rel",
        /// Difference from the best loss.
        Absolute = "abs",
    }
}

choices! {
    /// Direction of improvement.
    pub enum PlateauMode {
        /// Smaller is better, as for a loss.
        Min = "min",
        /// Larger is better, as for an accuracy.
        Max = "max",
    }
}

impl PlateauSettings {
    /// Name, formula and advice.
    pub const INFO: Info = {
        Info {
            name: "plateau",
            title: "a lower rate whenever the loss stops falling",
            family: "schedule with a state",
            problem: "nobody knows beforehand when the steps have become too long for what is left to gain",
            formula: "f = 1 at the start
a loss is better if it is below best − threshold·|best|
best − threshold with threshold_mode=abs; above best + … with mode=max
f ← max(f·γ, floor) after more than patience losses in a row that are not,
if η·f falls by more than eps; the next cooldown losses are not counted",
            good_when: "training can be as long as it takes, and a loss on held-out data is measured often",
            bad_when: "the losses are noisy relative to what they still fall, or the length of training is given",
            relatives: "step lowers the rate at fixed steps; it goes with any schedule, whose factor it \
                        multiplies",
            source: "PyTorch's ReduceLROnPlateau, whose (1 − threshold)·best is the same where losses are \
                     positive; its min_lr is of the rate, floor of the factor",
        }
    };
}

/// Factor of the learning rate that is reduced when a loss no longer falls. Unlike a [`Schedule`](crate::Schedule)
/// it has a state, which can be saved and restored.
///
/// ```
/// use optim::{Plateau, PlateauSettings};
///
/// let settings = PlateauSettings { patience: 1.0, ..PlateauSettings::default() };
/// let mut plateau = Plateau::new(settings)?;
/// assert_eq!([0.9, 0.5, 0.6, 0.5].map(|loss| plateau.observe(loss)), [1.0, 1.0, 1.0, 0.1]);
///
/// let mut resumed = Plateau::resumed(settings, plateau.state())?;
/// assert_eq!(resumed.observe(0.7), plateau.observe(0.7));
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    settings: PlateauSettings,
    /// Learning rate at a factor of 1.
    rate: f64,
    state: PlateauState,
}

/// State of a [`Plateau`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlateauState {
    /// Current factor.
    pub factor: f64,
    /// Best loss so far; initially the worst finite number.
    pub best: f64,
    /// Number of losses in a row without improvement.
    pub num_bad: u64,
    /// Number of losses until the cooldown after the last reduction ends.
    pub cooldown_left: u64,
}

impl Plateau {
    /// Initial state: a factor of 1.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn new(settings: PlateauSettings) -> Result<Plateau, Error> {
        let best = match settings.mode {
            PlateauMode::Min => f64::MAX,
            PlateauMode::Max => f64::MIN,
        };
        let state = PlateauState { factor: 1.0, best, num_bad: 0, cooldown_left: 0 };
        Plateau::resumed(settings, state)
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn resumed(settings: PlateauSettings, state: PlateauState) -> Result<Plateau, Error> {
        (&settings as &dyn Hyperparameters).validate(NAME)?;
        Ok(Plateau { settings, rate: 1.0, state })
    }

    /// The same for a learning rate other than 1, of which `eps` is a part.
    #[must_use]
    pub fn with_rate(mut self, rate: f64) -> Plateau {
        self.rate = rate;
        self
    }

    /// Takes the next loss and returns the factor; NaN is no improvement.
    pub fn observe(&mut self, loss: f64) -> f64 {
        let PlateauSettings { gamma, patience, threshold, threshold_mode, mode, cooldown, floor, eps } =
            self.settings;
        let rate = self.rate;
        let PlateauState { factor, best, num_bad, cooldown_left } = &mut self.state;
        let margin = match threshold_mode {
            ThresholdMode::Relative => threshold * best.abs(),
            ThresholdMode::Absolute => threshold,
        };
        let is_better = match mode {
            PlateauMode::Min => loss < *best - margin,
            PlateauMode::Max => loss > *best + margin,
        };
        if is_better {
            (*best, *num_bad) = (loss, 0);
        } else {
            *num_bad += 1;
        }
        if *cooldown_left > 0 {
            (*cooldown_left, *num_bad) = (*cooldown_left - 1, 0);
        }
        if *num_bad as f64 > patience {
            let lower = (*factor * gamma).max(floor);
            if rate * (*factor - lower) > eps {
                *factor = lower;
            }
            (*cooldown_left, *num_bad) = (cooldown as u64, 0);
        }
        *factor
    }

    /// Copy of the state.
    pub fn state(&self) -> PlateauState {
        self.state
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        let PlateauState { factor, best, num_bad, cooldown_left } = self.state;
        let numbers = [factor, best, num_bad as f64, cooldown_left as f64];
        KEYS.iter().zip(numbers).for_each(|(name, x)| to.add(NAME, name, x));
    }

    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        let [.., num_bad, cooldown_left] = KEYS;
        from.check_count(NAME, num_bad, MAX_STEPS)?;
        from.check_count(NAME, cooldown_left, MAX_STEPS)
    }

    pub(crate) fn load(&mut self, from: &StateDict) {
        let [factor, best, num_bad, cooldown_left] = KEYS.map(|name| from.number(NAME, name));
        let [num_bad, cooldown_left] = [num_bad, cooldown_left].map(|count| count as u64);
        self.state = PlateauState { factor, best, num_bad, cooldown_left };
    }
}

/// Keys of the state in a state dict.
const KEYS: [&str; 4] = ["factor", "best", "no_better", "not_counted"];

/// Prefix of those keys, and the owner in error messages.
const NAME: &str = PlateauSettings::INFO.name;
