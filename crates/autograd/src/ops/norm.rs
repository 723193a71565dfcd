//! Batch normalization.

use tensor::Kernels;

use super::columns;
use crate::var::Var;

/// Mean and variance of each channel over a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Means.
    pub mean: Vec<f64>,
    /// Biased variances: mean squared distances from the mean.
    pub variance: Vec<f64>,
    /// Number of elements per channel.
    pub count: usize,
}

ops! {
    /// `(x − mean)/√(variance + eps)·w + b` by channel, the last dimension, with the batch's own mean
    /// and variance, which are returned (Ioffe & Szegedy 2015): PyTorch's batch norm in training.
    ///
    /// # Panics
    /// If `w` and `b` do not have one number per channel, as for the other normalizations.
    #[track_caller]
    pub fn batch_norm(self, w: Var<'g, T>, b: Var<'g, T>, eps: f64) -> (Var<'g, T>, Moments) {
        let (x, tape) = (self, self.tape());
        let (rows, channels) = x.shape().as_matrix();
        check(x, w, b);
        let moments = moments(&x.values(), channels);
        let inverse: Vec<T> =
            moments.variance.iter().map(|&v| T::from_f64((v + eps).sqrt().recip())).collect();
        let mean: Vec<T> = moments.mean.iter().map(|&m| T::from_f64(m)).collect();
        let mut y = tape.buffer(x.shape());
        // Normalized values, saved for backward.
        let mut unit = tape.buffer(x.shape());
        let (values, scale, shift) = (x.values(), w.values(), b.values());
        let pairs = unit.chunks_exact_mut(channels.max(1)).zip(values.chunks_exact(channels.max(1)));
        for ((unit, x), y) in pairs.zip(y.chunks_exact_mut(channels.max(1))) {
            for c in 0..channels {
                unit[c] = (x[c] - mean[c]) * inverse[c];
                y[c] = unit[c] * scale[c] + shift[c];
            }
        }
        drop((values, scale, shift));
        let unit = tape.push_constant(x.shape(), unit).node();

        let (x_node, w_node, b_node) = (x.node(), w.node(), b.node());
        let y = tape.push(x.shape(), y, &[x, w, b], move |ctx, gradients| {
            let (dy, unit, w) = (ctx.dy, ctx.value(unit), ctx.value(w_node));
            let (db, dw) = (columns::sums(dy, channels), columns::dots(dy, unit, channels));
            // dx = w/σ·(dy − mean(dy) − unit·mean(dy·unit))
            let share = 1.0 / rows as f64;
            let [mean_dy, mean_dot] =
                [&db, &dw].map(|sums| sums.iter().map(|s| T::from_f64(s * share)).collect::<Vec<T>>());
            gradients.add(x_node, |dx, beta| {
                let pairs = dy.chunks_exact(channels.max(1)).zip(unit.chunks_exact(channels.max(1)));
                for (dx, (dy, unit)) in dx.chunks_exact_mut(channels.max(1)).zip(pairs) {
                    for c in 0..channels {
                        let d = w[c] * inverse[c] * (dy[c] - mean_dy[c] - unit[c] * mean_dot[c]);
                        dx[c] = if beta == T::zero() { d } else { dx[c] + d };
                    }
                }
            });
            columns::add(gradients, w_node, &dw);
            columns::add(gradients, b_node, &db);
        });
        (y, moments)
    }
}

#[track_caller]
pub(super) fn check<T: Kernels>(x: Var<'_, T>, w: Var<'_, T>, b: Var<'_, T>) {
    let channels = x.shape().as_matrix().1;
    assert!(
        *w.shape() == [channels] && *b.shape() == [channels],
        "expected a scale and a shift of shape [{channels}] for an input of shape {}, found {} and {}",
        x.shape(),
        w.shape(),
        b.shape()
    );
}

/// Mean and variance of each column, in double precision.
fn moments<T: Kernels>(x: &[T], channels: usize) -> Moments {
    let count = x.len().checked_div(channels).unwrap_or(0);
    let share = 1.0 / count as f64;
    let mean: Vec<f64> = columns::sums(x, channels).iter().map(|sum| sum * share).collect();
    let mut variance = vec![0.0; channels];
    for x in x.chunks_exact(channels.max(1)) {
        for c in 0..channels {
            let distance = x[c].widen() - mean[c];
            variance[c] += distance * distance;
        }
    }
    variance.iter_mut().for_each(|v| *v *= share);
    Moments { mean, variance, count }
}
