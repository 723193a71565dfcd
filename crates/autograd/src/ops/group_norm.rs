//! Normalization over groups of channels.

use tensor::Kernels;
use tensor::parallel::for_each_chunk;
use tensor::simd::{self, Kernel};

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
        let n = x.shape()[0];
        let example = x.shape()[1..].iter().product::<usize>().max(1);
        let channels = channels.max(1);
        let parts = Parts { share: (channels / groups).max(1), channels, pixels: example / channels };
        let mut y = tape.buffer(x.shape());
        // Normalized values, and inverse standard deviations by channel, saved for backward.
        let mut unit = tape.buffer(x.shape());
        let mut inverse = tape.buffer([n, channels]);
        let (values, w_values, b_values) = (x.values(), w.values(), b.values());
        let outputs = y.chunks_exact_mut(example).zip(unit.chunks_exact_mut(example));
        let outputs = outputs.zip(inverse.chunks_exact_mut(channels));
        let examples = values.chunks_exact(example).zip(outputs).map(|(x, ((y, unit), inverse))| Forward {
            parts,
            x,
            w: &w_values,
            b: &b_values,
            eps,
            y,
            unit,
            inverse,
        });
        for_each_chunk(examples.collect(), simd::dispatch);
        drop((values, w_values, b_values));
        let inverse = tape.push_constant([n, channels], inverse).node();
        let unit = tape.push_constant(x.shape(), unit).node();

        let (x_node, w_node, b_node) = (x.node(), w.node(), b.node());
        tape.push(x.shape(), y, &[x, w, b], move |ctx, gradients| {
            let (dy, unit, w) = (ctx.dy, ctx.value(unit), ctx.value(w_node));
            gradients.add(x_node, |dx, beta| {
                let inputs = dy.chunks_exact(example).zip(unit.chunks_exact(example));
                let inputs = inputs.zip(ctx.value(inverse).chunks_exact(channels));
                let examples = dx
                    .chunks_exact_mut(example)
                    .zip(inputs)
                    .map(|(dx, ((dy, unit), inverse))| Backward { parts, dy, w, unit, inverse, beta, dx });
                for_each_chunk(examples.collect(), simd::dispatch);
            });
            columns::add(gradients, w_node, &columns::dots(dy, unit, channels));
            columns::add(gradients, b_node, &columns::sums(dy, channels));
        })
    }
}

/// Layout of the groups in an example.
#[derive(Clone, Copy)]
struct Parts {
    channels: usize,
    /// Channels per group.
    share: usize,
    pixels: usize,
}

impl Parts {
    /// Means of a sum by channel over each group, one for each channel.
    fn means(self, sums: Vec<f64>) -> Vec<f64> {
        let mut means = sums;
        let count = (self.share * self.pixels) as f64;
        for group in means.chunks_mut(self.share) {
            let mean = group.iter().sum::<f64>() / count;
            group.fill(mean);
        }
        means
    }
}

/// Σ f(x, channel) over the pixels, by channel.
#[inline(always)]
fn by_channel<T: Kernels, const N: usize>(
    slices: [&[T]; N],
    channel: &[f64],
    f: impl Fn([f64; N], f64) -> f64,
) -> Vec<f64> {
    let channels = channel.len();
    let mut sums = vec![0.0; channels];
    for pixel in 0..slices[0].len() / channels {
        let rows = slices.map(|slice| &slice[pixel * channels..][..channels]);
        let sums = &mut sums[..channels];
        for c in 0..channels {
            sums[c] += f(rows.map(|row| row[c].widen()), channel[c]);
        }
    }
    sums
}

/// One example forward.
struct Forward<'a, T> {
    parts: Parts,
    x: &'a [T],
    w: &'a [T],
    b: &'a [T],
    eps: f64,
    y: &'a mut [T],
    unit: &'a mut [T],
    inverse: &'a mut [T],
}

impl<T: Kernels> Kernel for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Forward { parts, x, w, b, eps, y, unit, inverse } = self;
        let none = vec![0.0; parts.channels];
        let mean = parts.means(by_channel([x], &none, |[x], _| x));
        let variance = parts.means(by_channel([x], &mean, |[x], mean| (x - mean) * (x - mean)));
        let roots = variance.into_iter().map(|variance| T::from_f64((variance + eps).sqrt().recip()));
        inverse.iter_mut().zip(roots).for_each(|(inverse, root)| *inverse = root);
        let pixels = x.chunks_exact(parts.channels).zip(unit.chunks_exact_mut(parts.channels));
        for ((x, unit), y) in pixels.zip(y.chunks_exact_mut(parts.channels)) {
            let of_channel = mean.iter().zip(&*inverse);
            let centered = unit.iter_mut().zip(x.iter().zip(of_channel));
            centered
                .for_each(|(unit, (x, (mean, &inverse)))| *unit = T::from_f64(x.widen() - mean) * inverse);
            let scaled = unit.iter().zip(w.iter().zip(b));
            y.iter_mut().zip(scaled).for_each(|(y, (&unit, (&w, &b)))| *y = unit * w + b);
        }
    }
}

/// One example backward: `dx = (g − mean(g) − unit·mean(g·unit))/σ + beta·dx` with `g = w·dy`, by group.
struct Backward<'a, T> {
    parts: Parts,
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
        let Backward { parts, dy, w, unit, inverse, beta, dx } = self;
        let scale: Vec<f64> = w.iter().map(|w| w.widen()).collect();
        let narrow = |means: Vec<f64>| means.into_iter().map(T::from_f64).collect::<Vec<T>>();
        let mean = narrow(parts.means(by_channel([dy], &scale, |[dy], w| w * dy)));
        let dot = narrow(parts.means(by_channel([dy, unit], &scale, |[dy, unit], w| w * dy * unit)));
        let pixels = dy.chunks_exact(parts.channels).zip(unit.chunks_exact(parts.channels));
        for (dx, (dy, unit)) in dx.chunks_exact_mut(parts.channels).zip(pixels) {
            let of_channel = w.iter().zip(inverse).zip(mean.iter().zip(&dot));
            let terms = dx.iter_mut().zip(dy.iter().zip(unit).zip(of_channel));
            terms.for_each(|(dx, ((&dy, &unit), ((&w, &inverse), (&mean, &dot))))| {
                let d = inverse * (w * dy - mean - unit * dot);
                *dx = if beta == T::zero() { d } else { *dx + d };
            });
        }
    }
}
