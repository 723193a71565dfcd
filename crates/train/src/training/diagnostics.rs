//! Measurements of a run on request: norms, directions and noise of its gradients and updates, and curvature.

use autograd::BufferPool;
use serde::{Deserialize, Serialize};
use tensor::{ParamInfo, ParamVec, Role};

use super::curves::{Curves, RunningMean};
use crate::curvature::Hessian;
use crate::examples::{Batch, Split};
use crate::record::Point;
use crate::task::{Draw, Task};

/// Measurements of a run beyond its losses. They change no bit of the training.
///
/// About ten times in an epoch, and at most every 25 batches, a batch is measured. The record has then, under
/// [`Record::diagnostics`](crate::Record::diagnostics):
///
/// | name | measurement |
/// |---|---|
/// | `gradient_norm` | ‖g‖ |
/// | `update_norm` | ‖Δw‖ |
/// | `update_ratio` | ‖Δw‖ / ‖w‖ |
/// | `effective_lr` | ‖Δw‖ / ‖g‖ |
/// | `gradient_cosine` | cosine of the angle to the gradient of the batch before |
/// | `distance` | ‖w − w₀‖ from the initial weights |
/// | `gradient_noise_scale` | trΣ / ‖G‖² of the epoch's batches (McCandlish et al. 2018), in examples |
/// | `dead_units` | fraction of units with a bias whose gradient was 0 in every batch measured in the epoch |
/// | `sharpness` | the largest eigenvalue of the [Hessian](crate::curvature) |
/// | `hessian_trace` | its trace |
///
/// The first four are also there for each parameter: `gradient_norm/fc1.weight`. `dead_units` is there for each bias:
/// `dead_units/fc1.bias`. Noise needs batches of at least two examples; a value that is not finite is left out.
///
/// ```
/// use std::ops::ControlFlow;
/// use train::{Budget, Diagnostics, Task, Training};
/// let request = data::Request::embedded(data::set("mnist")?);
/// let task = Task::notebook(data::load(&request, &mut |_| ())?.first(2000, 100));
/// let recipe = "sgd lr=0.1".parse()?;
/// let training = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 1 })?;
/// let mut training = training.with_diagnostics(Diagnostics::default());
/// training.run(&mut |_| ControlFlow::Continue(()));
/// let effective = training.record().diagnostics["effective_lr"][0].value;
/// assert!((effective - 0.1).abs() < 1e-4, "an update of SGD is lr times the gradient: {effective}");
/// # Ok::<(), train::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Curvature, measured at the start and then after a number of epochs.
    pub curvature: Option<CurvatureEvery>,
}

/// When curvature is measured, and on how many examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurvatureEvery {
    /// Epochs between two measurements.
    pub epochs: u32,
    /// Training examples that the Hessian is taken over.
    pub examples: usize,
}

/// Measurements in an epoch.
const POINTS: u64 = 10;
/// Fewest batches between two measurements: a measurement takes about as long as a batch.
const APART: u64 = 25;
/// Random vectors of an estimate of the trace.
const DRAWS: usize = 8;

/// Measurements so far, as a checkpoint keeps them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) curves: Curves,
    /// The product of the gradients of two halves of a batch, of this epoch's batches: ‖G‖² without bias.
    signal: RunningMean,
    /// The variance of an example's gradient, summed over the weights: trΣ without bias.
    variance: RunningMean,
    /// For each bias in turn, true as long as its gradient was 0 in this epoch.
    silent: Vec<bool>,
}

/// Reads a run's gradients and updates.
#[derive(Debug)]
pub(super) struct Probe {
    settings: Diagnostics,
    /// Weights at the start.
    start: ParamVec,
    /// Weights before the update under way.
    before: ParamVec,
    /// The gradient of the batch before the one to measure.
    pub(super) previous: Option<ParamVec>,
    /// The gradient of half a batch.
    half: ParamVec,
    half_batch: Batch,
    /// Measurements of the last update that are still to be recorded.
    values: Vec<(String, f64)>,
}

/// A batch whose gradient is measured.
pub(super) struct Step<'s> {
    pub(super) task: &'s Task,
    pub(super) pool: &'s BufferPool,
    pub(super) weights: &'s ParamVec,
    pub(super) buffers: &'s ParamVec,
    pub(super) gradient: &'s ParamVec,
    pub(super) indices: &'s [u32],
    pub(super) draw: Draw,
}

/// Position of a batch between two measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    /// Nothing is measured.
    Between,
    /// The next batch is measured; its gradient is compared with this one's.
    Before,
    /// The batch is measured.
    Due,
}

impl Timing {
    /// Position of a batch, counted from 0 over the whole run.
    pub(super) fn of(step: u64, per_epoch: u64) -> Timing {
        let interval = (per_epoch / POINTS).max(APART);
        match interval - 1 - step % interval {
            0 => Timing::Due,
            1 => Timing::Before,
            _ => Timing::Between,
        }
    }
}

impl Probe {
    pub(super) fn new(settings: Diagnostics, start: &ParamVec) -> Probe {
        let zeros = || start.zeros_like();
        Probe {
            settings,
            start: start.clone(),
            before: zeros(),
            previous: None,
            half: zeros(),
            half_batch: Batch::default(),
            values: Vec::new(),
        }
    }

    pub(super) fn begin_with(&mut self, weights: &ParamVec) {
        self.start = weights.clone();
    }

    /// Reads a gradient before the update that it is for.
    pub(super) fn before_update(&mut self, timing: Timing, step: &Step<'_>, measured: &mut Measured) {
        let gradient = step.gradient;
        match timing {
            Timing::Between => {}
            Timing::Before => self.previous = Some(gradient.clone()),
            Timing::Due => {
                self.before.as_mut_slice().copy_from_slice(step.weights.as_slice());
                self.measure_noise(step, measured);
                measured.note_silence(gradient);
                if let Some(previous) = self.previous.take() {
                    let (a, b) = (gradient.as_slice(), previous.as_slice());
                    let cosine = sum(a, b, |a, b| a * b) / (norm(a) * norm(b));
                    self.values.push(("gradient_cosine".into(), cosine));
                }
            }
        }
    }

    /// Adds the noise of a batch's gradient, from the gradients of its two halves.
    fn measure_noise(&mut self, step: &Step<'_>, measured: &mut Measured) {
        let Step { task, pool, weights, buffers, gradient, indices, draw } = *step;
        let (count, first) = (indices.len(), indices.len() / 2);
        if first == 0 {
            return;
        }
        task.examples.gather(Split::Train, &indices[..first], &mut self.half_batch);
        task.gradient(pool, weights, &mut buffers.clone(), &self.half_batch, draw, &mut self.half);
        let (n, a) = (count as f64, first as f64);
        let b = n - a;
        // The mean of the other half: (n g − a g₁) / b.
        let other = move |g: f64, half: f64| (n * g - a * half) / b;
        let (g, half) = (gradient.as_slice(), self.half.as_slice());
        let signal = sum(g, half, |g, half| half * other(g, half));
        let apart = sum(g, half, |g, half| (half - other(g, half)).powi(2));
        // E‖g₁ − g₂‖² = trΣ (1/a + 1/b).
        measured.signal.add(signal);
        measured.variance.add(apart / (1.0 / a + 1.0 / b));
    }

    /// Reads an update that was made.
    pub(super) fn after_update(&mut self, weights: &ParamVec, gradient: &ParamVec) {
        let Probe { start, before, values, .. } = self;
        let (mut all, layout) = (Norms::default(), weights.layout());
        for ParamInfo { name, range, .. } in layout.entries() {
            let [w, old, g] = [weights, &*before, gradient].map(|params| &params.as_slice()[range.clone()]);
            let norms = Norms {
                gradient: sum(g, g, |a, b| a * b),
                update: sum(w, old, |w, old| (w - old).powi(2)),
                weights: sum(old, old, |a, b| a * b),
            };
            all = all.plus(norms);
            values.extend(norms.named(&format!("/{name}")));
        }
        values.extend(all.named(""));
        let distance = sum(weights.as_slice(), start.as_slice(), |w, start| (w - start).powi(2)).sqrt();
        values.push(("distance".into(), distance));
    }

    /// Measurements since the last call.
    pub(super) fn take_values(&mut self) -> Vec<(String, f64)> {
        std::mem::take(&mut self.values)
    }

    /// True if curvature is measured after this epoch, or with 0 at the start.
    pub(super) fn measures_curvature_after(&self, epoch: u64) -> bool {
        self.settings.curvature.is_some_and(|every| epoch.is_multiple_of(u64::from(every.epochs.max(1))))
    }

    /// Sharpness and trace at these weights.
    pub(super) fn curvature(
        &self,
        task: &Task,
        weights: &ParamVec,
        buffers: &ParamVec,
        seed: u64,
    ) -> Vec<(String, f64)> {
        let Some(CurvatureEvery { examples, .. }) = self.settings.curvature else { return Vec::new() };
        let hessian = Hessian::new(task, weights, buffers, examples);
        let (sharpness, trace) = (hessian.sharpness(seed), hessian.trace(DRAWS, seed));
        vec![("sharpness".into(), sharpness.eigenvalue), ("hessian_trace".into(), trace.mean)]
    }
}

impl Measured {
    /// Notes which biases have a gradient: after a rectifier that passes nothing on, it is exactly 0.
    fn note_silence(&mut self, gradient: &ParamVec) {
        let biases = biases(gradient).flat_map(|(_, gradient)| gradient);
        if self.silent.is_empty() {
            self.silent = biases.map(|g| *g == 0.0).collect();
        } else {
            self.silent.iter_mut().zip(biases).for_each(|(silent, g)| *silent &= *g == 0.0);
        }
    }

    /// Measurements over the epoch that ends; the next begins new.
    pub(super) fn end_epoch(&mut self, layout_of: &ParamVec) -> Vec<(String, f64)> {
        let mut values = Vec::new();
        if let (Some(signal), Some(variance)) = (self.signal.take(), self.variance.take())
            && signal > 0.0
        {
            values.push(("gradient_noise_scale".into(), variance / signal));
        }
        let silent = std::mem::take(&mut self.silent);
        if silent.is_empty() {
            return values;
        }
        let fraction =
            |units: &[bool]| units.iter().filter(|silent| **silent).count() as f64 / units.len() as f64;
        let mut rest = &silent[..];
        for (name, gradient) in biases(layout_of) {
            let (units, after) = rest.split_at(gradient.len());
            values.push((format!("dead_units/{name}"), fraction(units)));
            rest = after;
        }
        values.push(("dead_units".into(), fraction(&silent)));
        values
    }

    /// True if the counts can be of a run with this many batches in its epoch so far, and these biases.
    pub(super) fn is_possible(&self, in_epoch: u64, end: &Point, layout_of: &ParamVec) -> bool {
        let units: usize = biases(layout_of).map(|(_, bias)| bias.len()).sum();
        [self.signal, self.variance].iter().all(|mean| mean.count <= in_epoch)
            && (self.silent.is_empty() || self.silent.len() == units)
            && self.curves.are_within(end)
    }

    /// Forgets the epoch under way, and what was measured after this epoch.
    pub(super) fn cut_after(&mut self, epoch: f64) {
        self.curves.cut_after(epoch);
        *self = Measured { curves: std::mem::take(&mut self.curves), ..Measured::default() };
    }
}

/// Biases with their names.
fn biases(params: &ParamVec) -> impl Iterator<Item = (&str, &[f32])> {
    let entries = params.layout().entries().iter().filter(|entry| entry.role == Role::Bias);
    entries.map(|entry| (entry.name.as_str(), &params.as_slice()[entry.range.clone()]))
}

/// Squared norms of a parameter.
#[derive(Debug, Clone, Copy, Default)]
struct Norms {
    gradient: f64,
    update: f64,
    weights: f64,
}

impl Norms {
    fn plus(self, other: Norms) -> Norms {
        Norms {
            gradient: self.gradient + other.gradient,
            update: self.update + other.update,
            weights: self.weights + other.weights,
        }
    }

    fn named(self, suffix: &str) -> [(String, f64); 4] {
        let [gradient, update, weights] = [self.gradient, self.update, self.weights].map(f64::sqrt);
        [
            (format!("gradient_norm{suffix}"), gradient),
            (format!("update_norm{suffix}"), update),
            (format!("update_ratio{suffix}"), update / weights),
            (format!("effective_lr{suffix}"), update / gradient),
        ]
    }
}

fn norm(a: &[f32]) -> f64 {
    sum(a, a, |a, b| a * b).sqrt()
}

/// Sum over pairs, in eight sums that a processor adds at once.
fn sum(a: &[f32], b: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += term(f64::from(*a), f64::from(*b));
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| term((*a).into(), (*b).into())).sum();
    lanes.iter().sum::<f64>() + rest
}
