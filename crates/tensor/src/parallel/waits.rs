//! Waiting times: threads that are ready to run, and have no core.

use std::fs;
use std::time::Instant;

/// Fraction of the time that may go into looking at how long threads have waited.
const LOOKS: f64 = 0.002;

/// Time for which the threads of this process wait for cores, looked at now and then.
#[derive(Debug, Clone)]
pub(super) struct Waits {
    /// Seconds waited by all threads up to the last look; `None` where the system does not count them.
    waited: Option<f64>,
    /// Seconds since then.
    since: f64,
    /// Seconds that a look takes: more where there are many threads.
    look: f64,
}

impl Waits {
    pub(super) fn new() -> Waits {
        let start = Instant::now();
        let waited = total();
        Waits { waited, since: 0.0, look: start.elapsed().as_secs_f64() }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, seconds: f64) {
        self.since += seconds;
    }

    /// Time for which threads have waited since the last look, all together, as a fraction of the time that has passed;
    /// `None` if it is too early to look again.
    pub(super) fn fraction(&mut self) -> Option<f64> {
        let before = self.waited?;
        if self.since * LOOKS < self.look {
            return None;
        }
        let now = Waits::new();
        let waited = now.waited.map(|waited| (waited - before) / self.since);
        *self = now;
        waited
    }
}

/// Seconds for which the threads of this process have waited so far, by Linux's `schedstat`.
fn total() -> Option<f64> {
    let threads = fs::read_dir("/proc/self/task").ok()?.flatten();
    let waited =
        threads.filter_map(|thread| nanoseconds(&fs::read_to_string(thread.path().join("schedstat")).ok()?));
    waited.reduce(|a, b| a + b).map(|sum| sum as f64 * 1e-9)
}

/// The second of three numbers: time on a core, time waited for one, turns on a core.
fn nanoseconds(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_is_the_wait() {
        assert_eq!(nanoseconds("528062 58348 1\n"), Some(58_348));
        assert_eq!(nanoseconds(""), None);
        assert_eq!(nanoseconds("5 x 1"), None);
    }

    #[test]
    fn a_look_is_paid_by_the_time_before_it() {
        let mut waits = Waits { waited: Some(0.0), since: 0.0, look: 1e-3 };
        waits.pass(0.4);
        assert_eq!(waits.fraction(), None);
        waits.pass(0.2);
        assert!(waits.fraction().is_none_or(|fraction| fraction >= 0.0));
        assert!(waits.since == 0.0 || total().is_none());
    }
}
