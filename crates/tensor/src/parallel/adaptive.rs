//! The number of threads that is fastest here and now, found while working.
//!
//! A second core may be another program's in part, and then a step that waits for it is slower than on one
//! thread. Results do not depend on the number of threads, so it is chosen by the time that steps take: another
//! number is tried for about a millisecond, and rarely enough that trials that lose cost [`TRIALS`] of the time.

use std::time::Instant;

use super::waits::Waits;
use super::{limited, spinning};

/// Share of the time that trials may lose.
const TRIALS: f64 = 0.008;

/// Length of a trial, in seconds; long against the time to wake threads, short against a slice of the scheduler.
const TRIAL: f64 = 1e-3;

/// Steps of a trial at least, after the first, which finds other caches.
const TRIAL_STEPS: f64 = 3.0;

/// Seconds of a step from which it is long: slices of the scheduler hardly count, and one such step tells enough.
const LONG: f64 = 10e-3;

/// Long steps that are done on all threads before one thread is tried, where none of them waits for a core.
const LONG_STEPS: f64 = 20.0;

/// Long steps between trials of a slower number of threads: one step may have been lucky to find a core free.
const STEPS_BETWEEN: f64 = 40.0;

/// Fraction of the time for which threads must have waited for a core, all together, to say that another program is busy.
const WAITED: f64 = 0.1;

/// Seconds over which the time of a step is averaged, and the number of steps at least.
const WINDOW: f64 = 10e-3;
const WINDOW_STEPS: f64 = 8.0;

/// More threads must gain this much of the time.
const MARGIN: f64 = 0.02;

/// Seconds until a trial that lost is repeated, at first and at most; twice as long after each.
const WAIT: f64 = 50e-3;
const MAX_WAIT: f64 = 2.0;

/// Seconds for which a trial that lost much is waited for at most.
const MAX_DEBT: f64 = 20.0;

/// Seconds after which a smaller number of threads is tried again although the greater one is fast.
const PROBE: f64 = 200e-3;

/// Chooses a number of threads, step by step, for work whose steps are alike.
///
/// ```
/// use tensor::parallel::Adaptive;
/// let mut choice = Adaptive::new(2);
/// for _ in 0..10_000 {
///     // On a machine where two threads take 60 µs for what one does in 100 µs.
///     let seconds = if choice.threads() == 1 { 100e-6 } else { 60e-6 };
///     choice.took(seconds);
/// }
/// assert_eq!(choice.threads(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Adaptive {
    /// From one thread to all of them.
    modes: Vec<Mode>,
    /// The mode in use, and that from which a trial came.
    current: usize,
    tried_from: Option<usize>,
    /// Seconds of all steps.
    now: f64,
    /// Seconds and steps since the current mode began, without its first step.
    recent: Mean,
    /// When the current mode began, and the steps since then.
    since: f64,
    steps: u64,
    /// Seconds of a step in the mode before it, and what was lost since by having left that.
    before: Option<f64>,
    lost: f64,
    waits: Waits,
}

/// A number of threads.
#[derive(Debug, Clone)]
struct Mode {
    threads: usize,
    /// Seconds of a step, when it was last used.
    step: Option<f64>,
    /// When it is to be tried again, and the wait after that.
    due: f64,
    wait: f64,
    /// If threads waited for cores when it was last tried.
    was_contended: bool,
}

/// The mean of recent times.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    seconds: f64,
    steps: f64,
}

impl Mean {
    fn add(&mut self, seconds: f64) {
        let kept = (1.0 - seconds / WINDOW).clamp(1.0 - 1.0 / WINDOW_STEPS, 1.0);
        self.seconds = kept * self.seconds + seconds;
        self.steps = kept * self.steps + 1.0;
    }

    fn step(self) -> f64 {
        self.seconds / self.steps
    }

    fn is_enough(self) -> bool {
        self.seconds >= LONG || self.steps >= TRIAL_STEPS && self.seconds >= TRIAL
    }
}

impl Adaptive {
    /// Chooses from one to `threads` threads.
    pub fn new(threads: usize) -> Adaptive {
        let mut counts: Vec<usize> = std::iter::successors(Some(1), |count| Some(2 * count))
            .take_while(|&count| count < threads)
            .collect();
        counts.push(threads.max(1));
        let all = counts.len() - 1;
        let mode = |(index, threads)| {
            // All threads first, then the numbers between.
            let due = if index == all { 0.0 } else { index as f64 * 10.0 * TRIAL };
            Mode { threads, step: None, due, wait: WAIT, was_contended: false }
        };
        let modes = counts.into_iter().enumerate().map(mode).collect();
        Adaptive {
            modes,
            current: all,
            tried_from: None,
            now: 0.0,
            recent: Mean::default(),
            since: 0.0,
            steps: 0,
            before: None,
            lost: 0.0,
            waits: Waits::new(),
        }
    }

    /// The number of threads for the next step.
    pub fn threads(&self) -> usize {
        self.modes[self.current].threads
    }

    /// Takes note of the seconds of a step on that number.
    pub fn took(&mut self, seconds: f64) {
        if self.modes.len() == 1 {
            return;
        }
        self.waits.pass(seconds);
        let contended = seconds >= LONG && self.waits.fraction().is_some_and(|waited| waited > WAITED);
        self.note(seconds, contended);
    }

    fn note(&mut self, seconds: f64, contended: bool) {
        let is_first = self.now == 0.0;
        self.now += seconds;
        if is_first && !contended {
            return self.begin(seconds);
        }
        self.steps += 1;
        self.lost += self.before.map_or(0.0, |before| seconds - before);
        // The first step of a mode wakes threads and fills caches.
        if self.steps > 1 || seconds > LONG {
            self.recent.add(seconds);
        }
        if !self.recent.is_enough() {
            return;
        }
        self.modes[self.current].step = Some(self.recent.step());
        let best = self.fastest();
        if best != self.current {
            return self.lose(best);
        }
        self.win();
        let fewer =
            self.current.checked_sub(1).filter(|&fewer| contended && !self.modes[fewer].was_contended);
        if let Some(next) = fewer.or_else(|| self.due()) {
            self.modes[next].was_contended = contended;
            self.enter(next, Some(self.current));
        }
    }

    /// Runs `count` steps, each on the number chosen for it of the current [`Threads`](super::Threads).
    pub fn steps(&mut self, count: usize, mut step: impl FnMut()) {
        let mut done = 0;
        while done < count {
            let threads = self.threads();
            let stretch = || {
                while done < count && self.threads() == threads {
                    let start = Instant::now();
                    step();
                    self.took(start.elapsed().as_secs_f64());
                    done += 1;
                }
            };
            limited(threads, || spinning(stretch));
        }
    }

    /// Short steps are tried on one thread before anything else, long ones later.
    fn begin(&mut self, seconds: f64) {
        if seconds < LONG {
            self.enter(0, None);
        } else {
            self.modes[..self.current].iter_mut().for_each(|mode| mode.due += LONG_STEPS * seconds);
        }
    }

    /// The mode with the shortest step as far as known; more threads must be worth it, and are gone over to by a
    /// trial only.
    fn fastest(&self) -> usize {
        let cost =
            |mode: &Mode| mode.step.map(|step| if mode.threads > 1 { step / (1.0 - MARGIN) } else { step });
        let within_reach = |index: usize| index <= self.current || Some(index) == self.tried_from;
        let known = self.modes.iter().enumerate().filter(|(index, _)| within_reach(*index));
        let known = known.filter_map(|(index, mode)| Some((index, cost(mode)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(self.current, |(index, _)| index)
    }

    /// Leaves the current mode for a faster one; it is tried again the later, the more it has cost.
    fn lose(&mut self, best: usize) {
        let wait = self.wait(self.current, best, self.lost.max(0.0));
        let mode = &mut self.modes[self.current];
        mode.due = self.now + wait;
        mode.wait = (2.0 * mode.wait).min(MAX_WAIT);
        self.enter(best, None);
    }

    /// Stays, and after a while forgets that trials of this mode have lost. Long steps tell enough of the mode that this one
    /// was tried from: it is tried again the later, the slower it was.
    fn win(&mut self) {
        if let Some(from) = self.tried_from.take()
            && let (Some(slower), Some(step)) = (self.modes[from].step, self.modes[self.current].step)
            && step >= LONG
        {
            self.modes[from].due = self.now + self.wait(from, self.current, slower - step);
        }
        if self.lost < 0.0 && self.now - self.since > 10.0 * WINDOW {
            self.modes[self.current].wait = WAIT;
        }
    }

    /// Seconds until a slower mode is tried again that has lost this many to a faster one.
    fn wait(&self, slower: usize, faster: usize, lost: f64) -> f64 {
        let step = self.modes[faster].step.unwrap_or(0.0);
        let between = if step >= LONG { STEPS_BETWEEN * step } else { 0.0 };
        self.modes[slower].wait.max((lost / TRIALS).max(between).min(MAX_DEBT))
    }

    /// Another mode whose time has come.
    fn due(&self) -> Option<usize> {
        let others = self.modes.iter().enumerate().filter(|(index, _)| *index != self.current);
        let (index, mode) = others.min_by(|a, b| a.1.due.total_cmp(&b.1.due))?;
        (mode.due <= self.now).then_some(index)
    }

    fn enter(&mut self, mode: usize, tried_from: Option<usize>) {
        let left = self.current;
        if tried_from.is_some() {
            // Should the new one win, the one that is left is tried again after a while.
            self.modes[left].due = self.now + PROBE;
        }
        (self.current, self.tried_from) = (mode, tried_from);
        (self.recent, self.since, self.steps) = (Mean::default(), self.now, 0);
        (self.before, self.lost) = (self.modes[left].step, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Runs steps for a number of seconds on a machine that tells what a step takes, and returns the time that
    /// they would have taken on one thread over the time that they took.
    fn speedup(seconds: f64, threads: usize, mut step: impl FnMut(usize, f64) -> f64) -> f64 {
        let (mut choice, mut now, mut alone) = (Adaptive::new(threads), 0.0, 0.0);
        while now < seconds {
            let took = step(choice.threads(), now);
            choice.took(took);
            (now, alone) = (now + took, alone + step(1, now));
        }
        alone / now
    }

    /// Steps of 100 µs on one thread and `parallel` as long on two; while another program is busy, two threads
    /// wait for a slice of 4 ms in every tenth step.
    fn machine(parallel: f64, busy: impl Fn(f64) -> bool) -> impl FnMut(usize, f64) -> f64 {
        let mut chance = Stream::new(1, "slices");
        move |threads, now| match threads {
            1 => 100e-6,
            _ if busy(now) && chance.uniform() < 0.1 => 4e-3,
            _ => parallel * 100e-6,
        }
    }

    #[test]
    fn two_free_cores_are_used() {
        for (parallel, least) in [(0.5, 1.9), (0.8, 1.23), (0.95, 1.04)] {
            let found = speedup(1.0, 2, machine(parallel, |_| false));
            assert!(found > least, "{parallel}: {found}");
        }
    }

    #[test]
    fn a_busy_core_costs_at_most_two_percent() {
        for parallel in [0.5, 0.8, 1.0, 1.5] {
            let found = speedup(4.0, 2, machine(parallel, |_| true));
            assert!(found > 0.98, "{parallel}: {found}");
        }
    }

    /// As [`speedup`], of long steps whose threads wait for a core while another program is busy.
    fn long_speedup(seconds: f64, [one, free, contended]: [f64; 3], busy: impl Fn(f64) -> bool) -> f64 {
        let (mut choice, mut now, mut alone) = (Adaptive::new(2), 0.0, 0.0);
        while now < seconds {
            let (took, waits) = match choice.threads() {
                1 => (one, false),
                _ if busy(now) => (contended, true),
                _ => (free, false),
            };
            choice.note(took, waits);
            (now, alone) = (now + took, alone + one);
        }
        alone / now
    }

    #[test]
    fn long_steps_leave_a_busy_core_at_once() {
        for one in [12e-3, 30e-3, 60e-3] {
            for slower in [1.05, 1.12] {
                let found = long_speedup(0.6, [one, one / 1.8, slower * one], |_| true);
                assert!(found > 0.98, "{one}, {slower}: {found}");
            }
            let found = long_speedup(4.0, [one, one / 1.8, 2.0 * one], |_| true);
            assert!(found > 0.97, "{one}: {found}");
        }
    }

    #[test]
    fn long_steps_that_were_lucky_once_are_not_tried_again_soon() {
        for seed in 0..10 {
            let (mut chance, mut choice) = (Stream::new(seed, "slices"), Adaptive::new(2));
            let mut on_all = 0;
            for _ in 0..30 {
                let luck = f64::from(chance.uniform());
                let is_one = choice.threads() == 1;
                choice.note(if is_one { 45e-3 } else { 44e-3 + 40e-3 * luck * luck }, !is_one);
                on_all += u32::from(!is_one);
            }
            assert!(on_all <= 2, "{seed}: {on_all}");
        }
    }

    #[test]
    fn long_steps_that_still_gain_by_a_busy_core_keep_it() {
        let found = long_speedup(4.0, [60e-3, 33e-3, 50e-3], |_| true);
        assert!(found > 1.18, "{found}");
    }

    #[test]
    fn long_steps_notice_when_a_core_becomes_busy_and_free_again() {
        let found = long_speedup(1.2, [30e-3, 17e-3, 36e-3], |now| now > 0.6);
        assert!(found > 1.25, "{found}");
        let found = long_speedup(6.0, [30e-3, 17e-3, 36e-3], |now| now < 1.0);
        assert!(found > 1.45, "{found}");
    }

    #[test]
    fn threads_that_gain_nothing_are_not_used() {
        for parallel in [1.0, 1.3, 5.0, 50.0] {
            let found = speedup(4.0, 2, machine(parallel, |_| false));
            assert!(found > 0.98, "{parallel}: {found}");
        }
    }

    #[test]
    fn a_core_that_becomes_free_is_used_after_a_while_and_left_when_it_is_busy_again() {
        let free = |now: f64| (4.0..12.0).contains(&now);
        let found = speedup(16.0, 2, machine(0.6, |now| !free(now)));
        assert!(found > 1.2, "{found}");
    }

    #[test]
    fn of_many_threads_the_best_number_is_found() {
        for (best, threads) in [(1, 16), (4, 16), (16, 16), (3, 3), (2, 7)] {
            let mut choice = Adaptive::new(threads);
            for _ in 0..100_000 {
                let distance = (choice.threads() as f64 / best as f64).log2().abs();
                choice.took(50e-6 * (1.0 + 0.3 * distance));
            }
            assert_eq!(choice.threads(), best, "of {threads}");
        }
    }

    #[test]
    fn all_steps_are_done_on_any_number_of_threads() {
        for threads in 1..=4 {
            let (mut choice, mut done) = (Adaptive::new(threads), 0);
            let pool = super::super::Threads::start(threads).expect("threads");
            for count in [0, 1, 2, 1000] {
                pool.run(|| choice.steps(count, || done += 1));
            }
            assert_eq!(done, 1003);
        }
    }

    #[test]
    fn long_steps_and_steps_without_time_end_well() {
        for seconds in [0.0, 1e-9, 0.3, 10.0] {
            let mut choice = Adaptive::new(4);
            for _ in 0..200 {
                choice.took(seconds);
                assert!([1, 2, 4].contains(&choice.threads()));
            }
        }
        let mut alone = Adaptive::new(1);
        (0..10).for_each(|_| alone.took(1.0));
        assert_eq!(alone.threads(), 1);
    }
}
