//! The registry: the course of every learning rate, one file each.

pub use crate::schedule::progress;
use crate::schedule::{DynSchedule, LrSchedule};

registry! {
    /// Every schedule with its defaults, in the order in which lists show them.
    "schedule": DynSchedule;
    constant::Constant,
    linear::Linear,
    step::Step,
    multistep::Multistep,
    exponential::Exponential,
    inverse_time::InverseTime,
    rsqrt::Rsqrt,
    noam::Noam,
    polynomial::Polynomial,
    cosine::Cosine,
    cosine_restarts::CosineRestarts,
    one_cycle::{OneCycle, Anneal},
    cyclic::{Cyclic, Mode},
    wsd::{Wsd, Fall},
    rex::Rex,
    tanh::Tanh,
    piecewise::{Piecewise, Between},
}

/// The learning rate as given.
impl Default for LrSchedule {
    fn default() -> LrSchedule {
        LrSchedule::new(Constant::default())
    }
}
