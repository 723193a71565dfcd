//! The engine of a study: runs of all cells on all workers, through a store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use tensor::simd;
use train::record::{NUMBERS, TaskRecord};
use train::{Batching, Budget, Event, Recipe, Record, Split, Task};

use super::cell::Cell;
use super::kept::{self, Known, Results};
use super::outcome::{Decision, Outcome, TaskOutcome, cell_outcome, checks, compare, over_tasks};
use super::run::{CellId, Phase, Run};
use super::{Facts, Shard, Study, fault};
use crate::error::Error;
use crate::executor::{self, Agenda, Halt, Part, Request};
use crate::search::{Point, at_point};
use crate::store::{Holder, Store, StudyText};
use crate::tasks::without_test;
use crate::worker_pool::WorkerPool;

/// A reader of the events of all runs, from several threads; it may end a run or everything. The cell of a run that
/// was ended goes on when the study is run again.
pub type Watch<'w> = dyn Fn(&Position, &Event) -> ControlFlow<Halt> + Sync + 'w;

/// A run under way, as [`Watch`] is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// The worker that has it, counted from 0.
    pub worker: usize,
    /// Its cell.
    pub cell: CellId,
    /// The run.
    pub run: Run,
    /// Its cost, in the unit of [`Planned::cost`].
    pub cost: f64,
}

/// The work of a study or its shard, at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planned {
    /// Runs.
    pub runs: usize,
    /// Cost of all runs: batches × examples of a batch × weights.
    pub cost: f64,
    /// Of those, runs that the store knows.
    pub known_runs: usize,
    /// Their cost.
    pub known_cost: f64,
    /// Runs at the same time.
    pub workers: usize,
}

/// A study with its tasks, a store and threads.
#[derive(Debug)]
pub struct Engine<'a> {
    study: &'a Study,
    store: &'a dyn Store,
    tasks: Vec<Prepared>,
    facts: Vec<Facts>,
    threads: usize,
    shard: Shard,
}

/// A task for tuning, without its test examples, and for reporting.
#[derive(Debug)]
struct Prepared {
    tuning: (Task, TaskRecord),
    reporting: (Task, TaskRecord),
}

impl<'a> Engine<'a> {
    /// For these tasks, those of the study in its order, with validation examples if anything is tuned.
    ///
    /// # Errors
    /// If the study cannot be, or the tasks are others or have no validation examples.
    pub fn new(study: &'a Study, tasks: &[Task], store: &'a dyn Store) -> Result<Engine<'a>, Error> {
        study.check()?;
        let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
        if names != study.tasks.iter().map(String::as_str).collect::<Vec<_>>() {
            return Err(fault(
                format!(
                    "expected the tasks {}, found {}",
                    files::text::list(study.tasks.iter().map(String::as_str)),
                    files::text::list(names)
                ),
                "give the tasks of the study, in its order",
            ));
        }
        for task in tasks.iter().filter(|_| study.tunes()) {
            if !task.examples.is_empty(Split::Train) && task.examples.is_empty(Split::Validation) {
                return Err(fault(
                    format!(
                        "expected validation examples of the task `{}`, found none",
                        files::text::name(&task.name)
                    ),
                    "hold some out: test examples must not choose settings",
                ));
            }
        }
        let facts = tasks.iter().map(|task| Facts::of_task(study, task)).collect::<Result<_, _>>()?;
        let tasks = tasks.iter().map(|task| Prepared::new(study, task)).collect();
        Ok(Engine { study, store, tasks, facts, threads: study.threads.unwrap_or(1), shard: Shard::WHOLE })
    }

    /// The same with this number of threads in all; without it, one or that of the study.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Engine<'a> {
        Engine { threads, ..self }
    }

    /// The same for a part of the cells.
    #[must_use]
    pub fn with_shard(self, shard: Shard) -> Engine<'a> {
        Engine { shard, ..self }
    }

    /// Settings of the entries, as they are, that leave weights untrained: the task, the entry and the warning of each.
    pub fn warnings(&self) -> Vec<(&str, &str, optim::Warning)> {
        let mut warnings = Vec::new();
        for (facts, Prepared { reporting: (task, _), .. }) in self.facts.iter().zip(&self.tasks) {
            for entry in &self.study.entries {
                let per_epoch = task.steps_per_epoch(entry.batch.unwrap_or(facts.batch));
                let found = entry.recipe.warnings(per_epoch, facts.epochs);
                warnings.extend(found.into_iter().map(|warning| (&*facts.name, &*entry.name, warning)));
            }
        }
        warnings
    }

    /// The work, at most, and how much of it the store knows.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn planned(&self) -> Result<Planned, Error> {
        let cells = self.cells();
        let runs = cells.iter().map(|cell| cell.planned().runs).sum();
        let cost = cells.iter().map(|cell| self.cost_of_cell(cell)).sum();
        let known = kept::runs(self.study, &self.facts, self.store)?;
        let costs = known.iter().filter_map(|(id, run, _)| {
            let cell = cells.iter().find(|cell| cell.id == *id)?;
            Some(self.cost(cell, run.epochs))
        });
        let costs: Vec<f64> = costs.collect();
        let (known_runs, known_cost) = (costs.len(), costs.iter().sum());
        Ok(Planned { runs, cost, known_runs, known_cost, workers: WorkerPool::workers(runs, self.threads) })
    }

    /// Runs all that is not known, and returns what is known then. Runs that other processes have are waited for;
    /// `waiting` is told who, twice a second, and may stop it, as may `watch`. What is finished is kept in any case.
    ///
    /// # Errors
    /// If the store has another study of this name, or cannot be read or written, or a thread cannot be started.
    pub fn run(
        &self,
        watch: &Watch<'_>,
        waiting: &(dyn Fn(&Holder) -> ControlFlow<()> + Sync),
    ) -> Result<Outcome, Error> {
        self.store.open_study(&self.text())?;
        let mut known = kept::load(self.study, &self.facts, self.store)?;
        let cells = self.cells().into_iter().map(|cell| {
            let results = known.remove(&cell.id).unwrap_or_default();
            CellBoard { cell, results, points: Vec::new(), kept: BTreeSet::new(), under_way: 0 }
        });
        let mut board =
            Board { engine: self, cells: cells.collect(), ready: Vec::new(), pace: BTreeMap::new() };
        for cell in 0..board.cells.len() {
            board.advance(cell)?;
        }
        if !board.ready.is_empty() {
            let pool = WorkerPool::start(board.ready.len(), self.threads)?;
            let make = |job: &Job, worker: usize| self.make(job, worker, watch);
            executor::execute(&pool, board, make, waiting)?;
        }
        self.outcome()
    }

    /// Outcome of the study, as far as the store has its runs.
    ///
    /// # Errors
    /// If the store cannot be read, or has no such study.
    pub fn outcome(&self) -> Result<Outcome, Error> {
        Outcome::of_store(self.study, &self.facts, self.store)
    }

    /// The study with all that its results depend on, as the store keeps it.
    pub fn text(&self) -> StudyText {
        let mut facts = vec![format!("kernel {}, numbers {NUMBERS}", simd::path().name())];
        facts.extend(self.tasks.iter().map(|Prepared { reporting: (_, task), .. }| {
            let examples: Vec<String> =
                task.examples.iter().map(|(split, count)| format!("{count} {split}")).collect();
            let examples = if examples.is_empty() { "no examples".to_string() } else { examples.join(", ") };
            let data =
                if task.sha256.is_empty() { String::new() } else { format!(", sha256 {}", task.sha256) };
            format!("data of {}: {}, {examples}{data}", task.name, task.data.name)
        }));
        facts.extend(self.facts.iter().map(|facts| {
            format!("usual for {}: {} epochs, batch {}", facts.name, facts.epochs, facts.batch)
        }));
        StudyText { name: self.study.name.clone(), text: self.study.definition(&facts) }
    }

    /// The cells of the shard.
    fn cells(&self) -> Vec<Cell<'_>> {
        let all: Vec<Cell<'_>> = self
            .study
            .cells()
            .into_iter()
            .map(|id| Cell::new(self.study, &self.facts[id.task], id))
            .collect();
        let costs: Vec<f64> = all.iter().map(|cell| self.cost_of_cell(cell)).collect();
        let ours = self.shard.places(&costs);
        all.into_iter().enumerate().filter(|(place, _)| ours.contains(place)).map(|(_, cell)| cell).collect()
    }

    fn cost_of_cell(&self, cell: &Cell<'_>) -> f64 {
        cell.planned().epochs as f64 * self.cost(cell, 1)
    }

    /// Batches × examples of a batch × weights of a run.
    fn cost(&self, cell: &Cell<'_>, epochs: u32) -> f64 {
        let (task, record) = &self.tasks[cell.id.task].tuning;
        let batch = batch(cell);
        let batches = task.steps_per_epoch(batch) * u64::from(epochs);
        batches as f64 * batch as f64 * record.weights as f64
    }

    fn make(&self, job: &Job, worker: usize, watch: &Watch<'_>) -> Result<executor::Made, Error> {
        let Job { id, run, recipe, cost, .. } = job;
        let prepared = &self.tasks[id.task];
        let (task, record) = match run.phase {
            Phase::Tuning | Phase::Choosing => &prepared.tuning,
            Phase::Reporting | Phase::Pilot => &prepared.reporting,
        };
        let budget = Budget { epochs: run.epochs, evaluations: self.study.evaluations };
        let request = Request { task: (task, record), recipe: recipe.clone(), seed: run.seed, budget };
        let position = Position { worker, cell: *id, run: *run, cost: *cost };
        let part = |key: &str| Part::of_store(self.store, key);
        executor::run(&request, &part, &mut |event| watch(&position, event))
    }
}

impl Prepared {
    fn new(study: &Study, task: &Task) -> Prepared {
        let batching = Batching { order: study.order, ..task.batching };
        let reporting = Task { batching, ..task.clone() };
        let tuning = without_test(reporting.clone());
        let with_record = |task: Task| {
            let record = task.record();
            (task, record)
        };
        Prepared { tuning: with_record(tuning), reporting: with_record(reporting) }
    }
}

fn batch(cell: &Cell<'_>) -> usize {
    cell.entry.batch.unwrap_or(cell.facts.batch)
}

/// A run that can begin.
#[derive(Debug)]
struct Job {
    /// Place of its cell on the board.
    place: usize,
    id: CellId,
    run: Run,
    recipe: Recipe,
    cost: f64,
}

/// All cells with their results, and the runs that can begin.
struct Board<'e> {
    engine: &'e Engine<'e>,
    cells: Vec<CellBoard<'e>>,
    ready: Vec<Job>,
    /// Seconds a unit of cost, by task and entry, as last measured.
    pace: BTreeMap<(usize, usize), f64>,
}

struct CellBoard<'e> {
    cell: Cell<'e>,
    results: Results,
    points: Vec<Point>,
    /// Names of the trials that the store has.
    kept: BTreeSet<String>,
    /// Runs that the next step waits for.
    under_way: usize,
}

impl Board<'_> {
    /// Brings a cell on as far as its results allow.
    fn advance(&mut self, place: usize) -> Result<(), Error> {
        let Board { engine, cells, ready, .. } = self;
        let CellBoard { cell, results, points, kept, under_way } = &mut cells[place];
        let state = cell.state(&|run| results.get(run).map(|known| known.score));
        *points = state.points;
        let all = kept::trials(engine.study, cell, points, results);
        let new: Vec<_> = all.into_iter().filter(|trial| kept.insert(trial.name.clone())).collect();
        engine.store.put_trials(&engine.study.name, &new)?;
        *under_way = state.missing.len();
        for run in state.missing {
            let point = run.trial.map_or(Point::default(), |trial| points[trial].clone());
            let recipe = Recipe { batch: batch(cell), ..at_point(&cell.entry.recipe, &point)? };
            let cost = engine.cost(cell, run.epochs);
            ready.push(Job { place, id: cell.id, run, recipe, cost });
        }
        Ok(())
    }

    /// Seconds that a run is expected to take; where nothing was measured, as the fastest of the others.
    fn seconds(&self, job: &Job) -> f64 {
        let own = self.pace.get(&(job.id.task, job.id.entry)).copied();
        let any = || self.pace.values().copied().fold(f64::INFINITY, f64::min);
        let pace = own.unwrap_or_else(|| if self.pace.is_empty() { 1.0 } else { any() });
        job.cost * pace
    }
}

impl Agenda for Board<'_> {
    type Job = Job;

    /// The longest first, the earlier of equal ones; the order changes no result.
    fn next(&mut self) -> Option<Job> {
        let longest = (0..self.ready.len())
            .rev()
            .max_by(|&a, &b| self.seconds(&self.ready[a]).total_cmp(&self.seconds(&self.ready[b])))?;
        Some(self.ready.remove(longest))
    }

    fn put_back(&mut self, job: Job) {
        self.ready.push(job);
    }

    fn done(&mut self, job: Job, key: String, record: Record) -> Result<(), Error> {
        let seconds = record.curve(Record::EPOCH_LOSS).last().map(|point| point.seconds);
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0 && record.finished()) {
            self.pace.insert((job.id.task, job.id.entry), seconds / job.cost);
        }
        let cell = &mut self.cells[job.place];
        cell.results.insert(job.run, Known::new(key, &record));
        cell.under_way -= 1;
        if cell.under_way == 0 { self.advance(job.place) } else { Ok(()) }
    }
}

impl Facts {
    /// The facts of a study's tasks, which are of the registry.
    ///
    /// # Errors
    /// If one is not.
    pub fn of_registry(study: &Study) -> Result<Vec<Facts>, Error> {
        let specs = study.specs()?;
        Ok(specs
            .iter()
            .zip(&study.tasks)
            .map(|(spec, name)| Facts::of_info(study, name, spec.info))
            .collect())
    }
}

impl Outcome {
    /// Outcome of a study from a store: nothing is trained, no data are read.
    ///
    /// # Errors
    /// If the store cannot be read, or has no such study.
    pub fn of_store(study: &Study, facts: &[Facts], store: &dyn Store) -> Result<Outcome, Error> {
        let text = store.study(&study.name)?.ok_or_else(|| crate::store::unknown_study(&study.name))?;
        let mut known = kept::load(study, facts, store)?;
        let mut cells = Vec::new();
        for id in study.cells() {
            let cell = Cell::new(study, &facts[id.task], id);
            let results = known.remove(&id).unwrap_or_default();
            let scores = |run: &Run| results.get(run).map(|known| known.score);
            let state = cell.state(&scores);
            let mut records = BTreeMap::new();
            for (run, Known { key, .. }) in results.iter().filter(|(run, _)| run.phase == Phase::Reporting) {
                records.extend(store.get(key)?.map(|record| (*run, (key.clone(), record))));
            }
            cells.push(cell_outcome(study, &cell, state, &scores, &|run| records.get(run).cloned()));
        }
        let tasks: Vec<TaskOutcome> = facts
            .iter()
            .map(|facts| TaskOutcome {
                name: facts.name.clone(),
                metric: facts.metric,
                target: facts.target,
                epochs: facts.epochs,
                seeded: facts.seeded,
            })
            .collect();
        let mut outcome = Outcome {
            schema: super::outcome::SCHEMA,
            study: study.name.clone(),
            definition_sha256: text.sha256(),
            confidence: study.confidence,
            tasks,
            rulesets: study.rulesets.iter().map(ToString::to_string).collect(),
            entries: study.entries.iter().map(|entry| entry.name.clone()).collect(),
            halving: study.halving.is_some() && study.tunes(),
            trials: study.trials,
            cells,
            comparisons: Vec::new(),
            aa: Vec::new(),
            over_tasks: Vec::new(),
        };
        outcome.conclude(study);
        Ok(outcome)
    }

    /// Adds the comparisons of all rulesets whose cells are complete.
    fn conclude(&mut self, study: &Study) {
        let (mut comparisons, mut over) = (Vec::new(), Vec::new());
        for ruleset in 0..self.rulesets.len() {
            let rows: Vec<Vec<_>> =
                (0..self.tasks.len()).map(|task| self.cells_of(task, ruleset).collect()).collect();
            let complete = |row: &Vec<&super::outcome::CellOutcome>| row.iter().all(|cell| cell.complete);
            for (task, row) in rows.iter().enumerate().filter(|(_, row)| complete(row)) {
                // A cell in which every trial diverged has diverged on every seed.
                let seeds = row.iter().map(|cell| cell.runs.len()).max().unwrap_or(0);
                let scores: Vec<Vec<Option<f64>>> = row
                    .iter()
                    .map(|cell| match cell.hopeless {
                        true => vec![None; seeds],
                        false => cell.runs.iter().map(|run| run.score).collect(),
                    })
                    .collect();
                let direction = self.tasks[task].direction();
                let pilot = self.spread_of_pilot(task, ruleset);
                let decision = Decision { pilot, ..study.decision(ruleset) };
                comparisons.push(compare((task, ruleset), &scores, direction, &decision));
            }
            if rows.iter().all(complete) {
                over.extend(over_tasks(study, ruleset, &self.tasks, &rows));
            }
        }
        self.aa = comparisons.iter().flat_map(|found| checks(found, study.twins())).collect();
        (self.comparisons, self.over_tasks) = (comparisons, over);
    }
}
