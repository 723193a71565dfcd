//! Many runs at once: every recipe with every seed, one run a core.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use std::ops::ControlFlow;
use train::Error;
use train::Recipe;
use train::Record;
use train::Task;
use train::{Budget, Training};

/// What to run.
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

/// A run of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId {
    /// Position of the recipe in the plan.
    pub recipe: usize,
    /// The seed.
    pub seed: u64,
    /// The worker that runs it, counted from 0.
    pub worker: usize,
}

impl RunMatrix<'_> {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.recipes.len() * self.seeds.len()
    }

    /// Runs at the same time; each has an equal share of the threads.
    pub fn workers(&self) -> usize {
        self.threads.clamp(1, self.runs().max(1))
    }

    /// Runs everything and returns the records, recipe by recipe, seeds in order.
    ///
    /// `watch` is called after every update of every run, from several threads; when it says
    /// stop, runs that are not finished are left out. The records do not depend on `threads`,
    /// but for the time they took and the number itself.
    ///
    /// # Errors
    /// If a recipe cannot be used.
    pub fn run(
        &self,
        watch: &(dyn Fn(RunId, &Training<'_>) -> ControlFlow<()> + Sync),
    ) -> Result<Vec<Record>, Error> {
        for recipe in &self.recipes {
            recipe.check()?;
        }
        let next = AtomicUsize::new(0);
        let finished = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for worker in 0..self.workers() {
                let (next, finished) = (&next, &finished);
                scope.spawn(move || self.work(worker, next, finished, watch));
            }
        });
        let finished = finished.into_inner().expect("no worker panicked");
        let mut records = finished.into_iter().collect::<Result<Vec<(usize, Record)>, Error>>()?;
        records.sort_by_key(|(place, _)| *place);
        Ok(records.into_iter().map(|(_, record)| record).collect())
    }

    /// Takes runs from the plan until none is left, all recipes of a seed before the next seed.
    fn work(
        &self,
        worker: usize,
        next: &AtomicUsize,
        finished: &Mutex<Vec<Result<(usize, Record), Error>>>,
        watch: &(dyn Fn(RunId, &Training<'_>) -> ControlFlow<()> + Sync),
    ) {
        let share = (self.threads / self.workers()).max(1);
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(share).build().expect("threads can be started");
        pool.install(|| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= self.runs() {
                    return;
                }
                let (seed, recipe) = (index / self.recipes.len(), index % self.recipes.len());
                let place = RunId { recipe, seed: self.seeds[seed], worker };
                let mut flow = ControlFlow::Continue(());
                let record = Training::new(self.task, &self.recipes[recipe], place.seed, self.budget).map(
                    |mut training| {
                        training.run(&mut |training| {
                            flow = watch(place, training);
                            flow
                        });
                        (training.is_over()).then(|| (recipe * self.seeds.len() + seed, training.record()))
                    },
                );
                if let Some(record) = record.transpose() {
                    finished.lock().expect("no worker panicked").push(record);
                }
                if flow == ControlFlow::Break(()) {
                    return;
                }
            }
        });
    }
}
