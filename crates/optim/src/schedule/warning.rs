//! What can be used and will hardly be meant.

use std::fmt;

use crate::hyper::Span;
use crate::schedule::LrSchedule;

/// A setting that is allowed and leaves weights untrained.
///
/// ```
/// let schedule: optim::LrSchedule = "step every=3".parse()?;
/// assert_eq!(
///     schedule.warning(938, 938).unwrap().to_string(),
///     "`step every=3` leaves less than a millionth of the learning rate from update 22 of 938 on: lengths \
///      are updates; epochs are written `3ep`"
/// );
/// assert_eq!(schedule.warning(12, 4), None);
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The learning rate is 0 at every update.
    NoRate {
        /// The schedule.
        schedule: String,
        /// Updates in all.
        total: u64,
    },
    /// The learning rate falls below a millionth of its greatest within the first tenth, for good.
    EarlyEnd {
        /// The schedule.
        schedule: String,
        /// The first update, counted from 1, of those whose rate is below.
        update: u64,
        /// Updates in all.
        total: u64,
        /// A length that may have been meant as epochs.
        length: Option<u64>,
    },
    /// A weight whose gradient is 0 becomes NaN.
    ZeroByZero {
        /// The optimizer.
        of: String,
        /// The setting that lets it happen: `eps=0`.
        setting: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::NoRate { schedule, total } => {
                write!(
                    f,
                    "`{schedule}` makes the learning rate 0 at each of {total} updates: nothing is trained"
                )
            }
            Warning::EarlyEnd { schedule, update, total, length } => {
                write!(
                    f,
                    "`{schedule}` leaves less than a millionth of the learning rate from update {update} of \
                     {total} on"
                )?;
                length.map_or(Ok(()), |length| {
                    write!(f, ": lengths are updates; epochs are written `{length}ep`")
                })
            }
            Warning::ZeroByZero { of, setting } => {
                write!(
                    f,
                    "{of}: with {setting}, 0 is divided by 0 where a gradient is 0, and the weight is NaN"
                )
            }
        }
    }
}

impl LrSchedule {
    /// Finds out whether a run of `total` updates, of which an epoch has `steps_per_epoch`, trains by this
    /// schedule: whether the factor is 0 throughout, or falls below a millionth of its greatest within the
    /// first tenth, for good.
    pub fn warning(&self, total: u64, steps_per_epoch: u64) -> Option<Warning> {
        let running = self.in_steps(steps_per_epoch.max(1));
        let factor = |step| running.factor(step, total);
        let greatest = (0..total).map(factor).reduce(f64::max)?;
        if greatest == 0.0 {
            return Some(Warning::NoRate { schedule: self.to_string(), total });
        }
        let trains = |step: &u64| factor(*step) >= LEAST * greatest;
        let trained = (0..total).rev().find(trains).map_or(0, |step| step + 1);
        (trained <= total / 10).then(|| Warning::EarlyEnd {
            schedule: self.to_string(),
            update: trained + 1,
            total,
            length: self.spans().into_iter().find_map(|span| match span {
                Span::Steps(steps @ 1..) if steps <= total / 10 => Some(steps),
                _ => None,
            }),
        })
    }
}

/// The share of a rate that counts as none.
const LEAST: f64 = 1e-6;
