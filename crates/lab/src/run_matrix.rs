//! Many runs at once: every recipe with every seed, one run a core.

mod kept;
mod plan;

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use train::{Budget, Event, Recipe, Record, Task, Training};

use crate::error::Error;
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
        self.recipes.iter().try_for_each(Recipe::check)?;
        let pool = WorkerPool::start(self.runs(), self.threads)?;
        let mut records = pool.run(self.runs(), |job| self.train(job, known, watch))?;
        records.sort_by_key(|(place, _)| *place);
        Ok(records.into_iter().map(|(_, record)| record).collect())
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

    /// One run, all recipes of a seed before the next seed; its record with its place among all.
    fn train(
        &self,
        job: Job,
        known: &(dyn Fn(&str) -> Option<Record> + Sync),
        watch: &Watch<'_>,
    ) -> Result<Ending<Placed>, Error> {
        let (seed, recipe) = (job.index / self.recipes.len(), job.index % self.recipes.len());
        let id = RunId { recipe, seed: self.seeds[seed], worker: job.worker };
        let mut training = Training::new(self.task, &self.recipes[recipe], id.seed, self.budget)?;
        let (mut flow, mut record) = (ControlFlow::Continue(()), None);
        if let Some(known) = known(&training.record().key()) {
            flow = watch(id, &Event::RunStarted { run: training.info(), batches: 0 });
            if flow.is_continue() {
                flow = watch(id, &Event::RunFinished { record: Box::new(known.clone()) });
            }
            // What is there is a result also of a matrix that is stopped.
            record = Some(((recipe, seed), known));
        } else {
            training.run_events(&mut |_, event| {
                flow = watch(id, event);
                if let Event::RunFinished { record: finished } = event {
                    record = Some(((recipe, seed), Record::clone(finished)));
                }
                flow
            });
        }
        Ok(match (record, flow) {
            (Some(record), ControlFlow::Continue(())) => Ending::Continue(record),
            (record, _) => Ending::Break(record),
        })
    }
}
