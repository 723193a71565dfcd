//! Losses: scalar means over examples.

use tensor::parallel::for_each_chunk;
use tensor::{Scalar, Shape};

use super::elementwise::{sigmoid, softplus};
use super::softmax::softmax_rows;
use crate::var::Var;

/// Rows of scores per thread task.
const TOGETHER: usize = 256;

ops! {
    /// Cross-entropy of logits [.., classes] with the labels, in nats, the mean over rows:
    /// `mean(ln Σeˣ − x[label])`. PyTorch's `CrossEntropyLoss`, with the classes in the last dimension for any rank.
    ///
    /// # Panics
    /// If the number of labels is not the number of rows, or a label is not below the number of classes.
    #[track_caller]
    pub fn cross_entropy<'a>(self, labels: &'a [u32]) -> Var<'g, T> {
        self.cross_entropy_smoothed(labels, 0.0)
    }

    /// [`cross_entropy`](Var::cross_entropy) with the target `(1 − s)·onehot + s/classes`
    /// (Szegedy 2016).
    ///
    /// # Panics
    /// As `cross_entropy`.
    #[track_caller]
    pub fn cross_entropy_smoothed<'a>(self, labels: &'a [u32], smoothing: f64) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let shape = self.shape();
        assert!(shape.rank() > 0, "expected scores [.., classes], found shape {shape}");
        let (n, classes) = shape.as_matrix();
        assert!(
            labels.len() == n,
            "expected {n} labels, one for each row of shape {shape}, found {}",
            labels.len()
        );
        if let Some(label) = labels.iter().find(|&&label| label as usize >= classes) {
            panic!("expected labels below {classes}, the number of classes, found {label}");
        }

        // The forward pass also gives the gradient, softmax − target.
        let share = T::from_f64(1.0 / n as f64);
        let (hit, miss) = (1.0 - smoothing, smoothing / classes as f64);
        let (hit_share, miss_share) = (T::from_f64(hit) * share, T::from_f64(miss) * share);
        let mut d = tape.buffer(shape);
        // Fixed chunks, added in order: the bits do not depend on threads.
        let mut totals = vec![0.0; n.div_ceil(TOGETHER)];
        let (scores, part) = (self.values(), (TOGETHER * classes).max(1));
        let rows = d.chunks_mut(part).zip(scores.chunks(part)).zip(labels.chunks(TOGETHER));
        for_each_chunk(rows.zip(&mut totals).collect(), |(((d, scores), labels), total)| {
            softmax_rows(scores, classes, d, |row, log_sum| {
                let (x, label) = (&scores[row * classes..][..classes], labels[row] as usize);
                *total += hit * (log_sum - x[label]).widen();
                if smoothing != 0.0 {
                    *total += miss * x.iter().map(|&x| (log_sum - x).widen()).sum::<f64>();
                }
            });
            d.iter_mut().for_each(|d| *d = *d * share - miss_share);
            d.chunks_exact_mut(classes.max(1))
                .zip(labels)
                .for_each(|(d, &label)| d[label as usize] -= hit_share);
        });
        drop(scores);
        let saved = tape.push_constant(shape, d).node();
        let mut loss = tape.buffer(Shape::SCALAR);
        loss[0] = T::from_f64(totals.iter().sum::<f64>() / n as f64);

        tape.push(Shape::SCALAR, loss, &[self], move |ctx, gradients| {
            let dy = ctx.dy[0];
            gradients.add_map(x, ctx.value(saved), ctx.value(saved), |d, _| d * dy);
        })
    }

    /// Mean squared error: `mean((x − y)²)`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, as for the other losses of two values.
    #[track_caller]
    pub fn mse(self, y: Var<'g, T>) -> Var<'g, T> {
        self.sub(y).square().mean()
    }

    /// Mean absolute error: `mean(|x − y|)`.
    #[track_caller]
    pub fn l1(self, y: Var<'g, T>) -> Var<'g, T> {
        self.sub(y).abs().mean()
    }

    /// Huber's loss: `½d²` where `|d| ≤ delta`, else `delta·(|d| − ½delta)`, the mean over
    /// elements (Huber 1964).
    #[track_caller]
    pub fn huber(self, y: Var<'g, T>, delta: T) -> Var<'g, T> {
        let half = T::from_f64(0.5);
        let f = move |d: T| if d.abs() <= delta { half * d * d } else { delta * (d.abs() - half * delta) };
        self.sub(y).unary(f, move |d, _| if d.abs() <= delta { d } else { delta * d.signum() }).mean()
    }

    /// KL divergence from the standard normal distribution of a diagonal one with this mean and log-variance:
    /// `½·Σ(σ² + μ² − 1 − ln σ²)`, the mean over the first dimension (Kingma & Welling 2014).
    #[track_caller]
    pub fn kl_standard_normal(self, log_variance: Var<'g, T>) -> Var<'g, T> {
        let (half, one) = (T::from_f64(0.5), T::one());
        let divergence = self.binary(
            log_variance,
            move |mean, log_variance| half * (Scalar::exp(log_variance) + mean * mean - one - log_variance),
            |mean, _| mean,
            move |_, log_variance| half * (Scalar::exp(log_variance) - one),
        );
        let examples = divergence.shape().first().copied().unwrap_or(1);
        divergence.sum().scale(T::from_f64(1.0 / examples as f64))
    }

    /// Binary cross-entropy of logits with targets in [0, 1]: `mean(softplus(x) − x·y)`;
    /// PyTorch's `BCEWithLogitsLoss`.
    #[track_caller]
    pub fn bce_with_logits(self, y: Var<'g, T>) -> Var<'g, T> {
        let entropy = self.unary(softplus, |x, _| sigmoid(x));
        entropy.sub(self.mul(y)).mean()
    }
}
