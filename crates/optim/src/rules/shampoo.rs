use tensor::matmul::{Mat, gemm};

use crate::error::Error;
use crate::formula::l2;
use crate::hyperparameters;
use crate::linalg::blas1::zip_map;
use crate::linalg::eigen::eigen;
use crate::linalg::modes::{Axis, axes};
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Gradients divided by roots of what past ones sum up to along each dimension.
    pub struct Shampoo {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Fraction μ of the last step that is made again.
        momentum: f64 = 0.0 in 0.0..1.0,
        /// Added to the diagonal of every sum before its root is taken.
        eps: f64 = 1e-6 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
        /// Steps from one computation of the roots to the next: a whole number.
        precondition_every: f64 = 10.0 in 1.0..,
        /// Longest dimension with a whole matrix, not its diagonal: a whole number.
        max_dim: f64 = 256.0 in 0.0..1e5,
    }
}

impl Rule for Shampoo {
    // max_dim and precondition_every are for a processor: the paper bounds the first by memory, and takes new
    // roots every 20 to 100 steps.
    const INFO: Info = Info {
        name: "shampoo",
        title: "Preconditioned stochastic tensor optimization",
        family: "matrix",
        problem: "Adagrad looks at every weight alone; the weights of a row or a column belong together, \
                  and a matrix for each dimension knows how",
        formula: "g ← g + λ·w
L ← L + G·Gᵀ for each of the k dimensions, G: g with that dimension for rows
P = (L + ε)^(−1/(2k)), at first, and then again every precondition_every steps
u = g times P along each dimension        (P₁·g·P₂ of a matrix)
m ← μ·m + u                               (without momentum: m = u)
w ← w − η·m
of a dimension longer than max_dim, L is diagonal",
        good_when: "layers are of moderate size and batches large, so that roots are a small part of the \
                    work",
        bad_when: "layers are wide: a root of n rows takes some 9·n³ operations",
        relatives: "max_dim=0 on a vector is adagrad; soap is adam in the same bases; muon is one step of \
                    it with no memory of past gradients",
        source: "Gupta, Koren & Singer 2018",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        let shape = StateShape::Squares(self.max_dim as usize);
        let squares = |name, symbol| Slot { name, symbol, start: 0.0, shape };
        let mut state = vec![squares("pre_cond", "L"), squares("inv_pre_cond", "P")];
        if self.momentum > 0.0 {
            state.push(Slot::zeros("momentum_buffer", "m"));
        }
        state
    }

    /// Traffic of a matrix, without the arithmetic of its products and roots.
    fn memory_traffic(&self) -> MemoryTraffic {
        let momentum = if self.momentum > 0.0 { MemoryTraffic::of(1, 2, 2) } else { MemoryTraffic::NONE };
        MemoryTraffic::of(6, 8, 4) + momentum
    }

    fn check(&self) -> Result<(), Error> {
        whole(Self::INFO.name, "precondition_every", self.precondition_every)?;
        whole(Self::INFO.name, "max_dim", self.max_dim)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Shampoo { lr, momentum, weight_decay, precondition_every, .. } = *self;
        // Roots of the first sums would be far too great for gradients that those have not seen.
        let every = precondition_every as u64;
        let anew = t <= every || t.is_multiple_of(every);
        let [mu, lambda, step_size] = [momentum, weight_decay, lr].map(|x| x as f32);
        for Parameter { shape, mut update, .. } in update.parameters() {
            if shape.contains(&0) {
                continue;
            }
            let mut u = update.scaled_gradients();
            zip_map(&mut u, [update.weights()], move |g, [w]| l2(w, g, lambda));
            let Update { weights, state, .. } = update;
            let mut state = state.into_iter();
            let [sums, roots] = [0, 1].map(|_| state.next().expect("as declared"));
            self.precondition(&mut u, axes(&shape).collect(), sums, roots, anew);
            if let Some(m) = state.next() {
                zip_map(m, [&u], move |m, [u]| mu * m + u);
                u.copy_from_slice(m);
            }
            zip_map(weights, [&u], move |w, [u]| w - step_size * u);
        }
    }
}

impl Shampoo {
    /// Adds the gradient `u` to the sums of its parameter, and multiplies it by their roots.
    fn precondition(
        &self,
        u: &mut Vec<f32>,
        axes: Vec<Axis>,
        mut sums: &mut [f32],
        mut roots: &mut [f32],
        anew: bool,
    ) {
        let exponent = -0.5 / axes.len().max(1) as f64;
        let gradient = u.clone();
        for axis in axes {
            let n = axis.size;
            let is_full = n <= self.max_dim as usize;
            let numbers = if is_full { n * n } else { n };
            let sum = sums.split_off_mut(..numbers).expect("state is as long as declared");
            let root = roots.split_off_mut(..numbers).expect("state is as long as declared");
            let new = if is_full { axis.gram(&gradient) } else { axis.squares(&gradient) };
            zip_map(sum, [&new], |sum, [new]| sum + new);
            let powered = |x: f64| (x + self.eps).max(self.eps).max(f64::MIN_POSITIVE).powf(exponent);
            match (anew, is_full) {
                (true, true) => root.copy_from_slice(&of_matrix(sum, n, powered)),
                (true, false) => {
                    root.iter_mut().zip(sum).for_each(|(root, x)| *root = powered((*x).into()) as f32)
                }
                (false, _) => {}
            }
            if is_full {
                *u = axis.multiplied(Mat::new(root, n, n), u);
            } else {
                axis.scale(root, u);
            }
        }
    }
}

/// A function of a symmetric matrix: that of its eigenvalues.
fn of_matrix(a: &[f32], n: usize, f: impl Fn(f64) -> f64) -> Vec<f32> {
    let (values, vectors) = eigen(a.iter().map(|&a| a.into()).collect(), n);
    let scaled = vectors.chunks(n).zip(values).flat_map(|(v, x)| {
        let y = f(x);
        v.iter().map(move |v| (v * y) as f32)
    });
    let scaled: Vec<f32> = scaled.collect();
    let vectors: Vec<f32> = vectors.iter().map(|&v| v as f32).collect();
    let mut product = vec![0.0; n * n];
    gemm(Mat::new(&vectors, n, n).t(), Mat::new(&scaled, n, n), 0.0, &mut product);
    product
}

/// Checks a hyperparameter that counts something.
pub(super) fn whole(of: &str, name: &str, value: f64) -> Result<(), Error> {
    if value.fract() == 0.0 {
        return Ok(());
    }
    Err(Error::Conflict {
        of: of.to_string(),
        why: format!("expected {name} to be a whole number, found {value}"),
    })
}
