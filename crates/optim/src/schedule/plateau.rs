use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::rule::Info;
use crate::state::{MOST_STEPS, StateDict};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// When to lower the learning rate because a loss no longer falls.
    pub struct PlateauSettings {
        /// What the factor is multiplied with.
        gamma: f64 = 0.1 in 0.0..=1.0,
        /// Losses in a row that are no better, before it is.
        patience: f64 = 10.0 in 0.0..,
        /// By how much a loss must be better than the best to count as better.
        threshold: f64 = 1e-4 in 0.0..,
        /// Whether that is a share of the best, or a difference.
        threshold_mode: ThresholdMode = "rel",
        /// Whether less is better, or more.
        mode: PlateauMode = "min",
        /// Losses after a drop that are not counted.
        cooldown: f64 = 0.0 in 0.0..,
        /// What the factor does not fall below.
        floor: f64 = 0.0 in 0.0..=1.0,
        /// A drop of the factor by no more than this is not made.
        eps: f64 = 1e-8 in 0.0..,
    }
}

choices! {
    /// What the threshold of a plateau is.
    pub enum ThresholdMode {
        /// A share of the size of the best.
        Relative = "rel",
        /// A difference from the best.
        Absolute = "abs",
    }
}

choices! {
    /// Which way is better.
    pub enum PlateauMode {
        /// Less is better, as of a loss.
        Min = "min",
        /// More is better, as of an accuracy.
        Max = "max",
    }
}

impl PlateauSettings {
    /// What a person wants to know about it.
    pub fn info(&self) -> &'static Info {
        &Info {
            name: "plateau",
            title: "a lower rate whenever the loss stops falling",
            family: "schedule with a state",
            problem: "nobody knows beforehand when the steps have become too long for what is left to gain",
            formula: "f = 1 at the start
a loss is better if it is below best − threshold·|best|
best − threshold with threshold_mode=abs; above best + … with mode=max
f ← max(f·γ, floor) after more than patience losses in a row that are not,
if f falls by more than eps; the next cooldown losses are not counted",
            good_when: "training can be as long as it takes, and a loss on held-out data is measured often",
            bad_when: "the losses are noisy beside what they still fall, or the length of training is given",
            relatives: "step lowers the rate at fixed steps; it stands beside any schedule, whose factor it \
                        multiplies",
            source: "PyTorch's ReduceLROnPlateau, whose (1 − threshold)·best is the same where losses are \
                     positive; there eps is of the rate, here of the factor",
        }
    }
}

/// The factor of a learning rate that drops when a loss no longer falls. The one schedule that is
/// no function of the step: it has a state, which can be taken out and put back.
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
    state: PlateauState,
}

/// What a [`Plateau`] remembers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlateauState {
    /// The factor.
    pub factor: f64,
    /// The best loss so far; before the first, the worst number there is.
    pub best: f64,
    /// Losses in a row that were no better.
    pub no_better: u64,
    /// Losses that are still not counted after the last drop.
    pub not_counted: u64,
}

impl Plateau {
    /// Starts with a factor of 1.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn new(settings: PlateauSettings) -> Result<Plateau, Error> {
        let best = match settings.mode {
            PlateauMode::Min => f64::MAX,
            PlateauMode::Max => f64::MIN,
        };
        let state = PlateauState { factor: 1.0, best, no_better: 0, not_counted: 0 };
        Plateau::resumed(settings, state)
    }

    /// Goes on where `state` was taken.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn resumed(settings: PlateauSettings, state: PlateauState) -> Result<Plateau, Error> {
        (&settings as &dyn Hyperparameters).validate("plateau")?;
        Ok(Plateau { settings, state })
    }

    /// The factor after another loss; one that is not a number is no better.
    pub fn observe(&mut self, loss: f64) -> f64 {
        let PlateauSettings { gamma, patience, threshold, threshold_mode, mode, cooldown, floor, eps } =
            self.settings;
        let PlateauState { factor, best, no_better, not_counted } = &mut self.state;
        let margin = match threshold_mode {
            ThresholdMode::Relative => threshold * best.abs(),
            ThresholdMode::Absolute => threshold,
        };
        let is_better = match mode {
            PlateauMode::Min => loss < *best - margin,
            PlateauMode::Max => loss > *best + margin,
        };
        if is_better {
            (*best, *no_better) = (loss, 0);
        } else {
            *no_better += 1;
        }
        if *not_counted > 0 {
            (*not_counted, *no_better) = (*not_counted - 1, 0);
        }
        if *no_better as f64 > patience {
            let lower = (*factor * gamma).max(floor);
            if *factor - lower > eps {
                *factor = lower;
            }
            (*not_counted, *no_better) = (cooldown as u64, 0);
        }
        *factor
    }

    /// A copy of what it remembers.
    pub fn state(&self) -> PlateauState {
        self.state
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        let PlateauState { factor, best, no_better, not_counted } = self.state;
        let numbers = [factor, best, no_better as f64, not_counted as f64];
        NAMES.iter().zip(numbers).for_each(|(name, x)| to.add("plateau", name, x));
    }

    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        let [.., no_better, not_counted] = NAMES;
        from.check_count("plateau", no_better, MOST_STEPS)?;
        from.check_count("plateau", not_counted, MOST_STEPS)
    }

    pub(crate) fn load(&mut self, from: &StateDict) {
        let [factor, best, no_better, not_counted] = NAMES.map(|name| from.number("plateau", name));
        let [no_better, not_counted] = [no_better, not_counted].map(|count| count as u64);
        self.state = PlateauState { factor, best, no_better, not_counted };
    }
}

/// What a state dict calls the parts of a state.
const NAMES: [&str; 4] = ["factor", "best", "no_better", "not_counted"];
