//! Many runs at once: every recipe with every seed, one run a core.

mod kept;
mod plan;
mod stored;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use train::{Budget, Event, Recipe, Record, Task, Training};

use crate::error::Error;
use crate::store::{Holder, Work};
use crate::worker_pool::{Ending, Job, WorkerPool};

pub use kept::{KeptError, KeptRuns, kept_in};
pub use plan::Plan;

/// Runs of every recipe with every seed on one task.
#[derive(Debug)]
pub struct RunMatrix<'t> {
    /// The task.
    pub task: &'t Task,
    /// One recipe an optimizer.
    pub recipes: Vec<Recipe>,
    /// The seeds; each gives every recipe the same initial weights and batches.
    pub seeds: Vec<u64>,
    /// How long each run is.
    pub budget: Budget,
    /// Threads in all.
    pub threads: usize,
}

/// A run of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RunId {
    /// Position of the recipe in the matrix.
    pub recipe: usize,
    /// The seed.
    pub seed: u64,
    /// The worker that runs it, counted from 0.
    pub worker: usize,
}

/// A reader of the events of all runs, from several threads; any of them may stop everything.
pub type Watch<'w> = dyn Fn(RunId, &Event) -> ControlFlow<()> + Sync + 'w;

/// A record and its place: recipe, seed.
type Placed = ((usize, usize), Record);

/// The record of a run, none if it was stopped, or who else has it.
type Outcome = Result<Option<Placed>, Holder>;

/// Time between two looks at runs that others have.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What is to be done about a run.
enum Part<'s> {
    /// Nothing: it is done.
    Done(Box<Record>),
    /// Nothing for now: another process has it.
    Held(Holder),
    /// It is to be trained, and kept where it was claimed.
    Ours(Option<Work<'s>>),
}

impl RunMatrix<'_> {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.recipes.len() * self.seeds.len()
    }

    /// Runs at the same time; each has an equal share of the threads.
    pub fn workers(&self) -> usize {
        WorkerPool::workers(self.runs(), self.threads)
    }

    /// Runs everything and returns the records, recipe by recipe, seeds in order.
    ///
    /// `watch` is told every event of every run, from several threads; when it says stop, runs that are
    /// not finished are left out. The records do not depend on `threads`, but for the time they took
    /// and the number itself.
    ///
    /// # Errors
    /// If a recipe cannot be used or a thread cannot be started; both before the first run.
    pub fn run(&self, watch: &Watch<'_>) -> Result<Vec<Record>, Error> {
        self.run_others(&|_| None, watch)
    }

    /// As [`run`](RunMatrix::run), but a run that `known` has by its key ([`Record::key`]) is not trained: its
    /// record is told as finished and returned as it is.
    ///
    /// # Errors
    /// As for [`run`](RunMatrix::run).
    pub fn run_others(
        &self,
        known: &(dyn Fn(&str) -> Option<Record> + Sync),
        watch: &Watch<'_>,
    ) -> Result<Vec<Record>, Error> {
        let part = |key: &str| Ok(known(key).map_or(Part::Ours(None), |record| Part::Done(Box::new(record))));
        self.run_parts(&part, watch, &|_| ControlFlow::Break(()))
    }

    /// All that the results depend on.
    ///
    /// # Errors
    /// If the first recipe cannot be used.
    ///
    /// # Panics
    /// If there are no recipes.
    pub fn plan(&self) -> Result<Plan, Error> {
        Plan::of(self)
    }

    /// Runs everything that has not been done, until nobody else has a run: these are waited for, with a call of
    /// `waiting` now and then that may stop it.
    fn run_parts<'s>(
        &self,
        part: &(dyn Fn(&str) -> Result<Part<'s>, Error> + Sync),
        watch: &Watch<'_>,
        waiting: &dyn Fn(&Holder) -> ControlFlow<()>,
    ) -> Result<Vec<Record>, Error> {
        self.recipes.iter().try_for_each(Recipe::check)?;
        let pool = WorkerPool::start(self.runs(), self.threads)?;
        let mut jobs: Vec<usize> = (0..self.runs()).collect();
        let mut records = Vec::new();
        loop {
            let held = Mutex::new(Vec::new());
            let stopped = AtomicBool::new(false);
            let ended = pool.run(jobs.len(), |job| {
                let job = Job { index: jobs[job.index], ..job };
                let (result, flow) = self.train(job, part, watch)?;
                if let Err(holder) = &result {
                    held.lock().unwrap_or_else(PoisonError::into_inner).push((job.index, holder.clone()));
                }
                let record = result.unwrap_or(None);
                Ok::<_, Error>(match flow {
                    ControlFlow::Continue(()) => Ending::Continue(record),
                    ControlFlow::Break(()) => {
                        stopped.store(true, Ordering::Relaxed);
                        Ending::Break(Some(record))
                    }
                })
            })?;
            records.extend(ended.into_iter().flatten());
            let mut held = held.into_inner().unwrap_or_else(PoisonError::into_inner);
            held.sort_by_key(|(index, _)| *index);
            let Some((_, holder)) = held.first().filter(|_| !stopped.into_inner()) else { break };
            if waiting(holder).is_break() {
                break;
            }
            thread::sleep(LOOK_AGAIN);
            jobs = held.into_iter().map(|(index, _)| index).collect();
        }
        records.sort_by_key(|(place, _)| *place);
        Ok(records.into_iter().map(|(_, record)| record).collect())
    }

    /// One run, all recipes of a seed before the next seed: its record with its place among all, or who has it.
    fn train<'s>(
        &self,
        job: Job,
        part: &(dyn Fn(&str) -> Result<Part<'s>, Error> + Sync),
        watch: &Watch<'_>,
    ) -> Result<(Outcome, ControlFlow<()>), Error> {
        let (seed, recipe) = (job.index / self.recipes.len(), job.index % self.recipes.len());
        let id = RunId { recipe, seed: self.seeds[seed], worker: job.worker };
        let mut training = Training::new(self.task, &self.recipes[recipe], id.seed, self.budget)?;
        let (mut flow, mut record) = (ControlFlow::Continue(()), None);
        match part(&training.record().key())? {
            Part::Held(holder) => return Ok((Err(holder), flow)),
            Part::Done(known) => {
                flow = watch(id, &Event::RunStarted { run: training.info(), batches: 0 });
                if flow.is_continue() {
                    flow = watch(id, &Event::RunFinished { record: known.clone() });
                }
                // What is there is a result also of a matrix that is stopped.
                record = Some(((recipe, seed), *known));
            }
            Part::Ours(mut work) => {
                let mut lost = false;
                training.run_events(&mut |training, event| {
                    flow = watch(id, event);
                    if let Event::RunFinished { record: finished } = event {
                        record = Some(((recipe, seed), Record::clone(finished)));
                    }
                    lost = work.as_mut().is_some_and(|work| work.keep(training).is_break());
                    if lost { ControlFlow::Break(()) } else { flow }
                });
                let holder = work.as_ref().map(|work| work.holder().clone());
                let kept = work.map(|work| work.finish(&training)).transpose()?;
                // Another process took it over while this one was suspended.
                if let (Some(None), true, Some(holder)) = (kept, lost, holder) {
                    return Ok((Err(holder), flow));
                }
            }
        }
        let ended = if record.is_some() { flow } else { ControlFlow::Break(()) };
        Ok((Ok(record), ended))
    }
}
