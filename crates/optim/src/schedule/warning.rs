//! Warnings about valid settings that are hardly intended.

use std::fmt;

use crate::hyper::Time;
use crate::schedule::LrSchedule;

/// Valid setting that leaves weights untrained.
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
        /// Schedule.
        schedule: String,
        /// Total number of updates.
        total: u64,
    },
    /// The learning rate stays below a millionth of its maximum from within the first tenth on.
    EarlyEnd {
        /// Schedule.
        schedule: String,
        /// First update with such a rate, counted from 1.
        update: u64,
        /// Total number of updates.
        total: u64,
        /// Length that may have been intended in epochs.
        length: Option<u64>,
    },
    /// A weight whose gradient is 0 becomes NaN.
    ZeroByZero {
        /// Optimizer.
        of: String,
        /// Setting that causes it: `eps=0`.
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
    /// Warning for a run of `total` updates, with `steps_per_epoch` updates an epoch, in which the factor is
    /// always 0, or stays below a millionth of its maximum from within the first tenth on.
    pub fn warning(&self, total: u64, steps_per_epoch: u64) -> Option<Warning> {
        let running = self.in_steps(steps_per_epoch.max(1));
        let factor = |step| running.factor(step, total);
        let max = (0..total).map(factor).reduce(f64::max)?;
        if max == 0.0 {
            return Some(Warning::NoRate { schedule: self.to_string(), total });
        }
        let trains = |step: &u64| factor(*step) >= NEGLIGIBLE * max;
        let trained = (0..total).rev().find(trains).map_or(0, |step| step + 1);
        (trained <= total / 10).then(|| Warning::EarlyEnd {
            schedule: self.to_string(),
            update: trained + 1,
            total,
            length: self.lengths().into_iter().find_map(|time| match time {
                Time::Steps(steps @ 1..) if steps <= total / 10 => Some(steps),
                _ => None,
            }),
        })
    }
}

/// Fraction of the maximum rate that counts as 0.
const NEGLIGIBLE: f64 = 1e-6;
