//! Normalization over groups of channels.

use super::columns;
use super::norm::check;
use crate::var::Var;

ops! {
    /// `(x − mean)/√(variance + eps)·w + b` of [n, .., channels], with a mean and a variance for each
    /// example and each of `groups` equal parts of the channels, over all positions (Wu & He 2018):
    /// PyTorch's `GroupNorm`, and with one channel per group its `InstanceNorm`.
    ///
    /// # Panics
    /// If the groups do not divide the channels, or `w` and `b` do not have one number per channel.
    #[track_caller]
    pub fn group_norm(self, groups: usize, w: Var<'g, T>, b: Var<'g, T>, eps: f64) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let channels = x.shape().as_matrix().1;
        check(x, w, b);
        assert!(
            x.shape().rank() >= 2 && groups > 0 && channels.is_multiple_of(groups),
            "expected an input [n, .., channels] whose channels {groups} groups divide, found {}",
            x.shape()
        );
        let parts = Parts { groups, channels, example: x.shape()[1..].iter().product::<usize>().max(1) };
        let mut y = tape.buffer(x.shape());
        // Normalized values and inverse standard deviations, saved for backward.
        let mut unit = tape.buffer(x.shape());
        let mut inverse = tape.buffer([x.shape()[0], groups]);
        let (values, scale, shift) = (x.values(), w.values(), b.values());
        let examples = values.chunks_exact(parts.example).zip(unit.chunks_exact_mut(parts.example));
        for ((x, unit), inverse) in examples.zip(inverse.chunks_exact_mut(groups)) {
            let mean = parts.means(|i| x[i].widen());
            let variance = parts.means_by_group(|i, group| (x[i].widen() - mean[group]).powi(2));
            for (inverse, variance) in inverse.iter_mut().zip(variance) {
                *inverse = T::from_f64((variance + eps).sqrt().recip());
            }
            parts.for_each(|i, group| unit[i] = T::from_f64(x[i].widen() - mean[group]) * inverse[group]);
        }
        for (y, unit) in y.chunks_exact_mut(channels.max(1)).zip(unit.chunks_exact(channels.max(1))) {
            y.iter_mut().enumerate().for_each(|(c, y)| *y = unit[c] * scale[c] + shift[c]);
        }
        drop((values, scale, shift));
        let inverse = tape.push_constant([x.shape()[0], groups], inverse).node();
        let unit = tape.push_constant(x.shape(), unit).node();

        let (x_node, w_node, b_node) = (x.node(), w.node(), b.node());
        tape.push(x.shape(), y, &[x, w, b], move |ctx, gradients| {
            let (dy, unit, inverse, w) = (ctx.dy, ctx.value(unit), ctx.value(inverse), ctx.value(w_node));
            // dx = (g − mean(g) − unit·mean(g·unit))/σ with g = w·dy, by group.
            gradients.add(x_node, |dx, beta| {
                let examples = dy.chunks_exact(parts.example).zip(unit.chunks_exact(parts.example));
                let results = dx.chunks_exact_mut(parts.example).zip(inverse.chunks_exact(groups));
                for ((dx, inverse), (dy, unit)) in results.zip(examples) {
                    let g = |i: usize| w[i % channels] * dy[i];
                    let mean = parts.means(|i| g(i).widen());
                    let dot = parts.means(|i| g(i).widen() * unit[i].widen());
                    parts.for_each(|i, group| {
                        let (mean, dot) = (T::from_f64(mean[group]), T::from_f64(dot[group]));
                        let d = inverse[group] * (g(i) - mean - unit[i] * dot);
                        dx[i] = if beta == T::zero() { d } else { dx[i] + d };
                    });
                }
            });
            columns::add(gradients, w_node, &columns::dots(dy, unit, channels));
            columns::add(gradients, b_node, &columns::sums(dy, channels));
        })
    }
}

/// Layout of the groups in an example.
#[derive(Clone, Copy)]
struct Parts {
    groups: usize,
    channels: usize,
    /// Elements per example.
    example: usize,
}

impl Parts {
    /// Calls `visit` with the index and the group of each element of an example.
    fn for_each(self, mut visit: impl FnMut(usize, usize)) {
        let share = (self.channels / self.groups).max(1);
        for pixel in (0..self.example).step_by(self.channels.max(1)) {
            (0..self.channels).for_each(|channel| visit(pixel + channel, channel / share));
        }
    }

    /// Mean of `f` over each group.
    fn means(self, f: impl Fn(usize) -> f64) -> Vec<f64> {
        self.means_by_group(|i, _| f(i))
    }

    /// Mean of `f`, a function of index and group, over each group.
    fn means_by_group(self, f: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.groups];
        self.for_each(|i, group| sums[group] += f(i, group));
        let count = (self.example / self.groups) as f64;
        sums.into_iter().map(|sum| sum / count).collect()
    }
}
