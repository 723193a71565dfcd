//! One run: weights, optimizer and place in the epoch, stepped forward; and its checkpoint.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use autograd::BufferPool;
use data::batches::epoch_order;
use nn::Context;
use optim::{Optimizer, Requires, StateDict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tensor::math::all_finite;
use tensor::{ParamVec, parallel, simd};

use crate::error::Error;
use crate::recipe::Recipe;
use crate::record::{EpochRecord, Evaluation, RunRecord, SCHEMA, Status, TrainPoint};
use crate::task::Task;
use crate::weights;

/// How long a run is and how often it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Passes over the training set.
    pub epochs: u32,
    /// Evaluations on the test set in each epoch, evenly spread, the last at its end; with 0 it is not
    /// looked at, not even at the start.
    pub evaluations: u32,
}

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
/// assert!(training.record().final_accuracy().unwrap() > 0.95);
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
    /// Weights and gradients elsewhere, for a method that asks for them.
    elsewhere: Option<[ParamVec; 2]>,
    optimizer: Optimizer,
    pool: BufferPool,
    order: Vec<u32>,
    labels: Vec<u32>,
    progress: Progress,
}

/// How far a run is; with weights and optimizer state, all that a checkpoint needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Batches trained on; each is an update, unless the recipe accumulates or leaves some out.
    pub steps: u64,
    /// Sum of the losses of this epoch's batches.
    epoch_loss: f64,
    /// Batches of this epoch whose loss is not in the sum because it is not finite.
    #[serde(default)]
    left_out: u64,
    /// Sum and number of the losses since the last point of the curve.
    stretch_loss: f64,
    stretch: u64,
    /// The loss of the last batch, before its update.
    #[serde(with = "crate::json_number")]
    pub last_loss: f64,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of training before this epoch.
    seconds_before: f64,
    status: Status,
    epochs: Vec<EpochRecord>,
    train_curve: Vec<TrainPoint>,
    evaluations: Vec<Evaluation>,
}

/// A copy of all that a run has learned.
#[derive(Debug, Clone)]
pub struct Snapshot {
    weights: ParamVec,
    buffers: ParamVec,
    /// The state of its optimizer.
    pub state: StateDict,
    /// How far it is.
    pub progress: Progress,
}

/// Points of the training curve in one epoch.
const POINTS: u64 = 10;

impl<'t> Training<'t> {
    /// The run at its start: weights drawn from the seed, nothing trained.
    ///
    /// # Errors
    /// If the recipe's settings cannot be used.
    pub fn new(task: &'t Task, recipe: &'t Recipe, seed: u64, budget: Budget) -> Result<Training<'t>, Error> {
        let weights = task.model.init(seed);
        let batches = task.steps_per_epoch(recipe) * u64::from(budget.epochs);
        let optimizer = recipe.optimizer(task.model.layout(), batches)?;
        let per_epoch = recipe.method.updates(task.steps_per_epoch(recipe)).max(1);
        let optimizer = optimizer.with_steps_per_epoch(per_epoch);
        let progress = Progress {
            steps: 0,
            epoch_loss: 0.0,
            left_out: 0,
            stretch_loss: 0.0,
            stretch: 0,
            last_loss: f64::NAN,
            seconds: 0.0,
            seconds_before: 0.0,
            status: Status::Finished,
            epochs: Vec::new(),
            train_curve: Vec::new(),
            evaluations: Vec::new(),
        };
        let (buffers, gradients, pool) = (task.model.buffers(), weights.zeros_like(), BufferPool::new());
        let (order, labels) = (Vec::new(), Vec::new());
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
            order,
            labels,
            progress,
        })
    }

    /// Trains to the end, or until `after_step` says to stop. It is called after every batch.
    pub fn run(&mut self, after_step: &mut dyn FnMut(&Training<'_>) -> ControlFlow<()>) {
        loop {
            // Anew in every epoch, for threads that have gone to sleep since.
            let flow = parallel::spinning(|| self.run_epoch(after_step));
            if flow == ControlFlow::Break(()) || self.is_over() {
                return;
            }
        }
    }

    /// What is left of this epoch.
    fn run_epoch(&mut self, after_step: &mut dyn FnMut(&Training<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let per_epoch = self.steps_per_epoch();
        if self.progress.evaluations.is_empty() && self.budget.evaluations > 0 {
            self.evaluate();
        }
        while !self.is_over() {
            let place = self.progress.steps % per_epoch;
            if place == 0 || self.order.is_empty() {
                let epoch = (self.progress.steps / per_epoch) as u32;
                self.order = epoch_order(self.seed, epoch, self.task.dataset.train.len());
            }
            let start = Instant::now();
            let loss = self.step(place as usize);
            self.progress.seconds += start.elapsed().as_secs_f64();
            self.note(loss, place + 1, per_epoch);
            if after_step(self) == ControlFlow::Break(()) {
                return ControlFlow::Break(());
            }
            if place + 1 == per_epoch {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// One step on the batch at this place of the epoch; returns the loss before it.
    fn step(&mut self, place: usize) -> f64 {
        let passes_on = self.leaves_out_steps();
        let Training { task, recipe, weights, buffers, gradients, elsewhere, optimizer, pool, .. } = self;
        let (seed, step) = (self.seed, self.progress.steps);
        let batch = self.order.chunks(recipe.batch).nth(place).expect("a place of this epoch");
        let labels = &mut self.labels;
        let mut gradient = |weights: &ParamVec, buffers: &mut ParamVec, gradients: &mut ParamVec| {
            let tape = pool.tape(weights);
            let x = tape.input_bytes([batch.len(), task.pixels()], task.normalize.quantization(), |pixels| {
                task.dataset.train.gather(batch, pixels, labels);
            });
            // What dropout leaves out depends on the seed and the step, so it is the same elsewhere.
            let loss = task.model.forward_in(x, Context::Train { seed, step, buffers }).cross_entropy(labels);
            loss.backward(gradients);
            f64::from(loss.item())
        };
        let loss = gradient(weights, buffers, gradients);
        if !(loss.is_finite() || passes_on) {
            return loss;
        }
        if optimizer.requires() == Requires::Gradient {
            optimizer.step(weights.as_mut_slice(), gradients.as_slice());
            return loss;
        }
        let mut evaluate = |at: &[f32], result: &mut [f32]| {
            let zeros = || [gradients.zeros_like(), gradients.zeros_like()];
            let [elsewhere, there] = elsewhere.get_or_insert_with(zeros);
            elsewhere.as_mut_slice().copy_from_slice(at);
            // Running statistics are of the weights that are trained.
            let loss = gradient(elsewhere, &mut buffers.clone(), there);
            result.copy_from_slice(there.as_slice());
            loss
        };
        optimizer.step_with(weights.as_mut_slice(), gradients.as_slice(), loss, &mut evaluate);
        loss
    }

    /// Whether a step without finite gradients is left out, so that the run may go on after it.
    fn leaves_out_steps(&self) -> bool {
        self.recipe.method.wrappers.iter().any(|wrapper| wrapper.leaves_out_steps())
    }

    /// Writes down what a step gave: `place` batches of the epoch's `per_epoch` are done.
    fn note(&mut self, loss: f64, place: u64, per_epoch: u64) {
        let goes_on = loss.is_finite() || self.leaves_out_steps() && all_finite(self.weights.as_slice());
        let progress = &mut self.progress;
        progress.steps += 1;
        progress.last_loss = loss;
        if !goes_on {
            progress.status = Status::Diverged { step: progress.steps };
            return;
        }
        if loss.is_finite() {
            progress.epoch_loss += loss;
            progress.stretch_loss += loss;
            progress.stretch += 1;
        } else {
            progress.left_out += 1;
        }
        let passes = progress.steps as f64 / per_epoch as f64;
        if falls_on(place, per_epoch, POINTS) && progress.stretch > 0 {
            let loss = progress.stretch_loss / progress.stretch as f64;
            progress.train_curve.push(TrainPoint { epoch: passes, loss });
            (progress.stretch_loss, progress.stretch) = (0.0, 0);
        }
        if place == per_epoch {
            let train_loss = progress.epoch_loss / (per_epoch - progress.left_out) as f64;
            progress.epochs.push(EpochRecord {
                epoch: (progress.steps / per_epoch) as u32,
                steps: self.optimizer.steps(),
                train_loss,
                seconds: progress.seconds - progress.seconds_before,
            });
            (progress.epoch_loss, progress.left_out) = (0.0, 0);
            progress.seconds_before = progress.seconds;
            self.optimizer.observe(train_loss);
        }
        if falls_on(place, per_epoch, self.budget.evaluations.into()) {
            self.evaluate();
        }
    }

    /// Measures on the test set, and whether the weights are still finite.
    fn evaluate(&mut self) {
        let score = self.task.score(&self.evaluation_weights(), &self.buffers, &self.task.dataset.test);
        let progress = &mut self.progress;
        if !score.loss.is_finite() {
            progress.status = Status::Diverged { step: progress.steps };
            return;
        }
        progress.evaluations.push(Evaluation {
            epoch: progress.steps as f64 / self.task.steps_per_epoch(self.recipe) as f64,
            seconds: progress.seconds,
            test_loss: score.loss,
            test_accuracy: score.accuracy,
        });
    }

    /// Batches in one epoch; the last may be smaller.
    pub fn steps_per_epoch(&self) -> u64 {
        self.task.steps_per_epoch(self.recipe)
    }

    /// Batches in the whole run.
    pub fn total_steps(&self) -> u64 {
        self.steps_per_epoch() * u64::from(self.budget.epochs)
    }

    /// What is allowed in the recipe and leaves weights untrained in this run.
    pub fn warnings(&self) -> Vec<optim::Warning> {
        let method = &self.recipe.method;
        let [total, per_epoch] = [self.total_steps(), self.steps_per_epoch()].map(|b| method.updates(b));
        method.warnings(total, per_epoch)
    }

    /// Training images that gradients were taken on, each as often as it was.
    pub fn images_seen(&self) -> u64 {
        let (images, per_epoch) = (self.task.dataset.train.len() as u64, self.steps_per_epoch());
        let (epochs, rest) = (self.progress.steps / per_epoch, self.progress.steps % per_epoch);
        epochs * images + rest * self.recipe.batch as u64
    }

    /// How far the run is.
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

    /// The weights that are trained, as they are now.
    pub fn weights(&self) -> &ParamVec {
        &self.weights
    }

    /// The running statistics of batch norm, as they are now.
    pub fn buffers(&self) -> &ParamVec {
        &self.buffers
    }

    /// Whether there is nothing left to do: trained to the end, or diverged.
    pub fn is_over(&self) -> bool {
        self.progress.steps >= self.total_steps() || self.progress.status != Status::Finished
    }

    /// What the run has done so far.
    pub fn record(&self) -> RunRecord {
        let (task, dataset) = (self.task, &self.task.dataset);
        let Progress { status, epochs, train_curve, evaluations, .. } = self.progress.clone();
        RunRecord {
            schema: SCHEMA,
            dataset: dataset.name.to_string(),
            origin: dataset.origin.to_string(),
            sample: dataset.is_sample(),
            train_images: dataset.train.len(),
            test_images: dataset.test.len(),
            model: task.describe_model(),
            weights: self.weights.as_slice().len(),
            optimizer: self.recipe.name(),
            recipe: self.recipe.to_string(),
            seed: self.seed,
            batch: self.recipe.batch,
            state_bytes_per_weight: self.optimizer.state_bytes_per_weight(),
            threads: rayon::current_num_threads(),
            kernel: simd::path().name().to_string(),
            gradient_calls: Some(self.optimizer.gradient_calls()),
            status,
            epochs,
            train_curve,
            evaluations,
        }
    }

    /// Writes all that a later process needs to go on, bit for bit.
    ///
    /// # Errors
    /// If the file cannot be written; then the old one is still there.
    pub fn save_checkpoint(&self, path: &Path) -> Result<(), Error> {
        let state = self.optimizer.state_dict();
        let mut tensors = weights::named(&self.weights, "weights.");
        tensors.extend(weights::named(&self.buffers, "buffers."));
        for (name, array) in &state.arrays {
            tensors.push((format!("optimizer.{name}"), vec![array.len()], array));
        }
        // As bits, so that no number is too odd for JSON.
        let scalars: Vec<(&str, u64)> =
            state.scalars.iter().map(|(name, x)| (name.as_str(), x.to_bits())).collect();
        let mut notes: BTreeMap<String, String> = self.settings().into_iter().collect();
        notes.insert("scalars".into(), serde_json::to_string(&scalars).expect("names and numbers"));
        let counts = [state.steps, state.gradient_calls];
        notes.insert("counts".into(), serde_json::to_string(&counts).expect("two numbers"));
        notes.insert(
            "progress".into(),
            serde_json::to_string(&self.progress).expect("progress is plain data"),
        );
        weights::write(
            path,
            tensors.iter().map(|(name, shape, values)| (name.as_str(), shape.as_slice(), *values)),
            notes,
        )
    }

    /// Goes on where a checkpoint was written.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or is of a run with other settings; the last is no
    /// error with `force`, as long as the arrays fit.
    pub fn resume(&mut self, path: &Path, force: bool) -> Result<(), Error> {
        let bytes = weights::read(path)?;
        let (tensors, notes) = weights::parse(path, &bytes)?;
        let damaged = |why: String| Error::File {
            path: path.into(),
            why,
            hint: "delete the file to start from the beginning".to_string(),
        };
        let differences: Vec<String> = self
            .settings()
            .into_iter()
            .filter_map(|(name, ours)| {
                let theirs = notes.get(&name).map_or("nothing", String::as_str);
                (theirs != ours).then(|| format!("  {name}: {theirs} in the checkpoint, {ours} now"))
            })
            .collect();
        if !(differences.is_empty() || force) {
            return Err(Error::OtherRun { path: path.into(), differences });
        }
        let progress: Progress = note(&notes, "progress").map_err(damaged)?;
        let scalars: Vec<(String, u64)> = note(&notes, "scalars").map_err(damaged)?;
        let [steps, gradient_calls] = note(&notes, "counts").map_err(damaged)?;
        let weights = weights::params(path, &tensors, "weights.", self.task.model.layout())?;
        let buffers = weights::params(path, &tensors, "buffers.", self.buffers.layout())?;
        let mut arrays = self.optimizer.state_dict().arrays;
        for (name, array) in &mut arrays {
            *array = weights::numbers(path, &tensors, &format!("optimizer.{name}"), &[array.len()])?;
        }
        let scalars = scalars.into_iter().map(|(name, bits)| (name, f64::from_bits(bits))).collect();
        let state = StateDict { steps, gradient_calls, arrays, scalars, ..self.optimizer.state_dict() };
        self.take(Snapshot { weights, buffers, state, progress })
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
        self.order.clear();
        Ok(())
    }

    /// A copy of all that the run has learned.
    pub fn snapshot(&self) -> Snapshot {
        let Training { weights, buffers, optimizer, progress, .. } = self;
        let (weights, buffers, progress) = (weights.clone(), buffers.clone(), progress.clone());
        Snapshot { weights, buffers, state: optimizer.state_dict(), progress }
    }

    /// Begins with these weights instead of those drawn from the seed; running statistics begin anew.
    ///
    /// # Panics
    /// If they are another network's, or an update has been made.
    #[track_caller]
    pub fn begin_with(&mut self, weights: &ParamVec) {
        assert_eq!(self.progress.steps, 0, "a run that is under way has its weights");
        assert_eq!(self.weights.layout(), weights.layout(), "weights of the same network");
        self.weights = weights.clone();
    }

    /// What must be the same for a run to be the same, by name.
    fn settings(&self) -> Vec<(String, String)> {
        let (task, dataset) = (self.task, &self.task.dataset);
        let images = format!("{} and {} images", dataset.train.len(), dataset.test.len());
        [
            ("checkpoint", format!("version {SCHEMA}")),
            ("dataset", format!("{}, {images}", dataset.name)),
            ("model", task.describe_model()),
            ("inputs", format!("mean {} deviation {}", task.normalize.mean, task.normalize.std)),
            ("recipe", self.recipe.to_string()),
            ("seed", self.seed.to_string()),
            ("epochs", self.budget.epochs.to_string()),
            ("evaluations", self.budget.evaluations.to_string()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }
}

/// A note of a checkpoint.
fn note<N: DeserializeOwned>(notes: &BTreeMap<String, String>, name: &str) -> Result<N, String> {
    let text = notes.get(name).ok_or_else(|| format!("is no checkpoint: it has no note `{name}`"))?;
    serde_json::from_str(text).map_err(|error| format!("its note `{name}` is damaged: {error}"))
}

/// Whether one of `points` evenly spread marks of `total` is reached by the `place`-th step.
fn falls_on(place: u64, total: u64, points: u64) -> bool {
    place * points / total > (place - 1) * points / total
}
