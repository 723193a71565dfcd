//! Convolution of images and its two gradients, without a matrix of patches in memory.
//!
//! Images are `[height, width, channels]`, one after another: what PyTorch calls `channels_last`. So
//! the channels of a pixel are contiguous, vectors run along them, and a patch is a few tables of
//! offsets into one image with a border of zeros around it ([`indirect`](crate::indirect)). Weights are
//! `[outputs, inputs, height, width]`, as PyTorch has them.
//!
//! Images are split over the threads, and for the gradient of the weights the rows of that gradient,
//! so no sum is ever split: the bits depend neither on the number of threads nor on blocking.

use crate::indirect::{IndirectMat, Start};
use crate::kernels::Kernels;
use crate::matmul::Mat;
use crate::parallel::{for_each_chunk, threads};
use crate::shape::Shape;

/// Zeros around an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// So many on each side.
    Zeros(usize),
    /// As many as keep the image's size at stride 1; of an odd number, the smaller half comes first.
    Same,
}

/// The sizes of a convolution.
///
/// ```
/// use tensor::conv::{Conv2d, Padding};
/// // The sum of each pixel of a 2×2 image with its neighbours.
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
    stride: usize,
    /// Zeros above and to the left.
    before: [usize; 2],
    /// Zeros below and to the right.
    after: [usize; 2],
}

/// Convolutions with fewer multiply-adds than this stay on one thread.
const PARALLEL_FROM: usize = 1 << 20;

impl Conv2d {
    /// A convolution of images `[height, width, inputs]` with weights `[outputs, inputs, kernel height,
    /// kernel width]`.
    ///
    /// # Panics
    /// If the channels differ, the stride is 0, the kernel does not fit the image with its padding, or
    /// the padding is not smaller than the kernel.
    #[track_caller]
    pub fn new(image: [usize; 3], weight: [usize; 4], stride: usize, padding: Padding) -> Conv2d {
        let ([height, width, channels], [outputs, inputs, rows, columns]) = (image, weight);
        let [image, weight] = [Shape::new(&image), Shape::new(&weight)];
        assert!(
            channels == inputs,
            "a convolution of weight {weight} takes {inputs} channels, not images {image} of {channels}"
        );
        assert!(stride > 0, "a convolution moves by at least 1, not by a stride of 0");
        let kernel = [rows, columns];
        let (before, after) = match padding {
            Padding::Zeros(zeros) => ([zeros; 2], [zeros; 2]),
            Padding::Same => {
                let all = kernel.map(|size| size.saturating_sub(1));
                (all.map(|all| all / 2), all.map(|all| all - all / 2))
            }
        };
        let fits = |size: usize, axis: usize| {
            kernel[axis] > 0
                && kernel[axis] <= size + before[axis] + after[axis]
                && after[axis] < kernel[axis]
        };
        assert!(
            fits(height, 0) && fits(width, 1),
            "a convolution of weight {weight} and padding {padding:?} does not fit images {image}"
        );
        Conv2d { height, width, inputs, outputs, kernel, stride, before, after }
    }

    /// The sizes of an output image: `[height, width, outputs]`.
    pub fn output(&self) -> [usize; 3] {
        let Conv2d { height, width, kernel, stride, before, after, .. } = *self;
        let steps =
            |size: usize, axis: usize| (size + before[axis] + after[axis] - kernel[axis]) / stride + 1;
        [steps(height, 0), steps(width, 1), self.outputs]
    }

    /// `y = x ∗ w + bias` for any number of images; the bias has one number an output channel.
    ///
    /// # Panics
    /// If the lengths do not fit. So for the gradients.
    #[track_caller]
    pub fn forward<T: Kernels>(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        let images = self.images(x.len(), w.len(), y.len());
        let (frame, taps) = (self.input_frame(), self.taps());
        let mut room = Vec::new();
        let by_tap = cache_lines(&mut room, w.len());
        Mat::new(w, self.outputs, taps.len()).t().copy_to(by_tap);
        let by_tap = &*by_tap;
        let start = bias.map_or(Start::Zeros, Start::Row);
        let pixels = frame.pixels(self.output(), self.stride, self.inputs);

        self.over_images(images, x, y, frame, |x, y| {
            let patches = IndirectMat { data: x, rows: &pixels, columns: &taps };
            T::indirect(patches, by_tap, start, self.outputs, y);
        });
    }

    /// `dx = beta·dx + dy ∗ flipped w`, the gradient of the images; `beta` is 0 or 1.
    #[track_caller]
    pub fn input_gradient<T: Kernels>(&self, dy: &[T], w: &[T], beta: T, dx: &mut [T]) {
        let images = self.images(dx.len(), w.len(), dy.len());
        let Conv2d { height, width, inputs, outputs, kernel: [rows, columns], .. } = *self;
        let frame = self.output_frame();
        // The weight of (input, output, row, column) multiplies what stands behind the pixel by as much
        // as its tap stands before it.
        let area = rows * columns;
        let mut room = Vec::new();
        let by_tap = cache_lines(&mut room, w.len());
        let of_outputs =
            w.chunks_exact((inputs * area).max(1)).zip(by_tap.chunks_exact_mut((inputs * area).max(1)));
        of_outputs.for_each(|(w, by_tap)| Mat::new(w, inputs, area).t().copy_to(by_tap));
        let by_tap = &*by_tap;
        let tap = |output: usize, row: usize, column: usize| {
            ((rows - 1 - row) * frame.width + columns - 1 - column) * outputs + output
        };
        let taps = all(outputs, rows, columns, tap);
        let pixels = frame.pixels([height, width, inputs], 1, outputs);
        let start = if beta == T::zero() { Start::Zeros } else { Start::Kept };

        self.over_images(images, dy, dx, frame, |dy, dx| {
            let patches = IndirectMat { data: dy, rows: &pixels, columns: &taps };
            T::indirect(patches, by_tap, start, inputs, dx);
        });
    }

    /// `dw = beta·dw + Σ patches of x · dy`, the gradient of the weights, summed over the images in
    /// order; `beta` is 0 or 1.
    #[track_caller]
    pub fn weight_gradient<T: Kernels>(&self, x: &[T], dy: &[T], beta: T, dw: &mut [T]) {
        let images = self.images(x.len(), dw.len(), dy.len());
        let (frame, taps, outputs) = (self.input_frame(), self.taps(), self.outputs);
        let pixels = frame.pixels(self.output(), self.stride, self.inputs);
        let [x_len, dy_len] = [self.height * self.width * self.inputs, pixels.len() * outputs];
        let mut by_tap = vec![T::zero(); dw.len()];

        let threads = self.threads(images);
        let share = taps.len().div_ceil(threads).max(1);
        let work = |(taps, by_tap): (&[usize], &mut [T])| {
            let mut framed = vec![T::zero(); frame.len()];
            for (x, dy) in x.chunks_exact(x_len.max(1)).zip(dy.chunks_exact(dy_len.max(1))) {
                let patches = IndirectMat { data: frame.put(x, &mut framed), rows: taps, columns: &pixels };
                T::indirect(patches, dy, Start::Kept, outputs, by_tap);
            }
        };
        if outputs > 0 {
            for_each_chunk(taps.chunks(share).zip(by_tap.chunks_mut(share * outputs)).collect(), work);
        }
        for (output, dw) in dw.chunks_exact_mut(taps.len().max(1)).enumerate() {
            for (tap, dw) in dw.iter_mut().enumerate() {
                let sum = by_tap[tap * outputs + output];
                *dw = if beta == T::zero() { sum } else { *dw + sum };
            }
        }
    }

    /// Calls `work` with each framed image of `from` and its place in `to`, over the threads.
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

    /// Number of images in these lengths of x, w and y.
    #[track_caller]
    fn images(&self, x: usize, w: usize, y: usize) -> usize {
        let image = self.height * self.width * self.inputs;
        let images = x.checked_div(image).unwrap_or(0);
        let output: usize = self.output().iter().product();
        let weights = self.outputs * self.inputs * self.kernel[0] * self.kernel[1];
        assert!(
            x == images * image && y == images * output && w == weights,
            "images of {image} numbers, {weights} weights and results of {output} do not have {x}, {w} and {y}"
        );
        images
    }

    fn threads(&self, images: usize) -> usize {
        let [height, width, outputs] = self.output();
        let multiply_adds = images * height * width * outputs * self.inputs * self.kernel[0] * self.kernel[1];
        if multiply_adds < PARALLEL_FROM { 1 } else { threads() }
    }

    /// An input image with its padding.
    fn input_frame(&self) -> Frame {
        let Conv2d { height, width, inputs, before, after, .. } = *self;
        Frame {
            height: height + before[0] + after[0],
            width: width + before[1] + after[1],
            top: before[0],
            left: before[1],
            step: 1,
            image: [height, width, inputs],
        }
    }

    /// An output image with its pixels a stride apart, and zeros around it for all patches that hold
    /// one of them.
    fn output_frame(&self) -> Frame {
        let Conv2d { height, width, kernel, before, stride, .. } = *self;
        Frame {
            height: height + kernel[0] - 1,
            width: width + kernel[1] - 1,
            top: kernel[0] - 1 - before[0],
            left: kernel[1] - 1 - before[1],
            step: stride,
            image: self.output(),
        }
    }

    /// The offsets of a patch's numbers in a framed input image, in the order of the weights.
    fn taps(&self) -> Vec<usize> {
        let (inputs, width) = (self.inputs, self.input_frame().width);
        all(inputs, self.kernel[0], self.kernel[1], |input, row, column| {
            (row * width + column) * inputs + input
        })
    }
}

/// An image with zeros around it, and between its pixels where they are spread.
#[derive(Debug, Clone, Copy)]
struct Frame {
    height: usize,
    width: usize,
    top: usize,
    left: usize,
    /// Distance of two pixels that are neighbours in the image.
    step: usize,
    image: [usize; 3],
}

impl Frame {
    fn len(&self) -> usize {
        self.height * self.width * self.image[2]
    }

    /// Writes an image into a frame that is zero where no image comes; or the image itself, if it
    /// needs no frame.
    fn put<'a, T: Kernels>(&self, image: &'a [T], framed: &'a mut [T]) -> &'a [T] {
        let Frame { top, left, step, image: [height, width, channels], .. } = *self;
        if self.len() == image.len() {
            return image;
        }
        let row_len = (width * channels).max(1);
        for (i, row) in image.chunks_exact(row_len).enumerate().take(height) {
            let start = ((top + i * step) * self.width + left) * channels;
            if step == 1 {
                framed[start..start + row.len()].copy_from_slice(row);
            } else {
                for (j, pixel) in row.chunks_exact(channels).enumerate() {
                    framed[start + j * step * channels..][..channels].copy_from_slice(pixel);
                }
            }
        }
        framed
    }

    /// The offsets of the patches' first pixels, for results of these sizes.
    fn pixels(&self, [height, width, _]: [usize; 3], stride: usize, channels: usize) -> Vec<usize> {
        all(height, width, 1, |row, column, _| (row * self.width + column) * stride * channels)
    }
}

/// `len` zeros that begin a cache line: a vector that lies in two of them is read twice.
fn cache_lines<T: Kernels>(room: &mut Vec<T>, len: usize) -> &mut [T] {
    const LINE: usize = 64;
    room.resize(len + LINE / size_of::<T>(), T::zero());
    let start = room.as_ptr().align_offset(LINE);
    &mut room[start..][..len]
}

/// `f` for all indices below these sizes, the last running fastest.
fn all(a: usize, b: usize, c: usize, f: impl Fn(usize, usize, usize) -> usize) -> Vec<usize> {
    let f = &f;
    (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..c).map(move |k| f(i, j, k)))).collect()
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

    /// Every pixel of every patch, by the definition: (image, output row, column, output, input row,
    /// column, input, weight).
    fn each_product(conv: &Conv2d, images: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let Conv2d { height, width, inputs, outputs, kernel, stride, before, .. } = *conv;
        let [rows, columns, _] = conv.output();
        for (image, oy, ox) in
            (0..images).flat_map(|n| (0..rows).flat_map(move |y| (0..columns).map(move |x| (n, y, x))))
        {
            for (ky, kx) in (0..kernel[0]).flat_map(|y| (0..kernel[1]).map(move |x| (y, x))) {
                let (Some(y), Some(x)) =
                    ((oy * stride + ky).checked_sub(before[0]), (ox * stride + kx).checked_sub(before[1]))
                else {
                    continue;
                };
                if y >= height || x >= width {
                    continue;
                }
                for (output, input) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
                    visit(
                        ((image * rows + oy) * columns + ox) * outputs + output,
                        ((image * height + y) * width + x) * inputs + input,
                        ((output * inputs + input) * kernel[0] + ky) * kernel[1] + kx,
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn all_three_are_the_naive_sums(
            (images, height, width) in (0_usize..4, 1_usize..9, 1_usize..9),
            (inputs, outputs) in (1_usize..4, prop_oneof![1_usize..5, Just(16), Just(17), Just(33), Just(65)]),
            kernel in (1_usize..6, 1_usize..6),
            stride in 1_usize..4,
            padding in prop_oneof![Just(Padding::Same), (0_usize..3).prop_map(Padding::Zeros)],
            accumulate: bool,
            seed in 0_u64..1000,
        ) {
            let zeros = match padding { Padding::Same => 0, Padding::Zeros(zeros) => zeros };
            let fits = |size: usize, kernel: usize| padding == Padding::Same || (zeros < kernel && kernel <= size + 2 * zeros);
            prop_assume!(fits(height, kernel.0) && fits(width, kernel.1));
            let conv = Conv2d::new([height, width, inputs], [outputs, inputs, kernel.0, kernel.1], stride, padding);
            let [rows, columns, _] = conv.output();
            let x = numbers(seed, "x", images * height * width * inputs);
            let w = numbers(seed, "w", outputs * inputs * kernel.0 * kernel.1);
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
    #[should_panic(expected = "weight [8, 3, 5, 5] takes 3 channels, not images [28, 28, 1] of 1")]
    fn other_channels_are_refused() {
        Conv2d::new([28, 28, 1], [8, 3, 5, 5], 1, Padding::Same);
    }

    #[test]
    #[should_panic(expected = "padding Zeros(0) does not fit images [4, 28, 1]")]
    fn a_kernel_larger_than_the_image_is_refused() {
        Conv2d::new([4, 28, 1], [8, 1, 5, 5], 1, Padding::Zeros(0));
    }
}
