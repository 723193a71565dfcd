//! What the course of a learning rate is.

mod lr_schedule;
mod plateau;
mod warning;

use std::f64::consts::PI;
use std::fmt;

use crate::error::Error;
use crate::hyper::{Hyperparameters, Span, spans_of};

pub use lr_schedule::LrSchedule;
pub(crate) use lr_schedule::{Product, Warmed};
pub use plateau::{Plateau, PlateauMode, PlateauSettings, PlateauState, ThresholdMode};
pub use warning::Warning;

/// The course of a learning rate: hyperparameters and a pure function of the step and the total.
///
/// To add one, declare its struct with [`hyperparameters!`](crate::hyperparameters), implement
/// this trait in the same file, and add a line to [`schedules::all`](crate::schedules::all).
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
///     fn info(&self) -> &'static ScheduleInfo {
///         &ScheduleInfo {
///             name: "halved",
///             title: "a lower rate in the second half",
///             problem: "the noise of the batches keeps the weights from settling",
///             formula: "f = 1 for s < T/2, then γ",
///             ends: [1.0, 0.5],
///             good_when: "nothing better is known",
///             bad_when: "the first half is too short to arrive",
///             source: "this page",
///             examples: ["halved", "halved gamma=0.1"],
///         }
///     }
///
///     fn factor(&self, s: f64, total: f64) -> f64 {
///         if s < total / 2.0 { 1.0 } else { self.gamma }
///     }
///
///     fn boxed(&self) -> Box<dyn Schedule> {
///         Box::new(*self)
///     }
/// }
///
/// let schedule = LrSchedule::new(Halved::default());
/// assert_eq!([schedule.factor(49, 100), schedule.factor(50, 100)], [1.0, 0.5]);
/// ```
pub trait Schedule: Hyperparameters + fmt::Debug + Send + Sync + 'static {
    /// What a person wants to know about it.
    fn info(&self) -> &'static ScheduleInfo;

    /// Whether values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a factor depends on how many steps there are in all: with lengths that are shares, or
    /// because the course ends with the last step.
    fn depends_on_total(&self) -> bool {
        spans_of(self).iter().any(Span::is_share)
    }

    /// What the learning rate is multiplied with at step `s`, counted from 0, of `total`; both are
    /// whole numbers. It goes on beyond the total, mostly with the last value.
    fn factor(&self, s: f64, total: f64) -> f64;

    /// How much of the way from one value to another is behind at step `s` of `total`, from 0 to 1, where
    /// the course leads a hyperparameter between the two. Along the factor, unless the course says
    /// otherwise: 0 where it starts, 1 where it ends.
    fn way(&self, s: f64, total: f64) -> f64 {
        let [start, end] = [0.0, total].map(|s| self.factor(s, total));
        ((self.factor(s, total) - start) / (end - start)).clamp(0.0, 1.0)
    }

    /// A copy behind a pointer.
    fn boxed(&self) -> Box<dyn Schedule>;
}

/// What a person wants to know about the course of a learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScheduleInfo {
    /// The name in recipes: `cosine`.
    pub name: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// The problem that it answers.
    pub problem: &'static str,
    /// The factor f at step s of T, one line a case.
    pub formula: &'static str,
    /// The factors of the first and the last of very many steps, with the defaults.
    pub ends: [f64; 2],
    /// When it is a good choice.
    pub good_when: &'static str,
    /// When it is not.
    pub bad_when: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// Two spellings that show what it can do.
    pub examples: [&'static str; 2],
}

impl dyn Schedule + '_ {
    /// Sets a hyperparameter by name to what the text says.
    ///
    /// # Errors
    /// If there is no such name, or the value is of another kind or out of range.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let of = self.info().name;
        (self as &mut dyn Hyperparameters).set_text(of, name, text).map_err(|mut error| {
            if let Error::Unknown { known, .. } = &mut error {
                known.push(LrSchedule::WARMUP.name.to_string());
            }
            error
        })
    }
}

/// The canonical spelling: the name, and what differs from the defaults.
impl fmt::Display for dyn Schedule + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.info().name)?;
        (self as &dyn Hyperparameters).print(f, "")
    }
}

impl Clone for Box<dyn Schedule> {
    fn clone(&self) -> Box<dyn Schedule> {
        self.boxed()
    }
}

/// Two of one name with the same settings.
impl PartialEq for dyn Schedule {
    fn eq(&self, other: &dyn Schedule) -> bool {
        let values = |course: &dyn Schedule| -> Vec<_> {
            course.hypers().into_iter().map(|hyper| course.get(hyper.name)).collect()
        };
        self.info().name == other.info().name && values(self) == values(other)
    }
}

/// How much of `total` is behind at step `s`, from 0 to 1; of nothing, all.
///
/// ```
/// use optim::schedules::progress;
/// assert_eq!([progress(5.0, 20.0), progress(30.0, 20.0), progress(0.0, 0.0)], [0.25, 1.0, 1.0]);
/// ```
pub fn progress(s: f64, total: f64) -> f64 {
    if s < total { s / total } else { 1.0 }
}

/// From `a` at 0 to `b` at 1 in a straight line.
pub(crate) fn straight(a: f64, b: f64, share: f64) -> f64 {
    a + (b - a) * share
}

/// From `a` at 0 to `b` at 1 along half a cosine.
pub(crate) fn half_cosine(a: f64, b: f64, share: f64) -> f64 {
    b + (a - b) * 0.5 * (1.0 + (PI * share).cos())
}
