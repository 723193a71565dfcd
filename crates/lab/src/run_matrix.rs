//! Many runs at once: every recipe with every seed, one run a core.

mod error;
mod kept;
mod run_file;
mod settings;
mod stored;

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use train::{Budget, Event, Recipe, Record, Task};

use crate::error::Error;
use crate::executor::{self, Agenda, Halt, Part, Request, Waiting};
use crate::worker_pool::WorkerPool;

pub use error::KeptError;
pub use kept::{KeptRuns, kept_in};
pub use run_file::RunFile;
pub use settings::Settings;

/// Runs of every recipe with every seed on one task.
#[derive(Debug)]
pub struct RunMatrix<'t> {
    /// The task.
    pub task: &'t Task,
    /// One recipe an optimizer.
    pub recipes: Vec<Recipe>,
    /// The seeds; each gives every recipe the same initial weights and batches.
    pub seeds: Vec<u64>,
    /// Length of each run.
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

/// A reader of the events of all runs, from several threads; it may end a run or everything.
pub type Watch<'w> = dyn Fn(RunId, &Event) -> ControlFlow<Halt> + Sync + 'w;

/// The runs of a matrix that are not done, in order, and the records of those that are.
struct Queue {
    jobs: VecDeque<usize>,
    records: BTreeMap<usize, Record>,
}

impl Agenda for Queue {
    type Job = usize;

    fn next(&mut self) -> Option<usize> {
        self.jobs.pop_front()
    }

    fn put_back(&mut self, job: usize) {
        self.jobs.push_back(job);
    }

    fn done(&mut self, job: usize, _: String, record: Record) -> Result<(), Error> {
        self.records.insert(job, record);
        Ok(())
    }
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
    /// `watch` is told every event of every run, from several threads; runs that it ends before their time are
    /// left out. The records do not depend on `threads`, but for the time they took
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
    pub fn settings(&self) -> Result<Settings, Error> {
        Settings::of(self)
    }

    /// Runs everything that has not been done, all recipes of a seed before the next seed.
    fn run_parts<'s>(
        &self,
        part: &(dyn Fn(&str) -> Result<Part<'s>, Error> + Sync),
        watch: &Watch<'_>,
        waiting: &Waiting<'_>,
    ) -> Result<Vec<Record>, Error> {
        self.recipes.iter().try_for_each(Recipe::check)?;
        let pool = WorkerPool::start(self.runs(), self.threads)?;
        let queue = Queue { jobs: (0..self.runs()).collect(), records: BTreeMap::new() };
        let (count, task) = (self.recipes.len(), self.task.record());
        let make = |&job: &usize, worker: usize| {
            let id = RunId { recipe: job % count, seed: self.seeds[job / count], worker };
            let recipe = self.recipes[id.recipe].clone();
            let request = Request { task: (self.task, &task), recipe, seed: id.seed, budget: self.budget };
            executor::run(&request, part, &mut |event| watch(id, event))
        };
        let Queue { records, .. } = executor::execute(&pool, queue, make, waiting)?;
        let mut records: Vec<(usize, Record)> = records.into_iter().collect();
        records.sort_by_key(|(job, _)| (job % count, job / count));
        Ok(records.into_iter().map(|(_, record)| record).collect())
    }
}
