//! Normalization of rows: what layer norm and RMS norm share.

use tensor::Kernels;
use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

use super::{columns, lanes};
use crate::var::Var;

/// `(x − center)/√(mean((x − center)²) + eps)·w + b` along the last dimension; the center is the mean of the row if
/// `centered`, else 0.
pub(super) fn normalize<'g, T: Kernels>(
    x: Var<'g, T>,
    w: Var<'g, T>,
    b: Option<Var<'g, T>>,
    eps: f64,
    centered: bool,
) -> Var<'g, T> {
    let (tape, (rows, features)) = (x.tape(), x.shape().as_matrix());
    let together = (CHUNK / features.max(1)).max(1);
    let part = together * features.max(1);

    let mut y = tape.buffer(x.shape());
    // Normalized values and the factors that normalized them, saved for backward.
    let mut unit = tape.buffer(x.shape());
    let mut inverse = tape.buffer([rows]);
    let (values, w_values, b_values) = (x.values(), w.values(), b.map(Var::values));
    let outputs = y.chunks_mut(part).zip(unit.chunks_mut(part)).zip(inverse.chunks_mut(together));
    let chunks = values.chunks(part).zip(outputs).map(|(x, ((y, unit), inverse))| Forward {
        centered,
        x,
        w: &w_values,
        b: b_values.as_deref(),
        eps,
        y,
        unit,
        inverse,
    });
    for_each_chunk(chunks.collect(), simd::dispatch);
    drop((values, w_values, b_values));
    let unit = tape.push_constant(x.shape(), unit).node();
    let inverse = tape.push_constant([rows], inverse).node();

    let (x_node, w_node, b_node) = (x.node(), w.node(), b.map(Var::node));
    let inputs_of = [x, w].into_iter().chain(b).collect::<Vec<_>>();
    tape.push(x.shape(), y, &inputs_of, move |ctx, gradients| {
        let (dy, unit, w) = (ctx.dy, ctx.value(unit), ctx.value(w_node));
        gradients.add(x_node, |dx, beta| {
            let inputs = dy.chunks(part).zip(unit.chunks(part)).zip(ctx.value(inverse).chunks(together));
            let chunks = dx.chunks_mut(part).zip(inputs).map(|(dx, ((dy, unit), inverse))| Backward {
                centered,
                dy,
                w,
                unit,
                inverse,
                beta,
                dx,
            });
            for_each_chunk(chunks.collect(), simd::dispatch);
        });
        columns::add(gradients, w_node, &columns::dots(dy, unit, features));
        if let Some(b) = b_node {
            columns::add(gradients, b, &columns::sums(dy, features));
        }
    })
}

/// Some rows forward.
struct Forward<'a, T> {
    centered: bool,
    x: &'a [T],
    w: &'a [T],
    b: Option<&'a [T]>,
    eps: f64,
    y: &'a mut [T],
    unit: &'a mut [T],
    inverse: &'a mut [T],
}

impl<T: Kernels> Kernel for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Forward { centered, x, w, b, eps, y, unit, inverse } = self;
        let features = w.len().max(1);
        let share = 1.0 / features as f64;
        let rows = y.chunks_exact_mut(features).zip(unit.chunks_exact_mut(features)).zip(inverse);
        for (x, ((y, unit), inverse)) in x.chunks_exact(features).zip(rows) {
            let center = if centered { lanes::wide_sum([x], |[x]| x) * share } else { 0.0 };
            let variance = lanes::wide_sum([x], |[x]| (x - center) * (x - center)) * share;
            *inverse = T::from_f64((variance + eps).sqrt().recip());
            unit.iter_mut().zip(x).for_each(|(unit, x)| *unit = T::from_f64(x.widen() - center) * *inverse);
            let scaled = unit.iter().zip(w);
            match b {
                Some(b) => {
                    let shifted = y.iter_mut().zip(scaled.zip(b));
                    shifted.for_each(|(y, ((&unit, &w), &b))| *y = unit * w + b);
                }
                None => y.iter_mut().zip(scaled).for_each(|(y, (&unit, &w))| *y = unit * w),
            }
        }
    }
}

/// Some rows backward: `dx = (g − mean(g) − unit·mean(g·unit))·inverse + beta·dx` with `g = w·dy`, without the mean of g
/// unless `centered`.
struct Backward<'a, T> {
    centered: bool,
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
        let Backward { centered, dy, w, unit, inverse, beta, dx } = self;
        let features = w.len().max(1);
        let share = 1.0 / features as f64;
        let rows = dy.chunks_exact(features).zip(unit.chunks_exact(features)).zip(inverse);
        for (dx, ((dy, unit), &inverse)) in dx.chunks_exact_mut(features).zip(rows) {
            let mean = if centered { lanes::wide_sum([w, dy], |[w, dy]| w * dy) * share } else { 0.0 };
            let mean = T::from_f64(mean);
            let dot = T::from_f64(lanes::wide_sum([w, dy, unit], |[w, dy, unit]| w * dy * unit) * share);
            let terms = dx.iter_mut().zip(w.iter().zip(dy.iter().zip(unit)));
            let d = |w: T, dy: T, unit: T| inverse * (w * dy - mean - unit * dot);
            if beta == T::zero() {
                terms.for_each(|(dx, (&w, (&dy, &unit)))| *dx = d(w, dy, unit));
            } else {
                terms.for_each(|(dx, (&w, (&dy, &unit)))| *dx += d(w, dy, unit));
            }
        }
    }
}
