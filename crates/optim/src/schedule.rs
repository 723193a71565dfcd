//! Schedules of learning rates and other hyperparameters.

mod lr_schedule;
mod plateau;
mod warning;

use std::f64::consts::PI;
use std::fmt;

use crate::error::Error;
use crate::hyper::{Hyperparameters, Time, times_of};

pub use lr_schedule::LrSchedule;
pub(crate) use lr_schedule::{Factor, Product};
pub use plateau::{Plateau, PlateauMode, PlateauSettings, PlateauState, ThresholdMode};
pub use warning::Warning;

/// Learning rate schedule: hyperparameters and a pure function of the step and the total.
///
/// A new schedule is a file with a struct declared by [`hyperparameters!`](crate::hyperparameters) and an
/// implementation of this trait, and a line in [`schedules`](crate::schedules). `Box<dyn DynSchedule>` holds
/// any.
///
/// ```
/// use optim::{Schedule, ScheduleInfo, LrSchedule, hyperparameters};
///
/// hyperparameters! {
///     /// Half of the rate in the second half.
///     pub struct Halved {
///         /// What the rate is multiplied with in the second half.
///         gamma: f64 = 0.5 in 0.0..=1.0,
///     }
/// }
///
/// impl Schedule for Halved {
///     const INFO: ScheduleInfo = ScheduleInfo {
///         name: "halved",
///         title: "a lower rate in the second half",
///         problem: "the noise of the batches keeps the weights from settling",
///         formula: "f = 1 for s < T/2, then γ",
///         ends: [1.0, 0.5],
///         good_when: "nothing better is known",
///         bad_when: "the first half is too short to arrive",
///         source: "this page",
///         examples: ["halved", "halved gamma=0.1"],
///     };
///
///     fn factor(&self, s: f64, total: f64) -> f64 {
///         if s < total / 2.0 { 1.0 } else { self.gamma }
///     }
///
///     fn depends_on_total(&self) -> bool {
///         true
///     }
/// }
///
/// let schedule = LrSchedule::new(Halved::default());
/// assert_eq!([schedule.factor(49, 100), schedule.factor(50, 100)], [1.0, 0.5]);
/// ```
pub trait Schedule: Hyperparameters + fmt::Debug + Clone + Send + Sync + 'static {
    /// Name, formula and advice.
    const INFO: ScheduleInfo;

    /// Checks that values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Tells whether factors depend on the total number of steps: through lengths in percent, or because
    /// the schedule ends with the last step.
    fn depends_on_total(&self) -> bool {
        times_of(self).iter().any(Time::is_fraction)
    }

    /// Factor of the learning rate at step `s`, counted from 0, of `total`; both are whole numbers. It is
    /// defined beyond the total, mostly as the last value.
    fn factor(&self, s: f64, total: f64) -> f64;

    /// Position between two values of a hyperparameter at step `s` of `total`, from 0 for the first to 1
    /// for the second. By default it follows the factor: 0 where that starts, 1 where it ends.
    fn interpolation(&self, s: f64, total: f64) -> f64 {
        let [start, end] = [0.0, total].map(|s| self.factor(s, total));
        ((self.factor(s, total) - start) / (end - start)).clamp(0.0, 1.0)
    }
}

/// Object-safe twin of [`Schedule`], which every schedule has.
pub trait DynSchedule: Hyperparameters + fmt::Debug + Send + Sync {
    /// See [`Schedule::INFO`].
    fn info(&self) -> &'static ScheduleInfo;

    /// See [`Schedule::check`].
    fn check(&self) -> Result<(), Error>;

    /// See [`Schedule::depends_on_total`].
    fn depends_on_total(&self) -> bool;

    /// See [`Schedule::factor`].
    fn factor(&self, s: f64, total: f64) -> f64;

    /// See [`Schedule::interpolation`].
    fn interpolation(&self, s: f64, total: f64) -> f64;

    /// A copy.
    fn boxed(&self) -> Box<dyn DynSchedule>;
}

impl<S: Schedule> DynSchedule for S {
    fn info(&self) -> &'static ScheduleInfo {
        const { &S::INFO }
    }

    fn check(&self) -> Result<(), Error> {
        Schedule::check(self)
    }

    fn depends_on_total(&self) -> bool {
        Schedule::depends_on_total(self)
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        Schedule::factor(self, s, total)
    }

    fn interpolation(&self, s: f64, total: f64) -> f64 {
        Schedule::interpolation(self, s, total)
    }

    fn boxed(&self) -> Box<dyn DynSchedule> {
        Box::new(self.clone())
    }
}

settings_by_name!(DynSchedule, shown: "");

/// Description of a schedule, for its page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScheduleInfo {
    /// Name in recipes: `cosine`.
    pub name: &'static str,
    /// Description in one line.
    pub title: &'static str,
    /// Problem that it solves.
    pub problem: &'static str,
    /// Factor f at step s of T, one case a line.
    pub formula: &'static str,
    /// First and last factor of a long run, with the defaults.
    pub ends: [f64; 2],
    /// Circumstances in which it is a good choice.
    pub good_when: &'static str,
    /// Circumstances in which it is not.
    pub bad_when: &'static str,
    /// Publication.
    pub source: &'static str,
    /// Two examples of its spelling.
    pub examples: [&'static str; 2],
}

/// Fraction of `total` that is completed at step `s`, from 0 to 1; 1 if the total is 0.
///
/// ```
/// use optim::schedules::progress;
/// assert_eq!([progress(5.0, 20.0), progress(30.0, 20.0), progress(0.0, 0.0)], [0.25, 1.0, 1.0]);
/// ```
pub fn progress(s: f64, total: f64) -> f64 {
    if s < total { s / total } else { 1.0 }
}

/// Linear interpolation from `a` at 0 to `b` at 1.
pub(crate) fn linear(a: f64, b: f64, fraction: f64) -> f64 {
    a + (b - a) * fraction
}

/// Interpolation from `a` at 0 to `b` at 1 along half a cosine.
pub(crate) fn half_cosine(a: f64, b: f64, fraction: f64) -> f64 {
    b + (a - b) * 0.5 * (1.0 + (PI * fraction).cos())
}
