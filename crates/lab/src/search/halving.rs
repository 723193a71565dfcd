//! Successive halving as ASHA has it: short runs first, and the better part of them goes on.

use std::collections::{BTreeMap, BTreeSet};

use crate::stats::Direction;

/// Work to be done: a trial up to a rung's budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// Index of the trial.
    pub trial: usize,
    /// The rung, from 0.
    pub rung: usize,
    /// The budget to have run for at its end, in the units of the study; what lower rungs ran is part of it.
    pub budget: f64,
}

/// Asynchronous successive halving (Li et al. 2020, *A system for massively parallel hyperparameter tuning*)
/// as a state machine: [`Halving::next`] gives work, [`Halving::report`] takes its result, nothing else
/// happens. The jobs depend on the order of the reports, so with several workers they may differ between
/// runs; and a rate that is good for long may lose a short race. A study that uses it says so.
///
/// ```
/// use lab::search::Halving;
/// use lab::stats::Direction;
/// // Nine trials of 1 epoch, four of 3, one of 9: 23 epochs instead of 81.
/// let mut halving = Halving::new(9, 1.0, 9.0, 3, Direction::Minimize);
/// let mut spent = 0.0;
/// while let Some(job) = halving.next() {
///     spent += job.budget - if job.rung == 0 { 0.0 } else { job.budget / 3.0 };
///     halving.report(job.trial, job.rung, (job.trial as f64 - 4.0).abs());
/// }
/// assert_eq!((halving.best(), spent), (Some(4), 9.0 + 4.0 * 2.0 + 6.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Halving {
    trials: usize,
    /// The budget of each rung, rising.
    budgets: Vec<f64>,
    eta: usize,
    direction: Direction,
    started: usize,
    /// By rung: the merits that were reported, by trial.
    merits: Vec<BTreeMap<usize, f64>>,
    /// By rung: trials that have gone on from it.
    promoted: Vec<BTreeSet<usize>>,
}

impl Halving {
    /// Trials that begin with `least` and of which one in `eta` goes on to `eta` times as much, up to `most`.
    ///
    /// # Panics
    /// If `eta` is below 2, `least` is not above 0, or `most` is below `least`.
    #[track_caller]
    pub fn new(trials: usize, least: f64, most: f64, eta: usize, direction: Direction) -> Halving {
        assert!(eta >= 2, "expected eta of at least 2, found {eta}");
        assert!(0.0 < least && least <= most, "expected 0 < least ≤ most, found {least} and {most}");
        let grow = |budget: &f64| (*budget < most).then(|| (budget * eta as f64).min(most));
        let budgets: Vec<f64> = std::iter::successors(Some(least), grow).collect();
        let (merits, promoted) = (vec![BTreeMap::new(); budgets.len()], vec![BTreeSet::new(); budgets.len()]);
        Halving { trials, budgets, eta, direction, started: 0, merits, promoted }
    }

    /// The next job, the highest rung first: a trial among the best 1/eta of those reported on its rung that
    /// has not gone on, or else a new trial. `None` if there is none now; while jobs are under way, their
    /// reports may bring more.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: a report brings further jobs")]
    pub fn next(&mut self) -> Option<Job> {
        for rung in (0..self.budgets.len() - 1).rev() {
            let candidates = self.ranked(rung).into_iter().take(self.merits[rung].len() / self.eta);
            let ready = candidates.into_iter().find(|trial| !self.promoted[rung].contains(trial));
            if let Some(trial) = ready {
                self.promoted[rung].insert(trial);
                return Some(self.job(trial, rung + 1));
            }
        }
        (self.started < self.trials).then(|| {
            self.started += 1;
            self.job(self.started - 1, 0)
        })
    }

    /// Takes a job's score; one that is not finite never goes on.
    ///
    /// # Panics
    /// If no such job was given.
    #[track_caller]
    pub fn report(&mut self, trial: usize, rung: usize, score: f64) {
        let given = if rung == 0 { trial < self.started } else { self.promoted[rung - 1].contains(&trial) };
        assert!(given, "expected the report of a job, found trial {trial} on rung {rung}");
        self.merits[rung].insert(trial, self.direction.merit(score));
    }

    /// The best trial on the highest rung that has a finite score.
    pub fn best(&self) -> Option<usize> {
        (0..self.budgets.len()).rev().find_map(|rung| self.ranked(rung).first().copied())
    }

    /// The trials of a rung that have a finite score, the best first, the earlier of equal ones before.
    fn ranked(&self, rung: usize) -> Vec<usize> {
        let merits = &self.merits[rung];
        let mut order: Vec<usize> =
            merits.keys().copied().filter(|trial| merits[trial].is_finite()).collect();
        order.sort_by(|a, b| merits[b].total_cmp(&merits[a]));
        order
    }

    fn job(&self, trial: usize, rung: usize) -> Job {
        Job { trial, rung, budget: self.budgets[rung] }
    }
}
