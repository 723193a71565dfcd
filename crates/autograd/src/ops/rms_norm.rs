//! Normalization to a root mean square of 1.

use tensor::Kernels;
use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

use super::{columns, lanes};
use crate::var::Var;

ops! {
    /// `x/√(mean(x²) + eps)·w` along the last dimension (Zhang & Sennrich 2019): PyTorch's `RMSNorm`.
    ///
    /// # Panics
    /// If `w` does not have one number per feature.
    #[track_caller]
    pub fn rms_norm(self, w: Var<'g, T>, eps: f64) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let (rows, features) = x.shape().as_matrix();
        assert!(
            *w.shape() == [features],
            "expected a scale of shape [{features}] for an input of shape {}, found {}",
            x.shape(),
            w.shape()
        );
        let together = (CHUNK / features.max(1)).max(1);
        let part = together * features.max(1);

        let mut y = tape.buffer(x.shape());
        // Normalized values and inverse root mean squares, saved for backward.
        let mut unit = tape.buffer(x.shape());
        let mut inverse = tape.buffer([rows]);
        let (values, w_values) = (x.values(), w.values());
        let outputs = y.chunks_mut(part).zip(unit.chunks_mut(part)).zip(inverse.chunks_mut(together));
        let chunks = values.chunks(part).zip(outputs);
        let chunks =
            chunks.map(|(x, ((y, unit), inverse))| Forward { x, w: &w_values, eps, y, unit, inverse });
        for_each_chunk(chunks.collect(), simd::dispatch);
        drop((values, w_values));
        let unit = tape.push_constant(x.shape(), unit).node();
        let inverse = tape.push_constant([rows], inverse).node();

        let (x_node, w_node) = (x.node(), w.node());
        tape.push(x.shape(), y, &[x, w], move |ctx, gradients| {
            let (dy, unit, w) = (ctx.dy, ctx.value(unit), ctx.value(w_node));
            gradients.add(x_node, |dx, beta| {
                let inputs = dy.chunks(part).zip(unit.chunks(part)).zip(ctx.value(inverse).chunks(together));
                let chunks = dx.chunks_mut(part).zip(inputs);
                let chunks =
                    chunks.map(|(dx, ((dy, unit), inverse))| Backward { dy, w, unit, inverse, beta, dx });
                for_each_chunk(chunks.collect(), simd::dispatch);
            });
            columns::add(gradients, w_node, &columns::dots(dy, unit, features));
        })
    }
}

/// Some rows forward.
struct Forward<'a, T> {
    x: &'a [T],
    w: &'a [T],
    eps: f64,
    y: &'a mut [T],
    unit: &'a mut [T],
    inverse: &'a mut [T],
}

impl<T: Kernels> Kernel for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Forward { x, w, eps, y, unit, inverse } = self;
        let features = w.len().max(1);
        let share = 1.0 / features as f64;
        let rows = y.chunks_exact_mut(features).zip(unit.chunks_exact_mut(features)).zip(inverse);
        for (x, ((y, unit), inverse)) in x.chunks_exact(features).zip(rows) {
            let mean = lanes::wide_sum([x], |[x]| x * x) * share;
            *inverse = T::from_f64((mean + eps).sqrt().recip());
            unit.iter_mut().zip(x).for_each(|(unit, &x)| *unit = x * *inverse);
            y.iter_mut().zip(unit.iter().zip(w)).for_each(|(y, (&unit, &w))| *y = unit * w);
        }
    }
}

/// Some rows backward: `dx = (g − unit·mean(g·unit))/rms + beta·dx` with `g = w·dy`.
struct Backward<'a, T> {
    dy: &'a [T],
    w: &'a [T],
    unit: &'a [T],
    inverse: &'a [T],
    beta: T,
    dx: &'a mut [T],
}

impl<T: Kernels> Kernel for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Backward { dy, w, unit, inverse, beta, dx } = self;
        let features = w.len().max(1);
        let share = 1.0 / features as f64;
        let rows = dy.chunks_exact(features).zip(unit.chunks_exact(features)).zip(inverse);
        for (dx, ((dy, unit), &inverse)) in dx.chunks_exact_mut(features).zip(rows) {
            let dot = T::from_f64(lanes::wide_sum([w, dy, unit], |[w, dy, unit]| w * dy * unit) * share);
            let terms = dx.iter_mut().zip(w.iter().zip(dy.iter().zip(unit)));
            let d = |w: T, dy: T, unit: T| inverse * (w * dy - unit * dot);
            if beta == T::zero() {
                terms.for_each(|(dx, (&w, (&dy, &unit)))| *dx = d(w, dy, unit));
            } else {
                terms.for_each(|(dx, (&w, (&dy, &unit)))| *dx += d(w, dy, unit));
            }
        }
    }
}
