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
    /// The factor of the learning rate stays below a ten-thousandth at every update.
    LowRate {
        /// Schedule.
        schedule: String,
        /// Maximum factor.
        max: f64,
        /// Total number of updates.
        total: u64,
    },
    /// The optimizer's learning rate is 0.
    ZeroRate {
        /// Optimizer.
        of: String,
    },
    /// A wrapper gathers more batches for an update, or makes more updates before the weights that are evaluated move,
    /// than the run has.
    StaysAtStart {
        /// Wrapper with its settings.
        wrapper: String,
    },
    /// The weights that a wrapper is to average never are: those that are trained are evaluated.
    NoAverage {
        /// Wrapper with its settings.
        wrapper: String,
        /// Total number of updates.
        total: u64,
    },
    /// The learning rate stays below a millionth of its maximum for at least half of the updates after it.
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
        /// Setting that causes it: `eps=0`, or a number that is 0 in `f32`.
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
            Warning::LowRate { schedule, max, total } => {
                write!(
                    f,
                    "`{schedule}` makes the learning rate at most {max:.1e} of what is set at each of {total} \
                     updates: next to nothing is trained"
                )
            }
            Warning::ZeroRate { of } => write!(f, "{of}: with lr=0, nothing is trained"),
            Warning::StaysAtStart { wrapper } => write!(
                f,
                "{wrapper}: the run ends before it moves the weights that are evaluated: nothing is trained"
            ),
            Warning::NoAverage { wrapper, total } => write!(
                f,
                "{wrapper}: the average would begin after the end, update {total}: the last weights are \
                 evaluated instead"
            ),
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
    /// always 0 or below a ten-thousandth, or stays below a millionth of its maximum for at least half of the updates
    /// after it.
    ///
    /// Of a run of many updates, the first ones and others all over it are looked at, so the time is bounded.
    pub fn warning(&self, total: u64, steps_per_epoch: u64) -> Option<Warning> {
        let running = self.in_steps(steps_per_epoch.max(1));
        let factor = |step| running.factor(step, total);
        let steps = sampled(total);
        let (peak, max) =
            steps.iter().map(|&step| (step, factor(step))).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
        if max == 0.0 {
            return Some(Warning::NoRate { schedule: self.to_string(), total });
        }
        if max < LOW {
            return Some(Warning::LowRate { schedule: self.to_string(), max, total });
        }
        let trains = |step: u64| factor(step) >= NEGLIGIBLE * max;
        let last = steps.iter().rposition(|&step| trains(step));
        // Between two steps that are looked at, the end is found by bisection.
        let end = |last: usize| {
            let (mut trained, mut idle) = (steps[last], steps.get(last + 1).copied().unwrap_or(total));
            while idle - trained > 1 {
                let middle = trained + (idle - trained) / 2;
                *(if trains(middle) { &mut trained } else { &mut idle }) = middle;
            }
            idle
        };
        let trained = last.map_or(0, end);
        let (falling, left) = (trained - peak.min(trained), total - peak);
        (trained < total && falling <= left / 2).then(|| Warning::EarlyEnd {
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

/// Maximum factor of a schedule that hardly trains: a warm-up that is thousands of times as long as the run has less.
const LOW: f64 = 1e-4;

/// Steps of a run that are looked at, at most twice this many.
const SAMPLED: u64 = 1 << 14;

/// All steps of a short run; of a longer one the first [`SAMPLED`] and as many spread over it, in order. Multiples of
/// the golden ratio fall into every interval and no period.
fn sampled(total: u64) -> Vec<u64> {
    let first = 0..total.min(SAMPLED);
    if total <= SAMPLED {
        return first.collect();
    }
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let spread = |i: u64| ((u128::from(i.wrapping_mul(GOLDEN)) * u128::from(total)) >> 64) as u64;
    let mut steps: Vec<u64> = first.chain((1..SAMPLED).map(spread)).chain([total - 1]).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(text: &str, total: u64) -> Option<Warning> {
        text.parse::<LrSchedule>().unwrap().warning(total, 1)
    }

    /// A run of 4 billion epochs of 938 updates is looked at in a moment.
    #[test]
    fn the_longest_run_is_judged_at_once() {
        for total in [SAMPLED + 1, 1_000_000, u64::from(u32::MAX) * 938, u64::MAX] {
            for sound in ["constant", "cosine", "linear warmup=5%", "one_cycle", "cyclic", "cosine_restarts"]
            {
                assert_eq!(warning(sound, total), None, "{sound} of {total}");
            }
            let Some(Warning::EarlyEnd { update, .. }) = warning("step every=3", total) else {
                panic!("no warning of {total}")
            };
            assert_eq!(update, 22);
            assert!(matches!(warning("constant value=0", total), Some(Warning::NoRate { .. })));
        }
    }

    /// The end that bisection finds is the one that a look at every update finds.
    #[test]
    fn an_end_between_two_steps_that_are_looked_at_is_exact() {
        let total = 100 * SAMPLED;
        for at in [SAMPLED + 1, 3 * SAMPLED + 7, 9 * SAMPLED + 12_345] {
            match warning(&format!("piecewise values=1/1e-9 at={at}"), total) {
                Some(Warning::EarlyEnd { update, .. }) => assert_eq!(update, at + 1),
                other => panic!("{at}: {other:?}"),
            }
        }
    }
}
