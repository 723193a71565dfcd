//! Tasks: data, a model, a loss and a measure; `gradient` is the one place where they meet the tape.

mod images;
mod supervised;

use std::collections::BTreeMap;
use std::sync::Arc;

use autograd::{BufferPool, Tape, Var};
use data::batches::{Normalize, epoch_order};
use data::samples::Inputs;
use nn::{Context, Model};
use tensor::quantized::{Quantization, U8Tensor};
use tensor::{Kernels, ParamVec};

use crate::examples::{Batch, Examples, Split};
use crate::loss::{DynLoss, Step};
use crate::metric::Metric;
use crate::record::TaskRecord;

pub use images::Score;

/// Learning task: data, model, loss and metric.
///
/// ```
/// use std::sync::Arc;
/// use autograd::{BufferPool, Var};
/// use nn::{Builder, Context, Init, Model, Module};
/// use tensor::{Kernels, ParamId, Role};
/// use train::{Batch, Draw, NoExamples, Task, loss, metric::Metric};
///
/// /// f(x, y) = ½(x² + 10 y²)
/// #[derive(Debug)]
/// struct Valley(ParamId);
///
/// impl Module for Valley {
///     fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
///         let tape = x.tape();
///         let curvature = tape.input([2], &[T::from_f64(0.5), T::from_f64(5.0)]);
///         (tape.param(self.0).square() * curvature).sum()
///     }
/// }
///
/// let mut builder = Builder::new();
/// let point = builder.param("point", [2], Role::Matrix, Init::Constant(1.0), (1, 1));
/// let model = Model::new(builder, Valley(point));
/// let data = Arc::new(NoExamples::new("valley"));
/// let task = Task::new("valley", data, model, loss::Output, Metric::Gap { optimum: 0.0 });
///
/// let weights = task.model.init(0);
/// let mut gradient = weights.zeros_like();
/// let loss = task.gradient(
///     &BufferPool::new(), &weights, &mut task.model.buffers(), &Batch::default(), Draw::default(), &mut gradient,
/// );
/// assert_eq!((loss, gradient.as_slice()), (5.5, &[1.0, 10.0][..]));
/// ```
#[derive(Debug, Clone)]
pub struct Task {
    /// Name, such as `simplenn`.
    pub name: String,
    /// The model in words: `784-128-64-10`, `2c2d`.
    pub model_name: String,
    /// The examples.
    pub examples: Arc<dyn Examples>,
    /// Values of input bytes.
    pub normalize: Normalize,
    /// Values of input bytes by channel, of images `[height, width, channels]`; `normalize` for all if empty.
    pub channels: Vec<Normalize>,
    /// The model.
    pub model: Model,
    /// The loss that is minimized.
    pub loss: Arc<dyn DynLoss>,
    /// The measure by which recipes are compared.
    pub metric: Metric,
    /// A value of the metric that is worth reaching.
    pub target: Option<f64>,
    /// Batches: their order and their number.
    pub batching: Batching,
    /// Facts that a file of its weights carries, by name.
    pub notes: BTreeMap<String, String>,
}

/// Batches of a task: their order and their number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batching {
    /// The order of the examples in each epoch.
    pub order: Order,
    /// True if a last incomplete batch is dropped, in training and evaluation.
    pub drop_last: bool,
    /// Examples in a batch of an evaluation.
    pub evaluation: usize,
    /// Updates in an epoch of a task without examples.
    pub updates_without_examples: u64,
}

impl Default for Batching {
    fn default() -> Batching {
        Batching { order: Order::Reshuffle, drop_last: false, evaluation: 500, updates_without_examples: 100 }
    }
}

/// The order of the examples in each epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A new order in every epoch.
    Reshuffle,
    /// The order of the first epoch in every epoch, as in DeepOBS.
    Fixed,
}

/// The randomness of an update: dropout and noise are a function of these, so a second gradient of the
/// same update draws the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Draw {
    /// The seed of the run.
    pub seed: u64,
    /// The update, counted from 0.
    pub step: u64,
}

/// A model on a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean loss over the examples.
    pub loss: f64,
    /// The task's metric.
    pub metric: f64,
}

impl Task {
    /// A task with the usual batches, no target and no notes; inputs of bytes go from −1 to 1.
    pub fn new(
        name: &str,
        examples: Arc<dyn Examples>,
        model: Model,
        loss: impl DynLoss + 'static,
        metric: Metric,
    ) -> Task {
        Task {
            name: name.to_string(),
            model_name: name.to_string(),
            examples,
            normalize: Normalize::HALF,
            channels: Vec::new(),
            model,
            loss: Arc::new(loss),
            metric,
            target: None,
            batching: Batching::default(),
            notes: BTreeMap::new(),
        }
    }

    /// The settings that numbers depend on and a record has no field for, where they are not the usual ones.
    fn settings(&self) -> BTreeMap<String, String> {
        let (ours, usual) = (self.batching, Batching::default());
        let [mean, std] = self.normalization();
        let settings = [
            (ours.order != usual.order, "order", "fixed".to_string()),
            (ours.drop_last != usual.drop_last, "drop_last", ours.drop_last.to_string()),
            (ours.evaluation != usual.evaluation, "evaluation_batch", ours.evaluation.to_string()),
            (
                self.normalize != Normalize::HALF || !self.channels.is_empty(),
                "normalize",
                format!("mean={mean} std={std}"),
            ),
            (
                ours.updates_without_examples != usual.updates_without_examples,
                "updates_per_epoch",
                ours.updates_without_examples.to_string(),
            ),
        ];
        let told = settings.into_iter().filter(|(differs, ..)| *differs);
        let told = told.map(|(_, name, value)| (name, value)).chain(self.loss.settings());
        told.map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// Mean and standard deviation of input bytes as text; a list with one for each channel, if they differ.
    pub(crate) fn normalization(&self) -> [String; 2] {
        let channels = if self.channels.is_empty() { &[self.normalize] } else { &self.channels[..] };
        let list = |of: fn(&Normalize) -> f64| {
            channels.iter().map(|channel| of(channel).to_string()).collect::<Vec<_>>().join(",")
        };
        [list(|channel| channel.mean), list(|channel| channel.std)]
    }

    /// The task as a record names it.
    pub fn record(&self) -> TaskRecord {
        let examples = Split::ALL.map(|split| (split, self.examples.len(split)));
        TaskRecord {
            name: self.name.clone(),
            data: self.examples.info().clone(),
            sha256: self.examples.sha256().to_string(),
            examples: examples.into_iter().filter(|(_, len)| *len > 0).collect(),
            model: self.model_name.clone(),
            weights: self.model.layout().len(),
            loss: self.loss.name().to_string(),
            settings: self.settings(),
            metric: self.metric,
            target: self.target,
        }
    }

    /// Updates in one epoch with batches of this size, the last of which may be smaller.
    pub fn steps_per_epoch(&self, batch: usize) -> u64 {
        let Batching { drop_last, updates_without_examples, .. } = self.batching;
        match self.examples.len(Split::Train) {
            0 => updates_without_examples,
            len if drop_last && len >= batch => (len / batch) as u64,
            len => len.div_ceil(batch) as u64,
        }
    }

    /// The order in which an epoch, counted from 0, visits the training examples.
    pub fn epoch_order(&self, seed: u64, epoch: u32) -> Vec<u32> {
        let epoch = match self.batching.order {
            Order::Reshuffle => epoch,
            Order::Fixed => 0,
        };
        epoch_order(seed, epoch, self.examples.len(Split::Train))
    }

    /// Writes the gradient of the mean loss of a batch to `into` and returns the loss. Buffers, such as
    /// the running statistics of batch norm, move as in training.
    ///
    /// # Panics
    /// If weights, buffers or gradient are of another model, or the batch does not fit it.
    #[track_caller]
    pub fn gradient<T: Kernels>(
        &self,
        pool: &BufferPool<T>,
        weights: &ParamVec<T>,
        buffers: &mut ParamVec<T>,
        batch: &Batch,
        Draw { seed, step }: Draw,
        into: &mut ParamVec<T>,
    ) -> f64 {
        let tape = pool.tape(weights).borrowing(bytes(batch));
        let inputs = self.inputs(&tape, batch);
        let output = self.model.forward_in(inputs, Context::Train { seed, step, buffers });
        let loss = self.loss.of(Step { output, inputs, batch });
        loss.backward(into);
        loss.item().widen()
    }

    /// The mean loss and the metric over all examples of a split.
    pub fn evaluate(&self, weights: &ParamVec, buffers: &ParamVec, split: Split) -> Evaluation {
        match self.loss.evaluates_in_f64() {
            true => self.evaluate_in(&in_f64(weights), &in_f64(buffers), split),
            false => self.evaluate_in(weights, buffers, split),
        }
    }

    fn evaluate_in<T: Kernels>(
        &self,
        weights: &ParamVec<T>,
        buffers: &ParamVec<T>,
        split: Split,
    ) -> Evaluation {
        let (mut loss, mut examples, mut correct, mut labels) = (0.0, 0, 0, 0);
        let (mut squares, mut numbers) = (0.0, 0);
        self.for_each_output(weights, buffers, split, &mut |batch, output, batch_loss| {
            let count = batch.len().max(1);
            loss += batch_loss * count as f64;
            examples += count;
            if self.metric == Metric::Accuracy {
                let classes = output.shape().last().copied().unwrap_or(1);
                let (right, of) = Metric::correct(&output.softmax().values(), classes, batch);
                (correct, labels) = (correct + right, labels + of);
            }
            if self.metric == Metric::Rmse {
                let (sum, of) = Metric::squared_errors(&self.answers(output), batch);
                (squares, numbers) = (squares + sum, numbers + of);
            }
        });
        let loss = loss / examples as f64;
        let metric = match self.metric {
            Metric::Accuracy => correct as f64 / labels as f64,
            Metric::Loss => loss,
            Metric::Rmse => (squares / numbers as f64).sqrt(),
            Metric::Gap { optimum } => loss - optimum,
        };
        Evaluation { loss, metric }
    }

    /// Outputs of the model as numbers in the targets' units.
    fn answers<T: Kernels>(&self, output: Var<'_, T>) -> Vec<f64> {
        let mut answers: Vec<f64> = output.values().iter().map(|x| x.widen()).collect();
        self.loss.answers(&mut answers);
        answers
    }

    /// Calls `read` with the model's output and the mean loss of each batch of a split; once, with no
    /// examples, if it has none.
    fn for_each_output<T: Kernels>(
        &self,
        weights: &ParamVec<T>,
        buffers: &ParamVec<T>,
        split: Split,
        read: &mut dyn FnMut(&Batch, Var<'_, T>, f64),
    ) {
        let Batching { drop_last, evaluation, .. } = self.batching;
        let (pool, mut batch) = (BufferPool::new(), Batch::default());
        let indices: Vec<u32> = (0..self.examples.len(split) as u32).collect();
        let whole = match indices.len() {
            count if drop_last && count >= evaluation => count / evaluation * evaluation,
            count => count,
        };
        let none = [&indices[..0]];
        let batches: Box<dyn Iterator<Item = &[u32]>> = match whole {
            0 => Box::new(none.into_iter()),
            _ => Box::new(indices[..whole].chunks(evaluation)),
        };
        for indices in batches {
            self.examples.gather(split, indices, &mut batch);
            let tape = pool.tape(weights).borrowing(bytes(&batch));
            let inputs = self.inputs(&tape, &batch);
            let output = self.model.forward_in(inputs, Context::Evaluate { buffers });
            let loss = self.loss.of(Step { output, inputs, batch: &batch }).item();
            read(&batch, output, loss.widen());
        }
    }

    /// Normalization of the inputs by the task: of bytes, on the scale from 0 to 1, unless each channel has its own.
    /// Numbers and tokens are as they are.
    pub fn input_normalization(&self) -> Normalize {
        let mut none = Batch::default();
        self.examples.gather(Split::Train, &[], &mut none);
        match none.inputs {
            Inputs::Bytes { .. } => self.normalize,
            Inputs::Numbers { .. } | Inputs::Tokens { .. } => Normalize::UNIT,
        }
    }

    /// The inputs of a batch on a tape: [examples, numbers of one], or [examples, length] of tokens. Bytes are
    /// copied unless the tape [borrows](Tape::borrowing) them.
    pub fn inputs<'t, T: Kernels>(&self, tape: &'t Tape<'t, T>, batch: &Batch) -> Var<'t, T> {
        let (rows, shape) = (batch.len(), batch.inputs.shape());
        match &batch.inputs {
            Inputs::Bytes { values, .. } if !self.channels.is_empty() => {
                let channels: Vec<Quantization> = self.channels.iter().map(Normalize::quantization).collect();
                tape.input_with([rows, shape.iter().product()], |to| {
                    let pixels = to.chunks_exact_mut(channels.len()).zip(values.chunks_exact(channels.len()));
                    for (to, bytes) in pixels {
                        for ((to, &byte), channel) in to.iter_mut().zip(bytes).zip(&channels) {
                            *to = T::from_f64(channel.dequantize(byte).into());
                        }
                    }
                })
            }
            Inputs::Bytes { values, .. } => {
                let Quantization { offset, scale } = self.normalize.quantization();
                let quantization =
                    Quantization { offset: T::from_f64(offset.into()), scale: T::from_f64(scale.into()) };
                let size = shape.iter().product::<usize>();
                tape.input_u8([rows, size], U8Tensor { bytes: values, quantization })
            }
            Inputs::Numbers { values, .. } => {
                let size = shape.iter().product::<usize>();
                tape.input_with([rows, size], |to| {
                    to.iter_mut().zip(values).for_each(|(to, &x)| *to = T::from_f64(x.into()));
                })
            }
            Inputs::Tokens { values, .. } => {
                let size = shape.iter().product::<usize>();
                tape.input_tokens([rows, size], |tokens| tokens.copy_from_slice(values))
            }
        }
    }
}

/// The same numbers in double precision.
pub(crate) fn in_f64(params: &ParamVec) -> ParamVec<f64> {
    let mut wide = ParamVec::zeros(params.layout().clone());
    wide.as_mut_slice().iter_mut().zip(params.as_slice()).for_each(|(wide, &x)| *wide = x.into());
    wide
}

/// The bytes of the inputs; none where they are numbers or tokens.
fn bytes(batch: &Batch) -> &[u8] {
    match &batch.inputs {
        Inputs::Bytes { values, .. } => values,
        Inputs::Numbers { .. } | Inputs::Tokens { .. } => &[],
    }
}
