//! Cores, and the line of runs that wait for one.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of runs that may train at the same time; those that wait are served in order.
#[derive(Debug)]
pub(crate) struct Cores(Mutex<Line>);

#[derive(Debug)]
struct Line {
    /// Runs that may train at the same time, and how many more may now.
    count: usize,
    free: usize,
    /// Threads of all runs together.
    threads: usize,
    /// Runs that wait, by number.
    waiting: BTreeSet<u64>,
}

impl Cores {
    /// For this number of runs on a machine with this number of threads, one of which is left to the pages.
    pub(crate) fn new(count: usize, threads: usize) -> Cores {
        let (count, threads) = (count.max(1), threads.saturating_sub(1).max(1));
        Cores(Mutex::new(Line { count, free: count, threads, waiting: BTreeSet::new() }))
    }

    /// Threads of each run that trains.
    pub(crate) fn threads_each(&self) -> usize {
        let Line { count, free, threads, waiting } = &*self.line();
        let active = (count - free + waiting.len()).clamp(1, *count);
        (threads / active).max(1)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a run in the line.
    pub(crate) fn line_up(&self, run: u64) {
        self.line().waiting.insert(run);
    }

    /// Takes a core, if one is free and no earlier run waits for it.
    pub(crate) fn take(&self, run: u64) -> bool {
        let Line { free, waiting, .. } = &mut *self.line();
        waiting.insert(run);
        let is_next = *free > waiting.iter().take_while(|&&earlier| earlier < run).count();
        if is_next {
            waiting.remove(&run);
            *free -= 1;
        }
        is_next
    }

    /// Leaves the line, as a run that is paused or stopped.
    pub(crate) fn leave(&self, run: u64) {
        self.line().waiting.remove(&run);
    }
}

/// A core that was taken; dropped, it is free again, also where the run panics.
pub(crate) struct Core<'a>(&'a Cores);

impl Core<'_> {
    /// The core that [`Cores::take`] has taken.
    pub(crate) fn of(cores: &Cores) -> Core<'_> {
        Core(cores)
    }
}

impl Drop for Core<'_> {
    fn drop(&mut self) {
        self.0.line().free += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_share_all_threads_but_one() {
        let cores = Cores::new(4, 9);
        assert!(cores.take(1));
        assert_eq!(cores.threads_each(), 8);
        let first = Core(&cores);
        assert!(cores.take(2) && cores.take(3));
        assert_eq!(cores.threads_each(), 2);
        let others = [Core(&cores), Core(&cores)];
        assert!(cores.take(4) && !cores.take(5), "no more than four train");
        assert_eq!(cores.threads_each(), 2, "who waits for a core has none");
        cores.leave(5);
        drop(others);
        assert_eq!(cores.threads_each(), 4);
        drop(first);
        assert_eq!(Cores::new(2, 2).threads_each(), 1, "the other core is the pages'");
    }
}
