//! Curvature of a task's loss from gradients alone: products with the Hessian, its largest eigenvalue, its trace.
//!
//! The gradient is taken in double precision on both sides of the weights; their difference is a product with the
//! Hessian, without a second derivative of any operator.
//!
//! ```
//! use train::curvature::Hessian;
//! # use std::sync::Arc;
//! # use autograd::Var;
//! # use nn::{Builder, Context, Init, Model, Module};
//! # use tensor::{Kernels, ParamId, Role};
//! # use train::{NoExamples, Task, loss, metric::Metric};
//! # #[derive(Debug)]
//! # struct Valley(ParamId);
//! # impl Module for Valley {
//! #     fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
//! #         let tape = x.tape();
//! #         let curvature = tape.input([2], &[T::from_f64(0.5), T::from_f64(5.0)]);
//! #         (tape.param(self.0).square() * curvature).sum()
//! #     }
//! # }
//! # let mut builder = Builder::new();
//! # let point = builder.param("point", [2], Role::Matrix, Init::Constant(1.0), (1, 1));
//! # let model = Model::new(builder, Valley(point));
//! # let task = Task::new("valley", Arc::new(NoExamples::new("valley")), model, loss::Output, Metric::Loss);
//! // f(x, y) = ½(x² + 10 y²)
//! let hessian = Hessian::new(&task, &task.model.init(0), &task.model.buffers(), 0);
//! assert!((hessian.sharpness(0).eigenvalue - 10.0).abs() < 1e-6);
//! assert!((hessian.trace(4, 0).mean - 11.0).abs() < 1e-6);
//! ```

use autograd::BufferPool;
use tensor::ParamVec;
use tensor::random::Stream;

use crate::examples::{Batch, Split};
use crate::task::{Draw, Task, in_f64};

/// Most products with the Hessian in a Lanczos iteration.
const MAX_STEPS: usize = 64;

/// Residual, as a fraction of the eigenvalue, at which a Lanczos iteration ends.
const TOLERANCE: f64 = 1e-3;

/// Hessian of a task's mean loss over its first training examples, at fixed weights.
///
/// The loss is that of training: batch norm takes its statistics from the batch, and dropout leaves out the same
/// units in all gradients.
#[derive(Debug)]
pub struct Hessian<'t> {
    task: &'t Task,
    weights: ParamVec<f64>,
    buffers: ParamVec<f64>,
    /// Examples, in batches of an evaluation's size; one without examples if the task has none.
    batches: Vec<Batch>,
    pool: BufferPool<f64>,
}

/// Largest eigenvalue, by Lanczos iteration with full reorthogonalization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpness {
    /// Largest eigenvalue, an estimate from below.
    pub eigenvalue: f64,
    /// Bound on the distance to an eigenvalue of the Hessian.
    pub residual: f64,
    /// Products with the Hessian.
    pub products: usize,
}

/// Trace, by Hutchinson's estimator with random signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trace {
    /// Mean over the draws.
    pub mean: f64,
    /// Standard error of the mean; not finite with one draw.
    pub standard_error: f64,
}

impl<'t> Hessian<'t> {
    /// The Hessian over the first `examples` training examples, or all if there are fewer.
    ///
    /// # Panics
    /// If weights or buffers are of another model.
    #[track_caller]
    pub fn new(task: &'t Task, weights: &ParamVec, buffers: &ParamVec, examples: usize) -> Hessian<'t> {
        assert_eq!(weights.layout(), task.model.layout(), "weights of the task's model");
        let count = task.examples.len(Split::Train).min(examples);
        let indices: Vec<u32> = (0..count as u32).collect();
        let gathered = |indices: &[u32]| {
            let mut batch = Batch::default();
            task.examples.gather(Split::Train, indices, &mut batch);
            batch
        };
        let batches = match count {
            0 => vec![gathered(&[])],
            _ => indices.chunks(task.batching.evaluation).map(gathered).collect(),
        };
        let (weights, buffers) = (in_f64(weights), in_f64(buffers));
        Hessian { task, weights, buffers, batches, pool: BufferPool::new() }
    }

    /// Product with a vector, by central differences of the gradient.
    ///
    /// # Panics
    /// If the vector has another length than the weights.
    #[track_caller]
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let weights = self.weights.as_slice();
        assert_eq!(vector.len(), weights.len(), "one number for each weight");
        let length = norm(vector);
        if length == 0.0 {
            return vec![0.0; vector.len()];
        }
        // Rounding falls with the step and the third derivative's part rises with its square.
        let step = f64::EPSILON.cbrt() * (1.0 + norm(weights)) / length;
        let (ahead, back) = (self.gradient_at(vector, step), self.gradient_at(vector, -step));
        ahead.iter().zip(&back).map(|(ahead, back)| (ahead - back) / (2.0 * step)).collect()
    }

    /// The gradient of the mean loss at the weights plus `step` times a vector.
    fn gradient_at(&self, vector: &[f64], step: f64) -> Vec<f64> {
        let mut weights = self.weights.clone();
        weights.as_mut_slice().iter_mut().zip(vector).for_each(|(w, v)| *w += step * v);
        let (mut sum, mut gradient) = (vec![0.0; vector.len()], weights.zeros_like());
        let mut examples = 0;
        for batch in &self.batches {
            let mut buffers = self.buffers.clone();
            self.task.gradient(&self.pool, &weights, &mut buffers, batch, Draw::default(), &mut gradient);
            let count = batch.len().max(1);
            sum.iter_mut().zip(gradient.as_slice()).for_each(|(sum, g)| *sum += count as f64 * g);
            examples += count;
        }
        sum.iter_mut().for_each(|sum| *sum /= examples as f64);
        sum
    }

    /// Largest eigenvalue, to one part in a thousand where 64 products suffice; the seed draws the first vector.
    pub fn sharpness(&self, seed: u64) -> Sharpness {
        let mut stream = Stream::new(seed, "curvature");
        let start: Vec<f64> = self.weights.as_slice().iter().map(|_| stream.normal().into()).collect();
        let mut basis = vec![scaled(&start, norm(&start).recip())];
        let (mut diagonal, mut off_diagonal) = (Vec::new(), Vec::new());
        loop {
            let newest = &basis[basis.len() - 1];
            let mut next = self.times(newest);
            diagonal.push(dot(&next, newest));
            // Twice is enough: one pass leaves rounding errors of the size of what it removed.
            for _ in 0..2 {
                for vector in &basis {
                    let along = dot(&next, vector);
                    add(&mut next, -along, vector);
                }
            }
            let rest = norm(&next);
            let (eigenvalue, last) = largest_eigenpair(&diagonal, &off_diagonal);
            let residual = rest * last.abs();
            let products = diagonal.len();
            let done = residual <= TOLERANCE * eigenvalue.abs() || !residual.is_finite();
            if done || products == MAX_STEPS.min(start.len()) {
                return Sharpness { eigenvalue, residual, products };
            }
            off_diagonal.push(rest);
            basis.push(scaled(&next, rest.recip()));
        }
    }

    /// Trace from `draws` vectors of random signs; exact with one draw if the Hessian is diagonal.
    ///
    /// # Panics
    /// If there are no draws.
    #[track_caller]
    pub fn trace(&self, draws: usize, seed: u64) -> Trace {
        assert!(draws > 0, "a trace needs at least one draw");
        let mut stream = Stream::new(seed, "trace");
        let mut sign = || if stream.next_u32() & 1 == 0 { 1.0 } else { -1.0 };
        let mut estimate = || {
            let signs: Vec<f64> = self.weights.as_slice().iter().map(|_| sign()).collect();
            dot(&signs, &self.times(&signs))
        };
        let estimates: Vec<f64> = (0..draws).map(|_| estimate()).collect();
        let n = draws as f64;
        let mean = estimates.iter().sum::<f64>() / n;
        let squares: f64 = estimates.iter().map(|x| (x - mean).powi(2)).sum();
        Trace { mean, standard_error: (squares / (n - 1.0) / n).sqrt() }
    }
}

/// The largest eigenvalue of a symmetric tridiagonal matrix, and the last component of its unit eigenvector.
fn largest_eigenpair(diagonal: &[f64], off_diagonal: &[f64]) -> (f64, f64) {
    let radius = |i: usize| {
        let left = if i > 0 { off_diagonal[i - 1].abs() } else { 0.0 };
        left + off_diagonal.get(i).map_or(0.0, |b| b.abs())
    };
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (i, &d) in diagonal.iter().enumerate() {
        (low, high) = (low.max(d), high.max(d + radius(i)));
    }
    // All eigenvalues are below x exactly if every pivot of T − x is negative (Sturm).
    let above_all = |x: f64| {
        let mut pivot = diagonal[0] - x;
        pivot < 0.0
            && (1..diagonal.len()).all(|i| {
                pivot = diagonal[i] - x - off_diagonal[i - 1].powi(2) / pivot;
                pivot < 0.0
            })
    };
    while high - low > 1e-14 * high.abs().max(low.abs()) {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if above_all(middle) { high = middle } else { low = middle }
    }
    // At or above the largest eigenvalue, all terms of the recurrence have one sign: it is stable.
    let mut vector = vec![1.0];
    for i in 0..off_diagonal.len() {
        let before = if i > 0 { off_diagonal[i - 1] * vector[i - 1] } else { 0.0 };
        vector.push(((high - diagonal[i]) * vector[i] - before) / off_diagonal[i]);
        if vector[i + 1].abs() > 1e100 {
            vector.iter_mut().for_each(|x| *x *= 1e-100);
        }
    }
    (high, vector[vector.len() - 1] / norm(&vector))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn scaled(a: &[f64], factor: f64) -> Vec<f64> {
    a.iter().map(|a| a * factor).collect()
}

fn add(to: &mut [f64], factor: f64, a: &[f64]) {
    to.iter_mut().zip(a).for_each(|(to, a)| *to += factor * a);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_eigenvalue_of_the_second_difference_is_known() {
        // Eigenvalues 2 − 2 cos(kπ/(n+1)), eigenvectors sin(ikπ/(n+1)).
        for n in [1, 2, 5, 40] {
            let (value, last) = largest_eigenpair(&vec![2.0; n], &vec![-1.0; n - 1]);
            let angle = n as f64 * std::f64::consts::PI / (n + 1) as f64;
            let vector: Vec<f64> = (1..=n).map(|i| (i as f64 * angle).sin()).collect();
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-12, "{n}: {value}");
            assert!((last.abs() - vector[n - 1].abs() / norm(&vector)).abs() < 1e-6, "{n}: {last}");
        }
    }
}
