use tensor::math::sum_of_squares;

use crate::formula::{lerp, maximum};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Parameter, PyTorch, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Steps divided by a mean of squares that is kept as one number a row and one a column.
    pub struct Adafactor {
        /// Step size η; from step 1/η² on it falls as 1/√t.
        lr: f64 = 1e-2 in 0.0..,
        /// Power κ: the decay of the mean of squares is 1 − t^κ.
        beta2_decay: f64 = -0.8 in -8.0..=0.0,
        /// The least root of a mean of squares: single precision's epsilon.
        eps1: f64 = 1.1920928955078125e-7 in 0.0..,
        /// The least root mean square of weights, so that small ones can grow.
        eps2: f64 = 1e-3 in 0.0..,
        /// The greatest root mean square d of a step before it is scaled.
        d: f64 = 1.0 in 1.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Adafactor {
    // In PyTorch's form: the paper adds ε₁ to g² instead of bounding the mean, and has no λ.
    const INFO: Info = Info {
        name: "adafactor",
        title: "Adaptive rates with sublinear memory",
        family: "layer-wise",
        problem: "Adam's second array doubles the memory of a large model; for a matrix, its row and column \
                  means say nearly as much",
        formula: "ρ = min(η, 1/√t),  α = max(ε₂, RMS(w))·ρ
R ← (1 − t^κ)·R + t^κ·(mean of g² over each row)
C ← (1 − t^κ)·C + t^κ·(mean of g² over each column)
v = R·Cᵀ/max(mean of R, ε₁)        (v ← the mean of g² where there are no rows)
u = g/√max(v, ε₁²)
w ← w − η·λ·w − α·u/max(1, RMS(u)/d)",
        good_when: "memory is what limits the size of a model, and no learning rate is to be tuned",
        bad_when: "there is memory for Adam, which usually needs fewer steps",
        relatives: "it is adam with beta1=0, a mean of squares kept by rows and columns, and steps in \
                    proportion to a parameter's size, as lamb's and lars's are",
        source: "Shazeer & Stern 2018",
    };
    const TIER: Tier = Tier::Tensor;
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adafactor", None)]));

    fn state(&self) -> Vec<Slot> {
        let state = |name, symbol, shape| Slot { name, symbol, start: 0.0, shape };
        vec![
            state("row_var", "R", StateShape::Rows),
            state("col_var", "C", StateShape::Columns),
            state("variance", "v", StateShape::Vectors),
        ]
    }

    /// Of a matrix.
    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(8, 9, 4)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        for Parameter { shape, mut update, .. } in update.parameters() {
            if shape.iter().product::<usize>() == 0 {
                continue;
            }
            let g = update.scaled_gradients();
            let estimate = match *shape {
                [.., rows, columns] => self.factored_mean_square(t, &mut update, &g, rows, columns),
                _ => self.mean_square(t, &mut update, &g),
            };
            self.step(t, update.weights(), &g, estimate);
        }
    }
}

impl Adafactor {
    /// The share of this step's squares in their means.
    fn newest(&self, t: u64) -> f32 {
        (t as f64).powf(self.beta2_decay) as f32
    }

    fn mean_square(&self, t: u64, update: &mut Update<'_>, g: &[f32]) -> Vec<f32> {
        let newest = self.newest(t);
        let variance = update.state_array(2);
        variance.iter_mut().zip(g).for_each(|(v, g)| *v = lerp(*v, g * g, newest));
        variance.to_vec()
    }

    /// Mean square from rows and columns together, for one matrix or each of a stack.
    fn factored_mean_square(
        &self,
        t: u64,
        update: &mut Update<'_>,
        g: &[f32],
        rows: usize,
        columns: usize,
    ) -> Vec<f32> {
        let (newest, eps1) = (self.newest(t), self.eps1 as f32);
        for (row, g) in update.state_array(0).iter_mut().zip(g.chunks(columns)) {
            *row = lerp(*row, (sum_of_squares(g) / columns as f64) as f32, newest);
        }
        for (column_means, g) in update.state_array(1).chunks_mut(columns).zip(g.chunks(rows * columns)) {
            let mut sums = vec![0.0_f64; columns];
            for row in g.chunks(columns) {
                sums.iter_mut().zip(row).for_each(|(sum, &g)| *sum += f64::from(g) * f64::from(g));
            }
            for (column, sum) in column_means.iter_mut().zip(sums) {
                *column = lerp(*column, (sum / rows as f64) as f32, newest);
            }
        }
        let [row_means, column_means] = [0, 1].map(|index| update.state_array(index).to_vec());
        let mut estimate = Vec::with_capacity(g.len());
        for (row_means, column_means) in row_means.chunks(rows).zip(column_means.chunks(columns)) {
            let mean = row_means.iter().map(|&r| f64::from(r)).sum::<f64>() / rows as f64;
            let mean = maximum(mean as f32, eps1);
            estimate.extend(row_means.iter().flat_map(|r| column_means.iter().map(move |c| r * c / mean)));
        }
        estimate
    }

    fn step(&self, t: u64, w: &mut [f32], g: &[f32], estimate: Vec<f32>) {
        let Adafactor { lr, eps1, eps2, d, weight_decay, .. } = *self;
        let root_mean_square = |x: &[f32]| (sum_of_squares(x) / x.len() as f64).sqrt();
        let floor = (eps1 * eps1) as f32;
        let mut u = estimate;
        u.iter_mut().zip(g).for_each(|(u, g)| *u = g / maximum(*u, floor).sqrt());
        let alpha = root_mean_square(w).max(eps2) * lr.min(1.0 / (t as f64).sqrt());
        let [keep, step_size] =
            [1.0 - lr * weight_decay, alpha / (root_mean_square(&u) / d).max(1.0)].map(|x| x as f32);
        w.iter_mut().zip(u).for_each(|(w, u)| *w = *w * keep - step_size * u);
    }
}
