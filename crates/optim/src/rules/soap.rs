use tensor::matmul::Mat;

use super::shampoo::whole;
use crate::error::Error;
use crate::formula::{bias_correction, lerp};
use crate::hyperparameters;
use crate::linalg::blas1::zip_map;
use crate::linalg::eigen::{eigen, orthonormal};
use crate::linalg::modes::{Axis, axes};
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Adam along the axes that Shampoo finds.
    pub struct Soap {
        /// Step size η.
        lr: f64 = 3e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.95 in 0.0..1.0,
        /// Decay β₂ of the mean of squares, and of the means that give the axes.
        beta2: f64 = 0.95 in 0.0..1.0,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 1e-2 in 0.0..,
        /// Steps from one turn of the axes to the next: a whole number.
        precondition_every: f64 = 10.0 in 1.0..,
        /// Longest dimension whose axes are turned: a whole number.
        max_dim: f64 = 256.0 in 0.0..1e5,
    }
}

impl Rule for Soap {
    // max_dim is 10,000 in the authors' code, for graphics cards. ε is as they have it, before the
    // correction, and so is the order of step and decay.
    const INFO: Info = Info {
        name: "soap",
        title: "Shampoo with Adam in the preconditioner's eigenbasis",
        family: "matrix",
        problem: "Shampoo's roots are dear and soon out of date; its eigenvectors change slowly, and along \
                  them Adam's mean of squares is always up to date",
        formula: "g′ = g along the axes Q of each dimension        (Q₁ᵀ·g·Q₂ of a matrix)
m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g′²
u = m′/(√v + ε), m′ = m along Q, and back from there
w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·u,  then w ← w − η·λ·w
L ← β₂·L + (1 − β₂)·G·Gᵀ for each dimension, G: g with it for rows
Q ← orthonormal(L·Q), the longest first, every precondition_every steps
the first gradient only gives L and Q, its eigenvectors; t counts the others
what is no matrix, or a dimension longer than max_dim, has no Q",
        good_when: "the fewest steps count, layers are of moderate size, and batches large",
        bad_when: "layers are wide: a turn of n axes takes some 5·n³ operations",
        relatives: "where nothing is turned, as in vectors, it is adam with ε before the correction; \
                    shampoo has the same axes",
        source: "Vyas et al. 2024",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        let shape = StateShape::MatrixSquares(self.max_dim as usize);
        let squares = |name, symbol| Slot { name, symbol, start: 0.0, shape };
        vec![
            Slot::zeros("exp_avg", "m"),
            Slot::zeros("exp_avg_sq", "v"),
            squares("GG", "L"),
            squares("Q", "Q"),
        ]
    }

    /// Traffic of a matrix, without the arithmetic of its products.
    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(10, 14, 10)
    }

    fn check(&self) -> Result<(), Error> {
        whole(Self::INFO.name, "precondition_every", self.precondition_every)?;
        whole(Self::INFO.name, "max_dim", self.max_dim)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        for Parameter { shape, update, .. } in update.parameters() {
            if shape.contains(&0) {
                continue;
            }
            let g = update.scaled_gradients();
            let Update { weights, state, .. } = update;
            let [m, v, sums, bases] = <[&mut [f32]; 4]>::try_from(state).expect("as declared");
            let is_turned = |axis: &Axis| shape.rank() >= 2 && axis.size <= self.max_dim as usize;
            let mut turned: Vec<Turned<'_>> = vec![];
            let (mut sums, mut bases) = (sums, bases);
            for axis in axes(&shape).filter(is_turned) {
                let numbers = ..axis.size * axis.size;
                turned.push(Turned {
                    axis,
                    sum: sums.split_off_mut(numbers).expect("state is as long as declared"),
                    basis: bases.split_off_mut(numbers).expect("state is as long as declared"),
                });
            }
            if t > 1 {
                self.step(t - 1, weights, &g, m, v, &turned);
            }
            for turned in &mut turned {
                turned.add(&g, (1.0 - self.beta2) as f32);
                if t == 1 {
                    turned.find_axes();
                } else if (t - 1).is_multiple_of(self.precondition_every as u64) {
                    turned.turn(v);
                }
            }
        }
    }
}

impl Soap {
    fn step(&self, t: u64, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], turned: &[Turned<'_>]) {
        let Soap { lr, beta1, beta2, eps, weight_decay, .. } = *self;
        let correction = bias_correction(beta2, t).sqrt() / bias_correction(beta1, t);
        let [new1, new2, eps, step_size, keep] =
            [1.0 - beta1, 1.0 - beta2, eps, lr * correction, 1.0 - lr * weight_decay].map(|x| x as f32);
        let along = |x: &[f32]| turned.iter().fold(x.to_vec(), |x, turned| turned.along(&x));
        zip_map(m, [g], move |m, [g]| lerp(m, g, new1));
        zip_map(v, [&along(g)], move |v, [g]| lerp(v, g * g, new2));
        let mut u = along(m);
        zip_map(&mut u, [v], move |u, [v]| u / (v.sqrt() + eps));
        let u = turned.iter().fold(u, |u, turned| turned.back(&u));
        zip_map(w, [&u], move |w, [u]| (w - step_size * u) * keep);
    }
}

/// A dimension with its own axes.
struct Turned<'a> {
    axis: Axis,
    /// The mean L of G·Gᵀ.
    sum: &'a mut [f32],
    /// The axes: one a column of Q.
    basis: &'a mut [f32],
}

impl Turned<'_> {
    fn q(&self) -> Mat<'_> {
        Mat::new(self.basis, self.axis.size, self.axis.size)
    }

    fn along(&self, x: &[f32]) -> Vec<f32> {
        self.axis.multiplied(self.q().t(), x)
    }

    fn back(&self, x: &[f32]) -> Vec<f32> {
        self.axis.multiplied(self.q(), x)
    }

    fn add(&mut self, g: &[f32], weight: f32) {
        let gram = self.axis.gram(g);
        zip_map(self.sum, [&gram], move |sum, [new]| lerp(sum, new, weight));
    }

    /// The eigenvectors of L, that of the greatest eigenvalue first.
    fn find_axes(&mut self) {
        let n = self.axis.size;
        let (values, vectors) = eigen(self.sum.iter().map(|&x| x.into()).collect(), n);
        let order = descending(&values);
        let sorted: Vec<f64> = order.iter().flat_map(|&i| &vectors[i * n..(i + 1) * n]).copied().collect();
        self.set_axes(&sorted);
    }

    /// One step of the power iteration for all axes at once; the means of squares come along.
    fn turn(&mut self, v: &mut [f32]) {
        let n = self.axis.size;
        let (sum, q): (Vec<f64>, Vec<f64>) =
            (self.sum.iter().map(|&x| x.into()).collect(), self.basis.iter().map(|&x| x.into()).collect());
        // Rows of the transposed product: L·q for each axis q.
        let mut products = vec![0.0; n * n];
        tensor::matmul::gemm_f64(Mat::new(&q, n, n).t(), Mat::new(&sum, n, n).t(), 0.0, &mut products);
        let value = |i: usize| (0..n).map(|k| q[k * n + i] * products[i * n + k]).sum::<f64>();
        let order = descending(&(0..n).map(value).collect::<Vec<f64>>());
        let sorted: Vec<f64> = order.iter().flat_map(|&i| &products[i * n..(i + 1) * n]).copied().collect();
        v.copy_from_slice(&self.axis.reordered(&order, v));
        self.set_axes(&orthonormal(sorted, n));
    }

    /// Axes given one a row.
    fn set_axes(&mut self, rows: &[f64]) {
        let n = self.axis.size;
        for (i, row) in rows.chunks(n).enumerate() {
            row.iter().enumerate().for_each(|(k, x)| self.basis[k * n + i] = *x as f32);
        }
    }
}

/// The positions of the values from the greatest to the least.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}
