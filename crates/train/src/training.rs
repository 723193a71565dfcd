//! One run: weights, optimizer and position in the epoch, stepped forward.

pub(crate) mod checkpoint;
mod curves;
mod diagnostics;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use autograd::BufferPool;
use optim::{Optimizer, Requires, StateDict};
use serde::{Deserialize, Serialize};
use tensor::math::all_finite;
use tensor::parallel::{self, Adaptive};
use tensor::{ParamVec, simd};

use crate::budget::Budget;
use crate::error::Error;
use crate::event::{Event, RunInfo};
use crate::examples::{Batch, Split};
use crate::recipe::Recipe;
use crate::record::{Change, Counts, Environment, Histogram, NUMBERS, Point, Record, SCHEMA, Status};
use crate::task::{Draw, Evaluation, Task};

use curves::{Curves, RunningMean};
use diagnostics::{Measured, Probe, Timing};

pub use diagnostics::{CurvatureEvery, Diagnostics};

/// A run of one recipe with one seed on one task.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use train::{Budget, Recipe, Task, Training};
/// let digits = data::load(&data::Request::new(data::set("mnist")?), &mut |_| ())?;
/// let task = Task::notebook(digits);
/// let recipe: Recipe = "adam lr=0.001".parse()?;
/// let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 5, evaluations: 1 })?;
/// training.run(&mut |_| ControlFlow::Continue(()));
/// assert!(training.record().final_metric().unwrap() > 0.95);
/// # Ok::<(), train::Error>(())
/// ```
#[derive(Debug)]
pub struct Training<'t> {
    task: &'t Task,
    recipe: &'t Recipe,
    seed: u64,
    budget: Budget,
    weights: ParamVec,
    /// The running statistics of batch norm.
    buffers: ParamVec,
    gradients: ParamVec,
    /// Weights and gradients elsewhere, for an optimizer that asks for them.
    elsewhere: Option<[ParamVec; 2]>,
    optimizer: Optimizer,
    pool: BufferPool,
    order: Vec<u32>,
    batch: Batch,
    /// Threads that the run was last given.
    threads: usize,
    progress: Progress,
    probe: Option<Probe>,
    /// Evaluations that are still to be told.
    evaluated: Vec<Event>,
}

/// Progress of a run; with weights and optimizer state, all that a checkpoint needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Batches trained on; each is an update, unless the recipe accumulates or leaves some out.
    pub steps: u64,
    /// Examples trained on, each as often as it was.
    pub examples: u64,
    /// The loss of the first batch, before its update.
    #[serde(with = "crate::json_number")]
    pub first_loss: f64,
    /// The loss of the last batch, before its update.
    #[serde(with = "crate::json_number")]
    pub last_loss: f64,
    /// Seconds of training.
    pub seconds: f64,
    /// Finished, unless the run diverged.
    pub status: Status,
    /// The losses of this epoch's batches.
    epoch_loss: RunningMean,
    /// The losses since the last point of the curve.
    recent_loss: RunningMean,
    curves: Curves,
    #[serde(default)]
    measured: Measured,
    /// True if a part was trained with other settings.
    #[serde(default)]
    mixed: bool,
    /// Changes by hand, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
}

/// A copy of all that a run has learned.
#[derive(Debug, Clone)]
pub struct Snapshot {
    weights: ParamVec,
    buffers: ParamVec,
    /// The state of its optimizer.
    pub state: StateDict,
    /// Progress.
    pub progress: Progress,
}

/// A reader of events, who may stop the run.
type Watch<'w> = dyn FnMut(&Training<'_>, &Event) -> ControlFlow<()> + 'w;

/// Points of the training curve in one epoch.
const POINTS: u64 = 10;

impl<'t> Training<'t> {
    /// The run at its start: weights drawn from the seed, nothing trained.
    ///
    /// # Errors
    /// If the recipe's settings cannot be used.
    pub fn new(task: &'t Task, recipe: &'t Recipe, seed: u64, budget: Budget) -> Result<Training<'t>, Error> {
        check_memory(task, recipe)?;
        let weights = task.model.init(seed);
        let batches = task.steps_per_epoch(recipe.batch) * u64::from(budget.epochs);
        let optimizer = recipe.optimizer(task.model.layout(), batches)?;
        let per_epoch = recipe.spec.updates(task.steps_per_epoch(recipe.batch)).max(1);
        let optimizer = optimizer.with_steps_per_epoch(per_epoch);
        let progress = Progress {
            steps: 0,
            examples: 0,
            first_loss: f64::NAN,
            last_loss: f64::NAN,
            seconds: 0.0,
            status: Status::Finished,
            epoch_loss: RunningMean::default(),
            recent_loss: RunningMean::default(),
            curves: Curves::new(),
            measured: Measured::default(),
            mixed: false,
            changes: Vec::new(),
        };
        let (buffers, gradients, pool) = (task.model.buffers(), weights.zeros_like(), BufferPool::new());
        Ok(Training {
            task,
            recipe,
            seed,
            budget,
            weights,
            buffers,
            gradients,
            elsewhere: None,
            optimizer,
            pool,
            order: Vec::new(),
            batch: Batch::default(),
            threads: parallel::threads(),
            progress,
            probe: None,
            evaluated: Vec::new(),
        })
    }

    /// The same run with measurements, which change no bit of the training.
    #[must_use]
    pub fn with_diagnostics(self, diagnostics: Diagnostics) -> Self {
        let probe = Some(Probe::new(diagnostics, &self.weights));
        Training { probe, ..self }
    }

    /// Trains to the end, or until `after_step` says to stop. It is called after every batch.
    pub fn run(&mut self, after_step: &mut dyn FnMut(&Training<'_>) -> ControlFlow<()>) {
        self.run_events(&mut |training, event| match event {
            Event::Progress { .. } => after_step(training),
            _ => ControlFlow::Continue(()),
        });
    }

    /// Trains to the end, or until `watch` says to stop, and tells it every [`Event`].
    ///
    /// Evaluations after a batch are told before its progress, so whoever stops at a batch has heard all of it.
    pub fn run_events(&mut self, watch: &mut dyn FnMut(&Training<'_>, &Event) -> ControlFlow<()>) {
        self.threads = parallel::threads();
        let _ = self.run_to_end(watch);
    }

    fn run_to_end(&mut self, watch: &mut Watch<'_>) -> ControlFlow<()> {
        watch(self, &Event::RunStarted { run: self.info(), batches: self.progress.steps })?;
        if self.progress.steps == 0 && self.progress.measured == Measured::default() {
            self.measure_curvature(0);
        }
        if self.progress.steps == 0 && self.budget.evaluations > 0 && !self.was_evaluated() {
            self.evaluate(self.watched_split());
            self.tell_evaluations(watch)?;
        }
        let mut choice = Adaptive::new(self.threads);
        while !self.is_over() {
            // Once in every epoch at least, for threads that have gone to sleep since.
            let threads = choice.threads();
            let stretch = || parallel::spinning(|| self.run_stretch(&mut choice, watch));
            parallel::limited(threads, stretch)?;
        }
        watch(self, &Event::RunFinished { record: Box::new(self.record()) })
    }

    /// Trains to the end of this epoch, or until another number of threads is to be used.
    fn run_stretch(&mut self, choice: &mut Adaptive, watch: &mut Watch<'_>) -> ControlFlow<()> {
        let (per_epoch, threads) = (self.steps_per_epoch(), choice.threads());
        while !self.is_over() {
            let place = self.progress.steps % per_epoch;
            if place == 0 || self.order.is_empty() {
                let epoch = (self.progress.steps / per_epoch) as u32;
                self.order = self.task.epoch_order(self.seed, epoch);
            }
            let learning_rate = self.optimizer.learning_rate();
            let start = Instant::now();
            let loss = self.step(place as usize);
            let seconds = start.elapsed().as_secs_f64();
            choice.took(seconds);
            self.progress.seconds += seconds;
            self.note(loss, place + 1, per_epoch);
            self.tell_step(learning_rate, watch)?;
            if place + 1 == per_epoch || choice.threads() != threads {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Tells of a batch, and before that of evaluations after it.
    fn tell_step(&mut self, learning_rate: Option<f64>, watch: &mut Watch<'_>) -> ControlFlow<()> {
        let evaluations = self.tell_evaluations(watch);
        let Progress { steps: batches, examples, seconds, last_loss: loss, .. } = self.progress;
        watch(self, &Event::Progress { batches, examples, seconds, loss, learning_rate })?;
        evaluations
    }

    fn tell_evaluations(&mut self, watch: &mut Watch<'_>) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for event in std::mem::take(&mut self.evaluated) {
            if watch(self, &event).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }

    /// One step on the batch at this place of the epoch; returns the loss before it.
    fn step(&mut self, place: usize) -> f64 {
        let (passes_on, per_epoch) = (self.leaves_out_steps(), self.steps_per_epoch());
        let Training { task, recipe, weights, buffers, gradients, elsewhere, optimizer, pool, batch, .. } =
            self;
        // What dropout leaves out depends on the draw, so it is the same elsewhere.
        let draw = Draw { seed: self.seed, step: self.progress.steps };
        let indices = self.order.chunks(recipe.batch).nth(place).unwrap_or_default();
        self.progress.examples += indices.len() as u64;
        task.examples.gather(Split::Train, indices, batch);
        let loss = task.gradient(pool, weights, buffers, batch, draw, gradients);
        if !(loss.is_finite() || passes_on) {
            return loss;
        }
        let mut diagnosed = match Timing::of(draw.step, per_epoch) {
            Timing::Between => None,
            timing => self.probe.as_mut().map(|probe| (timing, probe)),
        };
        if let Some((timing, probe)) = &mut diagnosed {
            let step = diagnostics::Step { task, pool, weights, buffers, gradient: gradients, indices, draw };
            probe.before_update(*timing, &step, &mut self.progress.measured);
        }
        match optimizer.requires() {
            Requires::Gradient => optimizer.step(weights.as_mut_slice(), gradients.as_slice()),
            Requires::Loss | Requires::Closure => {
                let mut closure = |at: &[f32], result: &mut [f32]| {
                    let zeros = || [gradients.zeros_like(), gradients.zeros_like()];
                    let [elsewhere, there] = elsewhere.get_or_insert_with(zeros);
                    elsewhere.as_mut_slice().copy_from_slice(at);
                    // Running statistics are of the weights that are trained.
                    let loss = task.gradient(pool, elsewhere, &mut buffers.clone(), batch, draw, there);
                    result.copy_from_slice(there.as_slice());
                    loss
                };
                optimizer.step_with(weights.as_mut_slice(), gradients.as_slice(), loss, &mut closure);
            }
        }
        if let Some((Timing::Due, probe)) = diagnosed {
            probe.after_update(weights, gradients);
        }
        loss
    }

    /// True if a step without finite gradients is skipped, so that the run may continue.
    fn leaves_out_steps(&self) -> bool {
        self.recipe.spec.wrappers.iter().any(|wrapper| wrapper.skips_nonfinite())
    }

    /// Records what a step gave: `place` batches of the epoch's `per_epoch` are done.
    fn note(&mut self, loss: f64, place: u64, per_epoch: u64) {
        let goes_on = loss.is_finite() || self.leaves_out_steps() && all_finite(self.weights.as_slice());
        let progress = &mut self.progress;
        progress.steps += 1;
        progress.last_loss = loss;
        if progress.steps == 1 {
            progress.first_loss = loss;
        }
        if !goes_on {
            progress.status = Status::Diverged { step: progress.steps };
            return;
        }
        if loss.is_finite() {
            progress.epoch_loss.add(loss);
            progress.recent_loss.add(loss);
        }
        self.note_diagnostics(place == per_epoch);
        if falls_on(place, per_epoch, POINTS)
            && let Some(loss) = self.progress.recent_loss.take()
        {
            self.push(Record::TRAIN_LOSS, loss);
        }
        if place == per_epoch {
            let loss = self.progress.epoch_loss.take().unwrap_or(f64::NAN);
            self.push(Record::EPOCH_LOSS, loss);
            self.optimizer.observe(loss);
        }
        if falls_on(place, per_epoch, self.budget.evaluations.into()) {
            self.evaluate(self.watched_split());
        }
        if self.is_over() && self.progress.status == Status::Finished && self.budget.evaluations > 0 {
            self.finish();
        }
    }

    /// The test examples, if there are any, once at the end, of a task that was watched on its validation examples.
    fn finish(&mut self) {
        if self.watched_split() == Split::Validation && !self.task.examples.is_empty(Split::Test) {
            self.evaluate(Split::Test);
        }
    }

    /// The split that is evaluated during training.
    fn watched_split(&self) -> Split {
        match self.task.examples.len(Split::Validation) {
            0 => Split::Test,
            _ => Split::Validation,
        }
    }

    fn was_evaluated(&self) -> bool {
        self.progress.curves.contains(&Record::curve_name(self.watched_split(), "loss"))
    }

    /// Measures on a split, and whether the weights are still finite.
    fn evaluate(&mut self, split: Split) {
        let evaluation = self.task.evaluate(&self.evaluation_weights(), &self.buffers, split);
        if !evaluation.loss.is_finite() {
            self.progress.status = Status::Diverged { step: self.progress.steps };
            return;
        }
        let Evaluation { loss, metric } = evaluation;
        self.evaluated.push(Event::Evaluated { split, batches: self.progress.steps, loss, metric });
        self.push(&Record::curve_name(split, "loss"), evaluation.loss);
        if self.task.metric.name() != "loss" {
            self.push(&Record::curve_name(split, self.task.metric.name()), evaluation.metric);
        }
    }

    /// Records what the probe has measured, at the end of an epoch over the whole of it.
    fn note_diagnostics(&mut self, ends_epoch: bool) {
        let Some(probe) = &mut self.probe else { return };
        let mut values = probe.take_values();
        if ends_epoch {
            values.extend(self.progress.measured.end_epoch(&self.gradients));
        }
        self.push_diagnostics(values);
        if ends_epoch {
            self.measure_curvature(self.progress.steps / self.steps_per_epoch());
        }
    }

    /// Measures curvature, if it is asked for after this epoch.
    fn measure_curvature(&mut self, epoch: u64) {
        let Some(probe) = self.probe.as_ref().filter(|probe| probe.measures_curvature_after(epoch)) else {
            return;
        };
        let values = probe.curvature(self.task, &self.weights, &self.buffers, self.seed);
        self.push_diagnostics(values);
    }

    fn push_diagnostics(&mut self, values: Vec<(String, f64)>) {
        let point = self.point();
        for (name, value) in values.into_iter().filter(|(_, value)| value.is_finite()) {
            self.progress.measured.curves.push(&name, Point { value, ..point });
        }
    }

    /// Adds a measurement to a curve.
    fn push(&mut self, curve: &str, value: f64) {
        let point = Point { value, ..self.point() };
        self.progress.curves.push(curve, point);
    }

    /// The present place in the run, with no measurement yet.
    fn point(&self) -> Point {
        let epoch = self.progress.steps as f64 / self.steps_per_epoch() as f64;
        Point { epoch, updates: self.optimizer.steps(), seconds: self.progress.seconds, value: f64::NAN }
    }

    /// The run as its events name it.
    pub fn info(&self) -> RunInfo {
        RunInfo::new(self.task, self.recipe, self.seed, self.budget)
    }

    /// Batches in one epoch; the last may be smaller.
    pub fn steps_per_epoch(&self) -> u64 {
        self.task.steps_per_epoch(self.recipe.batch)
    }

    /// Batches in the whole run.
    pub fn total_steps(&self) -> u64 {
        self.steps_per_epoch() * u64::from(self.budget.epochs)
    }

    /// The task.
    pub fn task(&self) -> &Task {
        self.task
    }

    /// [`Recipe::warnings`] of this run.
    pub fn warnings(&self) -> Vec<optim::Warning> {
        self.recipe.warnings(self.steps_per_epoch(), self.budget.epochs)
    }

    /// Progress of the run.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The seed of weights and batches.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The optimizer with its settings and state.
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// The weights to use the model with: those that are trained, or the average of them that the
    /// optimizer keeps.
    pub fn evaluation_weights(&self) -> Cow<'_, ParamVec> {
        match self.optimizer.evaluation_weights(self.weights.as_slice()) {
            Cow::Borrowed(same) if std::ptr::eq(same, self.weights.as_slice()) => {
                Cow::Borrowed(&self.weights)
            }
            other => {
                let mut averaged = self.weights.zeros_like();
                averaged.as_mut_slice().copy_from_slice(&other);
                Cow::Owned(averaged)
            }
        }
    }

    /// Largest change of a weight since the start, as a fraction of the largest weight at the start: of the weights to
    /// use the model with, and for a run that began with those drawn from its seed. 0 if every weight is the same, and
    /// infinite if all were 0.
    pub fn largest_change(&self) -> f64 {
        let start = self.task.model.init(self.seed);
        let now = self.evaluation_weights();
        let change = |(&a, &b): (&f32, &f32)| (f64::from(a) - f64::from(b)).abs();
        let changes = start.as_slice().iter().zip(now.as_slice()).map(change);
        let change = changes.fold(0.0, f64::max);
        let largest = start.as_slice().iter().fold(0.0, |max: f64, &w| max.max(f64::from(w).abs()));
        if change == 0.0 { 0.0 } else { change / largest }
    }

    /// The weights that are trained, as they are now.
    pub fn weights(&self) -> &ParamVec {
        &self.weights
    }

    /// The running statistics of batch norm, as they are now.
    pub fn buffers(&self) -> &ParamVec {
        &self.buffers
    }

    /// True if the run has ended: trained to the end, or diverged.
    pub fn is_over(&self) -> bool {
        self.progress.steps >= self.total_steps() || self.has_diverged()
    }

    /// True once the loss or the weights are not finite.
    pub fn has_diverged(&self) -> bool {
        self.progress.status != Status::Finished
    }

    /// True if the losses speak for the weights: the run has not diverged, and has not [exploded](Training::exploded).
    pub fn is_sound(&self) -> bool {
        !self.has_diverged() && self.exploded().is_none()
    }

    /// The loss of the last batch, or of the evaluation after it, if it is more than a thousand times that of the
    /// first batch, or of 1. No smaller learning rate brings such weights back.
    pub fn exploded(&self) -> Option<f64> {
        let Progress { first_loss, last_loss, curves, .. } = &self.progress;
        let now = self.point().epoch;
        let evaluated = [Split::Validation, Split::Test]
            .iter()
            .filter_map(|&split| curves.last(&Record::curve_name(split, "loss")))
            .filter(|point| point.epoch == now)
            .map(|point| point.value);
        let passed_over = !last_loss.is_finite() && self.leaves_out_steps();
        let trained = (!passed_over).then_some(*last_loss);
        let most = 1e3 * first_loss.abs().max(1.0);
        evaluated.chain(trained).find(|loss| loss.is_nan() || loss.abs() > most)
    }

    /// The result of the run so far.
    pub fn record(&self) -> Record {
        let progress = &self.progress;
        Record {
            schema: SCHEMA,
            task: self.task.record(),
            optimizer: self.recipe.name(),
            recipe: self.recipe.to_string(),
            seed: self.seed,
            batch: self.recipe.batch,
            budget: self.budget,
            status: progress.status.clone(),
            counts: Counts {
                batches: progress.steps,
                updates: self.optimizer.steps(),
                gradients: Some(self.optimizer.gradient_calls()),
                examples: progress.examples,
            },
            state_bytes_per_weight: self.optimizer.state_bytes_per_weight(),
            environment: Environment {
                kernel: simd::path().name().to_string(),
                threads: self.threads,
                version: env!("CARGO_PKG_VERSION").to_string(),
                numbers: NUMBERS,
            },
            curves: progress.curves.points().clone(),
            diagnostics: progress.measured.curves.points().clone(),
            histograms: self.histograms(),
            changes: progress.changes.clone(),
        }
    }

    /// The curves so far, as the record will have them.
    pub fn curves(&self) -> &BTreeMap<String, Vec<Point>> {
        self.progress.curves.points()
    }

    /// The diagnostics so far, as the record will have them.
    pub fn diagnostics(&self) -> &BTreeMap<String, Vec<Point>> {
        self.progress.measured.curves.points()
    }

    /// The final weights of each parameter, if there are diagnostics.
    fn histograms(&self) -> BTreeMap<String, Histogram> {
        if self.probe.is_none() || !self.is_over() {
            return BTreeMap::new();
        }
        let layout = self.weights.layout();
        let each = layout.ids().zip(layout.entries());
        each.filter_map(|(id, entry)| Some((entry.name.clone(), Histogram::of(self.weights.get(id))?)))
            .collect()
    }

    /// Goes on where another run of the same network was, with this one's seed and settings.
    ///
    /// # Errors
    /// If its optimizer keeps other state; then nothing is changed.
    pub fn take(&mut self, snapshot: Snapshot) -> Result<(), Error> {
        let Snapshot { weights, buffers, state, progress } = snapshot;
        self.optimizer.load_state_dict_of_another(state)?;
        (self.weights, self.buffers) = (weights, buffers);
        self.progress = progress;
        self.optimizer.set_lr_scale(self.lr_scale());
        self.order.clear();
        Ok(())
    }

    /// Factor of every learning rate that was set by hand; 1 is the recipe alone.
    pub fn lr_scale(&self) -> f64 {
        self.progress.changes.last().map_or(1.0, |change| change.lr_scale)
    }

    /// Multiplies every learning rate by `scale` from the next batch on, on top of schedules. The record says so in its
    /// [`changes`](Record::changes), and its key is not that of the recipe alone. Nothing happens if it is the present one.
    ///
    /// # Panics
    /// If the scale is negative or not finite.
    #[track_caller]
    pub fn set_lr_scale(&mut self, scale: f64) {
        if scale == self.lr_scale() {
            return;
        }
        self.optimizer.set_lr_scale(scale);
        let changes = &mut self.progress.changes;
        // One that no batch has seen has changed nothing.
        changes.pop_if(|last| last.batches == self.progress.steps);
        if scale != changes.last().map_or(1.0, |change| change.lr_scale) {
            changes.push(Change { batches: self.progress.steps, lr_scale: scale });
        }
    }

    /// A copy of all that the run has learned.
    pub fn snapshot(&self) -> Snapshot {
        let Training { weights, buffers, optimizer, progress, .. } = self;
        let (weights, buffers, progress) = (weights.clone(), buffers.clone(), progress.clone());
        Snapshot { weights, buffers, state: optimizer.state_dict(), progress }
    }

    /// Begins with these weights instead of those drawn from the seed; running statistics begin new.
    ///
    /// # Panics
    /// If they are another network's, or an update has been made.
    #[track_caller]
    pub fn begin_with(&mut self, weights: &ParamVec) {
        assert_eq!(self.progress.steps, 0, "a run that is under way has its weights");
        assert_eq!(self.weights.layout(), weights.layout(), "weights of the same network");
        self.weights = weights.clone();
        self.probe.iter_mut().for_each(|probe| probe.begin_with(weights));
    }
}

/// True if the `place`-th step reaches one of `points` evenly spread marks of `total`.
fn falls_on(place: u64, total: u64, points: u64) -> bool {
    place * points / total > (place - 1) * points / total
}

/// Refuses a network whose weights, gradients and optimizer state the system does not give memory for: later, in the
/// middle of building it, that would end the program.
fn check_memory(task: &Task, recipe: &Recipe) -> Result<(), Error> {
    let weights = task.model.layout().len();
    let state = optim::cost::Cost::of_rule(&*recipe.spec.rule)?.state_bytes;
    let bytes = weights as u128 * (2 * size_of::<f32>() + state) as u128;
    let fits = usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    if fits { Ok(()) } else { Err(Error::Memory { weights, bytes }) }
}
