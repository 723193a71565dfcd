//! Time for which threads were ready to run and waited for a core.

use std::fs;

/// Seconds for which the threads of this process have waited for a core so far, by Linux's `schedstat`; `None` where
/// the system does not count them.
pub(super) fn total() -> Option<f64> {
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
    fn waits_never_shrink() {
        if let Some(before) = total() {
            assert!(total().is_some_and(|after| after >= before));
        }
    }
}
