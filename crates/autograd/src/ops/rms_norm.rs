//! Normalization to a root mean square of 1.

use super::columns;
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
        let mut y = tape.buffer(x.shape());
        // Inverse root mean square of each row, saved for backward.
        let mut inverse = tape.buffer([rows]);
        let (values, scale) = (x.values(), w.values());
        let pairs = y.chunks_exact_mut(features.max(1)).zip(values.chunks_exact(features.max(1)));
        for ((y, x), inverse) in pairs.zip(&mut inverse) {
            let mean = x.iter().map(|x| x.widen().powi(2)).sum::<f64>() / features as f64;
            *inverse = T::from_f64((mean + eps).sqrt().recip());
            y.iter_mut().zip(x.iter().zip(&*scale)).for_each(|(y, (&x, &w))| *y = x * *inverse * w);
        }
        drop((values, scale));
        let inverse = tape.push_constant([rows], inverse).node();

        let (x_node, w_node) = (x.node(), w.node());
        tape.push(x.shape(), y, &[x, w], move |ctx, gradients| {
            let (dy, x, inverse, w) = (ctx.dy, ctx.value(x_node), ctx.value(inverse), ctx.value(w_node));
            // dx = (g − unit·mean(g·unit))/rms with g = w·dy and unit = x/rms, by row.
            gradients.add(x_node, |dx, beta| {
                let pairs = dy.chunks_exact(features.max(1)).zip(x.chunks_exact(features.max(1)));
                for ((dx, (dy, x)), &inverse) in dx.chunks_exact_mut(features.max(1)).zip(pairs).zip(inverse)
                {
                    let (g, unit) = (|c: usize| w[c] * dy[c], |c: usize| x[c] * inverse);
                    let sum: f64 = (0..features).map(|c| g(c).widen() * unit(c).widen()).sum();
                    let dot = T::from_f64(sum / features as f64);
                    for (c, dx) in dx.iter_mut().enumerate() {
                        let d = inverse * (g(c) - unit(c) * dot);
                        *dx = if beta == T::zero() { d } else { *dx + d };
                    }
                }
            });
            gradients.with_buffer(x.len(), |gradients, unit| {
                let pairs = unit.chunks_exact_mut(features.max(1)).zip(x.chunks_exact(features.max(1)));
                for ((unit, x), &inverse) in pairs.zip(inverse) {
                    unit.iter_mut().zip(x).for_each(|(unit, &x)| *unit = x * inverse);
                }
                columns::add(gradients, w_node, &columns::dots(dy, unit, features));
            });
        })
    }
}
