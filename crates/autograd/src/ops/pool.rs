//! Max and average pooling of images and rows.

use tensor::parallel;
use tensor::simd::{self, Kernel};
use tensor::{Kernels, Shape};

use crate::var::Var;

ops! {
    /// Maximum of each `size` × `size` window of images [n, height, width, channels], by channel. Windows begin every
    /// `stride` pixels; windows that do not fit are dropped, as in PyTorch. The first of equal elements gets the
    /// gradient; NaN counts as the largest.
    ///
    /// # Panics
    /// If the rank is not 4, no window fits, or size or stride is 0, as for `avg_pool2d`.
    #[track_caller]
    pub fn max_pool2d(self, size: usize, stride: usize) -> Var<'g, T> {
        self.max_pool(Windows::of_images(self.shape(), size, stride))
    }

    /// [`max_pool2d`](Var::max_pool2d) of rows [n, length, channels].
    #[track_caller]
    pub fn max_pool1d(self, size: usize, stride: usize) -> Var<'g, T> {
        self.max_pool(Windows::of_rows(self.shape(), size, stride))
    }

    fn max_pool(self, windows: Windows) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let mut y = tape.buffer(windows.output);
        // Index of each maximum in its window, saved for backward.
        let mut places = tape.buffer(windows.output);
        let (input, output) = windows.image_lens();
        let values = self.values();
        let images =
            values.chunks_exact(input).zip(y.chunks_exact_mut(output).zip(places.chunks_exact_mut(output)));
        parallel::for_each_chunk(images.collect(), |(x, (y, places))| {
            simd::dispatch(Greatest { windows, x, y, places });
        });
        drop(values);
        let places = tape.push_constant(windows.output, places).node();

        tape.push(windows.output, y, &[self], move |ctx, gradients| {
            gradients.add(x, |dx, beta| {
                let pooled = ctx.dy.chunks_exact(output).zip(ctx.value(places).chunks_exact(output));
                let images = dx.chunks_exact_mut(input).zip(pooled).collect();
                parallel::for_each_chunk(images, |(dx, (dy, places))| {
                    simd::dispatch(SendBack { windows, dy, places, beta, dx });
                });
            });
        })
    }

    /// Mean of each `size` × `size` window of images [n, height, width, channels], by channel, for windows as in
    /// [`max_pool2d`](Var::max_pool2d).
    #[track_caller]
    pub fn avg_pool2d(self, size: usize, stride: usize) -> Var<'g, T> {
        self.avg_pool(Windows::of_images(self.shape(), size, stride))
    }

    /// [`avg_pool2d`](Var::avg_pool2d) of rows [n, length, channels].
    #[track_caller]
    pub fn avg_pool1d(self, size: usize, stride: usize) -> Var<'g, T> {
        self.avg_pool(Windows::of_rows(self.shape(), size, stride))
    }

    fn avg_pool(self, windows: Windows) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let share = T::from_f64(1.0 / windows.size.iter().product::<usize>() as f64);
        let ((input, output), c) = (windows.image_lens(), windows.channels);
        let (mut y, values) = (tape.buffer(windows.output), self.values());
        for (y, x) in y.chunks_exact_mut(output).zip(values.chunks_exact(input)) {
            y.fill(T::zero());
            windows.for_each(|_, from, to| {
                y[to..to + c].iter_mut().zip(&x[from..from + c]).for_each(|(y, &x)| *y += x);
            });
            y.iter_mut().for_each(|y| *y *= share);
        }
        drop(values);

        tape.push(windows.output, y, &[self], move |ctx, gradients| {
            gradients.add(x, |dx, beta| {
                if beta == T::zero() {
                    dx.fill(T::zero());
                }
                for (dx, dy) in dx.chunks_exact_mut(input).zip(ctx.dy.chunks_exact(output)) {
                    windows.for_each(|_, from, to| {
                        let rows = dx[from..from + c].iter_mut().zip(&dy[to..to + c]);
                        rows.for_each(|(dx, &dy)| *dx += share * dy);
                    });
                }
            });
        })
    }
}

/// Geometry of the windows of images, or of rows as images of height 1.
#[derive(Clone, Copy)]
struct Windows {
    height: usize,
    width: usize,
    channels: usize,
    size: [usize; 2],
    stride: [usize; 2],
    /// Shape of the result.
    output: Shape,
}

impl Windows {
    #[track_caller]
    fn of_images(shape: Shape, size: usize, stride: usize) -> Windows {
        let &[images, height, width, channels] = &*shape else {
            panic!("expected images [n, height, width, channels], found shape {shape}");
        };
        assert!(
            size > 0 && stride > 0,
            "expected a window and a stride of at least 1, found {size} × {size} every {stride} pixels"
        );
        assert!(
            size <= height && size <= width,
            "expected a window within images of shape {shape}, found {size} × {size}"
        );
        let [rows, columns] = [height, width].map(|len| (len - size) / stride + 1);
        let output = [images, rows, columns, channels].into();
        Windows { height, width, channels, size: [size; 2], stride: [stride; 2], output }
    }

    #[track_caller]
    fn of_rows(shape: Shape, size: usize, stride: usize) -> Windows {
        let &[rows, length, channels] = &*shape else {
            panic!("expected rows [n, length, channels], found shape {shape}");
        };
        assert!(
            size > 0 && stride > 0,
            "expected a window and a stride of at least 1, found {size} every {stride}"
        );
        assert!(size <= length, "expected a window within rows of shape {shape}, found {size}");
        let output = [rows, (length - size) / stride + 1, channels].into();
        Windows { height: 1, width: length, channels, size: [1, size], stride: [1, stride], output }
    }

    fn counts(self) -> [usize; 2] {
        [0, 1].map(|axis| ([self.height, self.width][axis] - self.size[axis]) / self.stride[axis] + 1)
    }

    /// Elements of an image and of its result.
    fn image_lens(self) -> (usize, usize) {
        let [rows, columns] = self.counts();
        ((self.height * self.width * self.channels).max(1), (rows * columns * self.channels).max(1))
    }

    /// Calls `visit` with the index in its window, the offset in the image and the offset in the result of the first
    /// channel of each pixel of each window, window by window.
    #[inline(always)]
    fn for_each(self, mut visit: impl FnMut(usize, usize, usize)) {
        let Windows { width, channels, size, stride, .. } = self;
        let [rows, columns] = self.counts();
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let to = (row * columns + column) * channels;
            for (i, j) in (0..size[0]).flat_map(|i| (0..size[1]).map(move |j| (i, j))) {
                let from = ((row * stride[0] + i) * width + column * stride[1] + j) * channels;
                visit(i * size[1] + j, from, to);
            }
        }
    }
}

struct Greatest<'a, T> {
    windows: Windows,
    x: &'a [T],
    y: &'a mut [T],
    places: &'a mut [T],
}

impl<T: Kernels> Kernel for Greatest<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Greatest { windows, x, y, places } = self;
        let c = windows.channels;
        windows.for_each(|place, from, to| {
            let (x, y, places) = (&x[from..from + c], &mut y[to..to + c], &mut places[to..to + c]);
            if place == 0 {
                y.copy_from_slice(x);
                places.fill(T::zero());
                return;
            }
            let place = T::from_f64(place as f64);
            for ((y, at), &x) in y.iter_mut().zip(places).zip(x) {
                let greater = (x > *y) | (x.is_nan() & !y.is_nan());
                *at = if greater { place } else { *at };
                *y = if greater { x } else { *y };
            }
        });
    }
}

struct SendBack<'a, T> {
    windows: Windows,
    dy: &'a [T],
    places: &'a [T],
    beta: T,
    dx: &'a mut [T],
}

impl<T: Kernels> Kernel for SendBack<'_, T> {
    #[inline(always)]
    fn run(self) {
        let SendBack { windows, dy, places, beta, dx } = self;
        let c = windows.channels;
        // Windows that tile the images write each element once.
        let once = windows.size == windows.stride && beta == T::zero();
        if beta == T::zero() {
            let [rows, columns] = windows.counts();
            let [rows, columns] = [rows * windows.stride[0], columns * windows.stride[1]];
            if !(once && rows == windows.height && columns == windows.width) {
                dx.fill(T::zero());
            }
        }
        windows.for_each(|place, to, from| {
            let place = T::from_f64(place as f64);
            let (dx, rows) = (&mut dx[to..to + c], dy[from..from + c].iter().zip(&places[from..from + c]));
            let mine = |at: T, dy: T| if at == place { dy } else { T::zero() };
            if once {
                dx.iter_mut().zip(rows).for_each(|(dx, (&dy, &at))| *dx = mine(at, dy));
            } else {
                dx.iter_mut().zip(rows).for_each(|(dx, (&dy, &at))| *dx += mine(at, dy));
            }
        });
    }
}
