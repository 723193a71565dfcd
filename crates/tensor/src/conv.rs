//! Convolution of images and its two gradients, without an im2col matrix in memory.
//!
//! Images are `[n, height, width, channels]`, PyTorch's `channels_last`: the channels of a pixel are
//! contiguous, vectors run along them, and a patch is a few tables of offsets into one zero-padded image
//! ([`indirect`](crate::indirect)). Weights are `[outputs, inputs / groups, height, width]`, as in PyTorch.
//!
//! Threads divide the images, and for the gradient of the weights the rows of that gradient. No sum is ever
//! split, so the bits depend neither on the number of threads nor on blocking.

mod frame;
mod options;
mod transposed;

use self::frame::{Frame, all};
pub use self::options::{ConvOptions, Padding};
pub use self::transposed::ConvTranspose2d;
use crate::indirect::{IndirectMat, Start};
use crate::kernels::Kernels;
use crate::matmul::Mat;
use crate::parallel::{for_each_chunk, threads};
use crate::shape::Shape;

/// Shapes and options of a convolution.
///
/// ```
/// use tensor::conv::{Conv2d, Padding};
/// // The sum of each pixel of a 2×2 image with its neighbors.
/// let conv = Conv2d::new([2, 2, 1], [1, 1, 3, 3], 1, Padding::Same);
/// let mut y = [0.0_f32; 4];
/// conv.forward(&[1.0, 2.0, 3.0, 4.0], &[1.0; 9], None, &mut y);
/// assert_eq!(y, [10.0; 4]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
    /// Rows and columns of zeros above and to the left.
    before: [usize; 2],
    /// Rows and columns of zeros below and to the right.
    after: [usize; 2],
}

/// Convolutions with fewer multiply-adds than this stay on one thread.
const PARALLEL_FROM: usize = 1 << 20;

impl Conv2d {
    /// A convolution of images `[height, width, inputs]` with weights `[outputs, inputs, kernel height,
    /// kernel width]`.
    ///
    /// # Panics
    /// As [`with_options`](Conv2d::with_options).
    #[track_caller]
    pub fn new(image: [usize; 3], weight: [usize; 4], stride: usize, padding: Padding) -> Conv2d {
        Conv2d::with_options(image, weight, ConvOptions::square(stride, padding))
    }

    /// A convolution of images `[height, width, inputs]` with weights `[outputs, inputs / groups, kernel
    /// height, kernel width]`.
    ///
    /// # Panics
    /// If the channels differ, the groups do not divide them, a stride or dilation is 0, the kernel does
    /// not fit the image with its padding, or the padding is not smaller than the kernel's extent.
    #[track_caller]
    pub fn with_options(image: [usize; 3], weight: [usize; 4], options: ConvOptions) -> Conv2d {
        let ([height, width, channels], [outputs, group_inputs, rows, columns]) = (image, weight);
        let ConvOptions { stride, padding, dilation, groups } = options;
        let [image, weight] = [Shape::new(&image), Shape::new(&weight)];
        assert!(
            groups > 0 && outputs.is_multiple_of(groups),
            "expected groups that divide {outputs} outputs, found {groups}"
        );
        let inputs = group_inputs * groups;
        assert!(
            channels == inputs,
            "expected {inputs} channels for a convolution of weight {weight}, found images {image} of {channels}"
        );
        assert!(!stride.contains(&0), "expected a stride of at least 1, found 0");
        assert!(!dilation.contains(&0), "expected a dilation of at least 1, found 0");
        let kernel = [rows, columns];
        let extent = [0, 1].map(|axis| dilation[axis] * kernel[axis].saturating_sub(1) + 1);
        let sides = [0, 1].map(|axis| padding[axis].sides(extent[axis]));
        let (before, after) = (sides.map(|(before, _)| before), sides.map(|(_, after)| after));
        let fits = |size: usize, axis: usize| {
            kernel[axis] > 0
                && extent[axis] <= size + before[axis] + after[axis]
                && after[axis] < extent[axis]
        };
        assert!(
            fits(height, 0) && fits(width, 1),
            "convolution of weight {weight} and padding {} does not fit images {image}",
            if padding[0] == padding[1] { format!("{:?}", padding[0]) } else { format!("{padding:?}") }
        );
        Conv2d { height, width, inputs, outputs, kernel, stride, dilation, groups, before, after }
    }

    /// Shape of an output image: `[height, width, outputs]`.
    pub fn output(&self) -> [usize; 3] {
        let Conv2d { height, width, stride, before, after, .. } = *self;
        let extent = self.extent();
        let steps =
            |size: usize, axis: usize| (size + before[axis] + after[axis] - extent[axis]) / stride[axis] + 1;
        [steps(height, 0), steps(width, 1), self.outputs]
    }

    /// `y = x ∗ w + bias` for any number of images; the bias has one number per output channel.
    ///
    /// # Panics
    /// If the lengths do not fit the shapes.
    #[track_caller]
    pub fn forward<T: Kernels>(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        self.forward_from(x, w, bias.map_or(Start::Zeros, Start::Row), y);
    }

    /// `y = x ∗ w + start`.
    #[track_caller]
    fn forward_from<T: Kernels>(&self, x: &[T], w: &[T], start: Start<'_, T>, y: &mut [T]) {
        let images = self.images(x.len(), w.len(), y.len());
        let (frame, taps, (inputs, outputs)) = (self.input_frame(), self.taps(), self.group());
        let group_weights = taps.len() * outputs;
        let mut room = Vec::new();
        let by_tap = cache_lines(&mut room, w.len());
        let of_groups =
            w.chunks_exact(group_weights.max(1)).zip(by_tap.chunks_exact_mut(group_weights.max(1)));
        of_groups.for_each(|(w, by_tap)| Mat::new(w, outputs, taps.len()).t().copy_to(by_tap));
        let by_tap = &*by_tap;
        let pixels = frame.pixels(self.output(), self.stride, self.inputs);

        self.over_images(images, x, y, frame, |x, y| {
            self.by_group(self.outputs, y, |group, y| {
                let patches = IndirectMat { data: &x[group * inputs..], rows: &pixels, columns: &taps };
                let start = match start {
                    Start::Row(bias) => Start::Row(&bias[group * outputs..][..outputs]),
                    start => start,
                };
                T::indirect(patches, &by_tap[group * group_weights..][..group_weights], start, outputs, y);
            });
        });
    }

    /// `dx = beta·dx + dy ∗ flipped w`, the gradient of the images; `beta` is 0 or 1.
    ///
    /// # Panics
    /// If the lengths do not fit the shapes.
    #[track_caller]
    pub fn input_gradient<T: Kernels>(&self, dy: &[T], w: &[T], beta: T, dx: &mut [T]) {
        let images = self.images(dx.len(), w.len(), dy.len());
        let Conv2d { height, width, kernel: [rows, columns], dilation, .. } = *self;
        let (frame, (inputs, outputs)) = (self.output_frame(), self.group());
        // Correlation becomes convolution: a tap at offset −k reads the gradient at +k.
        let area = rows * columns;
        let mut room = Vec::new();
        let by_tap = cache_lines(&mut room, w.len());
        let of_outputs =
            w.chunks_exact((inputs * area).max(1)).zip(by_tap.chunks_exact_mut((inputs * area).max(1)));
        of_outputs.for_each(|(w, by_tap)| Mat::new(w, inputs, area).t().copy_to(by_tap));
        let by_tap = &*by_tap;
        let tap = |output: usize, row: usize, column: usize| {
            let (row, column) = ((rows - 1 - row) * dilation[0], (columns - 1 - column) * dilation[1]);
            (row * frame.width + column) * self.outputs + output
        };
        let taps = all(outputs, rows, columns, tap);
        let pixels = frame.pixels([height, width, self.inputs], [1; 2], self.outputs);
        let start = if beta == T::zero() { Start::Zeros } else { Start::Kept };
        let group_weights = outputs * inputs * area;

        self.over_images(images, dy, dx, frame, |dy, dx| {
            self.by_group(self.inputs, dx, |group, dx| {
                let patches = IndirectMat { data: &dy[group * outputs..], rows: &pixels, columns: &taps };
                T::indirect(patches, &by_tap[group * group_weights..][..group_weights], start, inputs, dx);
            });
        });
    }

    /// `dw = beta·dw + Σ patches of x · dy`, the gradient of the weights, summed over the images in
    /// order; `beta` is 0 or 1.
    ///
    /// # Panics
    /// If the lengths do not fit the shapes.
    #[track_caller]
    pub fn weight_gradient<T: Kernels>(&self, x: &[T], dy: &[T], beta: T, dw: &mut [T]) {
        let images = self.images(x.len(), dw.len(), dy.len());
        let (frame, taps, (inputs, outputs)) = (self.input_frame(), self.taps(), self.group());
        let pixels = frame.pixels(self.output(), self.stride, self.inputs);
        let [x_len, dy_len] =
            [self.height * self.width * self.inputs, pixels.len() * self.outputs].map(|len| len.max(1));
        let mut by_tap = vec![T::zero(); dw.len()];

        let threads = self.threads(images);
        let share = taps.len().div_ceil(threads).max(1);
        let work = |(group, taps, by_tap): (usize, &[usize], &mut [T])| {
            let mut framed = vec![T::zero(); frame.len()];
            let mut own = Vec::new();
            for (x, dy) in x.chunks_exact(x_len).zip(dy.chunks_exact(dy_len)) {
                let data = &frame.put(x, &mut framed)[group * inputs..];
                let patches = IndirectMat { data, rows: taps, columns: &pixels };
                let dy = self.columns_of(group, dy, &mut own);
                T::indirect(patches, dy, Start::Kept, outputs, by_tap);
            }
        };
        if outputs > 0 {
            let of_groups = by_tap.chunks_mut((taps.len() * outputs).max(1)).enumerate();
            let parts = of_groups.flat_map(|(group, by_tap)| {
                let parts = taps.chunks(share).zip(by_tap.chunks_mut(share * outputs));
                parts.map(move |(taps, by_tap)| (group, taps, by_tap))
            });
            for_each_chunk(parts.collect(), work);
        }
        for (output, dw) in dw.chunks_exact_mut(taps.len().max(1)).enumerate() {
            let by_tap = &by_tap[output / outputs * taps.len() * outputs..];
            for (tap, dw) in dw.iter_mut().enumerate() {
                let sum = by_tap[tap * outputs + output % outputs];
                *dw = if beta == T::zero() { sum } else { *dw + sum };
            }
        }
    }

    /// Calls `work` with each padded image of `from` and its result in `to`, over the threads.
    fn over_images<T: Kernels>(
        &self,
        images: usize,
        from: &[T],
        to: &mut [T],
        frame: Frame,
        work: impl Fn(&[T], &mut [T]) + Sync,
    ) {
        if images == 0 || to.is_empty() {
            return;
        }
        let (from_len, to_len, share) =
            (from.len() / images, to.len() / images, images.div_ceil(self.threads(images)));
        let some = |(part, to): (usize, &mut [T])| {
            let mut framed = vec![T::zero(); frame.len()];
            let from = &from[part * share * from_len..];
            for (i, to) in to.chunks_exact_mut(to_len).enumerate() {
                work(frame.put(&from[i * from_len..][..from_len], &mut framed), to);
            }
        };
        for_each_chunk(to.chunks_mut(share * to_len).enumerate().collect(), some);
    }

    /// Calls `work` with each group's columns of a row-major matrix of this width, contiguous.
    fn by_group<T: Kernels>(&self, width: usize, c: &mut [T], work: impl Fn(usize, &mut [T])) {
        if self.groups == 1 {
            return work(0, c);
        }
        let share = width / self.groups;
        let mut own = vec![T::zero(); c.len() / self.groups];
        for group in 0..self.groups {
            let columns = group * share..(group + 1) * share;
            let rows = own.chunks_exact_mut(share.max(1)).zip(c.chunks_exact(width.max(1)));
            rows.for_each(|(own, c)| own.copy_from_slice(&c[columns.clone()]));
            work(group, &mut own);
            let rows = own.chunks_exact(share.max(1)).zip(c.chunks_exact_mut(width.max(1)));
            rows.for_each(|(own, c)| c[columns.clone()].copy_from_slice(own));
        }
    }

    /// Output channels of a group, copied to `own` if there are several groups.
    fn columns_of<'a, T: Kernels>(&self, group: usize, y: &'a [T], own: &'a mut Vec<T>) -> &'a [T] {
        if self.groups == 1 {
            return y;
        }
        let share = self.outputs / self.groups;
        own.clear();
        y.chunks_exact(self.outputs).for_each(|y| own.extend_from_slice(&y[group * share..][..share]));
        own
    }

    /// Number of images in these lengths of x, w and y.
    #[track_caller]
    fn images(&self, x: usize, w: usize, y: usize) -> usize {
        let image = self.height * self.width * self.inputs;
        let images = x.checked_div(image).unwrap_or(0);
        let output: usize = self.output().iter().product();
        let weights = self.outputs * self.taps_len();
        assert!(
            x == images * image && y == images * output && w == weights,
            "expected images of {image} numbers, {weights} weights and results of {output}, found {x}, {w} and {y}"
        );
        images
    }

    fn threads(&self, images: usize) -> usize {
        let multiply_adds = images * self.output().iter().product::<usize>() * self.taps_len();
        if multiply_adds < PARALLEL_FROM { 1 } else { threads() }
    }

    /// Input and output channels of a group.
    fn group(&self) -> (usize, usize) {
        (self.inputs / self.groups, self.outputs / self.groups)
    }

    /// Extent of the dilated kernel in rows and columns.
    fn extent(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.dilation[axis] * (self.kernel[axis] - 1) + 1)
    }

    /// An input image with its padding.
    fn input_frame(&self) -> Frame {
        let Conv2d { height, width, inputs, before, after, .. } = *self;
        Frame {
            height: height + before[0] + after[0],
            width: width + before[1] + after[1],
            top: before[0],
            left: before[1],
            step: [1; 2],
            image: [height, width, inputs],
        }
    }

    /// Output image with its pixels a stride apart, padded for all patches that contain one of them.
    fn output_frame(&self) -> Frame {
        let Conv2d { height, width, before, stride, .. } = *self;
        let extent = self.extent();
        Frame {
            height: height + extent[0] - 1,
            width: width + extent[1] - 1,
            top: extent[0] - 1 - before[0],
            left: extent[1] - 1 - before[1],
            step: stride,
            image: self.output(),
        }
    }

    /// The offsets of a patch's numbers in a framed input image, in the order of the weights.
    fn taps(&self) -> Vec<usize> {
        let Conv2d { inputs, kernel, dilation, .. } = *self;
        let width = self.input_frame().width;
        all(self.group().0, kernel[0], kernel[1], |input, row, column| {
            (row * dilation[0] * width + column * dilation[1]) * inputs + input
        })
    }

    /// Numbers in a patch of a group.
    fn taps_len(&self) -> usize {
        self.group().0 * self.kernel[0] * self.kernel[1]
    }
}

/// `len` zeros aligned to a cache line.
fn cache_lines<T: Kernels>(room: &mut Vec<T>, len: usize) -> &mut [T] {
    const LINE: usize = 64;
    room.resize(len + LINE / size_of::<T>(), T::zero());
    let start = room.as_ptr().align_offset(LINE);
    &mut room[start..][..len]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    fn numbers(seed: u64, name: &str, len: usize) -> Vec<f64> {
        let mut values = vec![0.0; len];
        Stream::new(seed, name).fill_uniform(&mut values, -1.0, 1.0);
        values.into_iter().map(f64::from).collect()
    }

    fn narrow(values: &[f64]) -> Vec<f32> {
        values.iter().map(|&x| x as f32).collect()
    }

    fn near(a: &[f32], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(&a, &b)| (f64::from(a) - b).abs() <= 1e-4 * (1.0 + b.abs()))
    }

    /// Every pixel of every patch by definition: (image, output row, column, output, input row,
    /// column, input, weight).
    fn each_product(conv: &Conv2d, images: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let Conv2d { height, width, inputs, outputs, kernel, stride, dilation, before, .. } = *conv;
        let (group_inputs, group_outputs) = conv.group();
        let [rows, columns, _] = conv.output();
        for (image, oy, ox) in
            (0..images).flat_map(|n| (0..rows).flat_map(move |y| (0..columns).map(move |x| (n, y, x))))
        {
            for (ky, kx) in (0..kernel[0]).flat_map(|y| (0..kernel[1]).map(move |x| (y, x))) {
                let inside = |axis: usize, o: usize, k: usize| {
                    (o * stride[axis] + k * dilation[axis]).checked_sub(before[axis])
                };
                let (Some(y), Some(x)) = (inside(0, oy, ky), inside(1, ox, kx)) else {
                    continue;
                };
                if y >= height || x >= width {
                    continue;
                }
                for (output, input) in (0..outputs).flat_map(|o| (0..group_inputs).map(move |i| (o, i))) {
                    let channel = output / group_outputs * group_inputs + input;
                    visit(
                        ((image * rows + oy) * columns + ox) * outputs + output,
                        ((image * height + y) * width + x) * inputs + channel,
                        ((output * group_inputs + input) * kernel[0] + ky) * kernel[1] + kx,
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn all_three_are_the_naive_sums(
            (images, height, width) in (0_usize..4, 1_usize..9, 1_usize..9),
            (inputs, outputs) in (1_usize..4, prop_oneof![1_usize..5, Just(16), Just(17), Just(33), Just(65)]),
            groups in prop_oneof![3 => Just(1), 1 => 2_usize..4],
            kernel in (1_usize..6, 1_usize..6),
            stride in prop_oneof![(1_usize..4).prop_map(|s| [s; 2]), [1_usize..4, 1..4]],
            dilation in prop_oneof![2 => Just([1; 2]), 1 => [1_usize..4, 1..3]],
            padding in prop_oneof![Just(Padding::Same), (0_usize..3).prop_map(Padding::Zeros)],
            accumulate: bool,
            seed in 0_u64..1000,
        ) {
            let zeros = match padding { Padding::Same => 0, Padding::Zeros(zeros) => zeros };
            let fits = |size: usize, kernel: usize, dilation: usize| {
                let extent = dilation * (kernel - 1) + 1;
                padding == Padding::Same || (zeros < extent && extent <= size + 2 * zeros)
            };
            prop_assume!(fits(height, kernel.0, dilation[0]) && fits(width, kernel.1, dilation[1]));
            let options = ConvOptions { stride, padding: [padding; 2], dilation, groups };
            let weight = [outputs * groups, inputs, kernel.0, kernel.1];
            let (inputs, outputs) = (inputs * groups, outputs * groups);
            let conv = Conv2d::with_options([height, width, inputs], weight, options);
            let [rows, columns, _] = conv.output();
            let x = numbers(seed, "x", images * height * width * inputs);
            let w = numbers(seed, "w", weight.iter().product());
            let dy = numbers(seed, "dy", images * rows * columns * outputs);
            let bias = numbers(seed, "bias", outputs);

            let mut y: Vec<f64> = (0..dy.len()).map(|i| bias[i % outputs]).collect();
            each_product(&conv, images, |to, from, weight| y[to] += x[from] * w[weight]);
            let beta = if accumulate { 1.0 } else { 0.0 };
            let [mut dx, mut dw] = [&x, &w].map(|start| start.iter().map(|x| beta * x).collect::<Vec<f64>>());
            each_product(&conv, images, |to, from, weight| {
                dx[from] += dy[to] * w[weight];
                dw[weight] += dy[to] * x[from];
            });

            let (x, w, dy, bias) = (narrow(&x), narrow(&w), narrow(&dy), narrow(&bias));
            let (mut y_found, mut dx_found, mut dw_found) = (vec![f32::NAN; y.len()], x.clone(), w.clone());
            conv.forward(&x, &w, Some(&bias), &mut y_found);
            conv.input_gradient(&dy, &w, beta as f32, &mut dx_found);
            conv.weight_gradient(&x, &dy, beta as f32, &mut dw_found);
            prop_assert!(near(&y_found, &y));
            prop_assert!(near(&dx_found, &dx));
            prop_assert!(near(&dw_found, &dw));
        }

        /// ⟨conv(x), u⟩ = ⟨x, transposed(u)⟩.
        #[test]
        fn the_transposed_convolution_is_the_adjoint(
            (images, height, width) in (1_usize..3, 1_usize..6, 1_usize..6),
            (inputs, outputs, groups) in (1_usize..4, 1_usize..4, 1_usize..3),
            kernel in [1_usize..5, 1..5],
            stride in [1_usize..4, 1..4],
            dilation in [1_usize..3, 1..3],
            padding in prop_oneof![Just(Padding::Same), (0_usize..2).prop_map(Padding::Zeros)],
            extra in [0_usize..3, 0..3],
            seed in 0_u64..1000,
        ) {
            let extra = [extra[0] % stride[0], extra[1] % stride[1]];
            let room = |axis: usize, size: usize| match padding {
                Padding::Same => kernel[axis] > 0 && extra == [0; 2],
                Padding::Zeros(zeros) => {
                    let extent = dilation[axis] * (kernel[axis] - 1) + 1;
                    zeros < extent && (size - 1) * stride[axis] + extent + extra[axis] > 2 * zeros
                }
            };
            prop_assume!(room(0, height) && room(1, width));
            let options = ConvOptions { stride, padding: [padding; 2], dilation, groups };
            let weight = [inputs * groups, outputs, kernel[0], kernel[1]];
            let image = [height, width, inputs * groups];
            let up = ConvTranspose2d::new(image, weight, options, extra);
            let conv = Conv2d::with_options(up.output(), weight, options);
            prop_assert_eq!(conv.output(), image);

            let large = images * up.output().iter().product::<usize>();
            let small = images * image.iter().product::<usize>();
            let (x, u) = (numbers(seed, "x", large), numbers(seed, "u", small));
            let w = numbers(seed, "w", weight.iter().product());
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (mut y, mut v) = (vec![0.0; small], vec![f64::NAN; large]);
            conv.forward(&x, &w, None, &mut y);
            up.forward(&u, &w, None, &mut v);
            prop_assert!((dot(&y, &u) - dot(&x, &v)).abs() < 1e-9);
            // Both are linear in the weights, so their gradients are the same numbers.
            let [mut dw, mut dw_up] = [vec![0.0; w.len()], vec![1.0; w.len()]];
            conv.weight_gradient(&x, &u, 0.0, &mut dw);
            up.weight_gradient(&u, &x, 1.0, &mut dw_up);
            prop_assert!(dw.iter().zip(&dw_up).all(|(a, b)| (a + 1.0 - b).abs() < 1e-9));
            let mut dx = u.clone();
            up.input_gradient(&x, &w, 1.0, &mut dx);
            prop_assert!(dx.iter().zip(y.iter().zip(&u)).all(|(dx, (y, u))| (dx - y - u).abs() < 1e-9));
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let conv = Conv2d::new([14, 14, 8], [24, 8, 5, 5], 1, Padding::Same);
        let (x, w) = (narrow(&numbers(1, "x", 7 * 14 * 14 * 8)), narrow(&numbers(1, "w", 24 * 8 * 25)));
        let dy = narrow(&numbers(1, "dy", 7 * 14 * 14 * 24));
        let found = [1, 2, 3, 4].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
            pool.install(|| {
                conv.forward(&x, &w, None, &mut y);
                conv.input_gradient(&dy, &w, 0.0, &mut dx);
                conv.weight_gradient(&x, &dy, 0.0, &mut dw);
            });
            [y, dx, dw].concat().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        });
        assert!(found.iter().all(|bits| *bits == found[0]));
    }

    #[test]
    #[should_panic(
        expected = "expected 3 channels for a convolution of weight [8, 3, 5, 5], found images [28, 28, 1] of 1"
    )]
    fn a_wrong_number_of_channels_is_refused() {
        Conv2d::new([28, 28, 1], [8, 3, 5, 5], 1, Padding::Same);
    }

    #[test]
    #[should_panic(expected = "padding Zeros(0) does not fit images [4, 28, 1]")]
    fn a_kernel_larger_than_the_image_is_refused() {
        Conv2d::new([4, 28, 1], [8, 1, 5, 5], 1, Padding::Zeros(0));
    }

    #[test]
    #[should_panic(expected = "expected groups that divide 8 outputs, found 3")]
    fn groups_that_do_not_divide_the_outputs_are_refused() {
        let options = ConvOptions { groups: 3, ..ConvOptions::square(1, Padding::Same) };
        Conv2d::with_options([4, 4, 3], [8, 1, 3, 3], options);
    }

    #[test]
    #[should_panic(expected = "expected an output padding below the stride 2, found 2")]
    fn an_output_padding_of_a_stride_is_refused() {
        ConvTranspose2d::new([4, 4, 3], [3, 8, 3, 3], ConvOptions::square(2, Padding::Zeros(1)), [0, 2]);
    }
}
