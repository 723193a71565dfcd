//! Transposed convolution: the gradient of a convolution's images as a forward pass.

use super::{Conv2d, ConvOptions, Padding};
use crate::indirect::Start;
use crate::kernels::Kernels;

/// The sizes of a transposed convolution (Zeiler 2010): PyTorch's `ConvTranspose2d`.
///
/// It is the adjoint of the convolution that maps its result to its input.
///
/// ```
/// use tensor::conv::{ConvOptions, ConvTranspose2d, Padding};
/// // Each pixel of a row is repeated.
/// let options = ConvOptions::row(2, Padding::Zeros(0), 1);
/// let upsample = ConvTranspose2d::new([1, 3, 1], [1, 1, 1, 2], options, [0, 0]);
/// let mut y = [0.0_f32; 6];
/// upsample.forward(&[1.0, 2.0, 3.0], &[1.0, 1.0], None, &mut y);
/// assert_eq!(y, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTranspose2d {
    back: Conv2d,
}

impl ConvTranspose2d {
    /// A transposed convolution of images `[height, width, inputs]` with weights `[inputs,
    /// outputs / groups, kernel height, kernel width]`. `output_padding` adds rows and columns below and
    /// to the right, because several output sizes belong to one input size at a stride above 1. With
    /// [`Padding::Same`] the result is `stride` times as large.
    ///
    /// # Panics
    /// As [`Conv2d::with_options`], and if the padding leaves no pixel or the output padding is not
    /// smaller than the stride.
    #[track_caller]
    pub fn new(
        image: [usize; 3],
        weight: [usize; 4],
        options: ConvOptions,
        output_padding: [usize; 2],
    ) -> ConvTranspose2d {
        let ([height, width, _], [_, outputs, ..]) = (image, weight);
        let size = |axis: usize, size: usize| {
            let (stride, extra) = (options.stride[axis], output_padding[axis]);
            assert!(
                extra == 0 || extra < stride,
                "expected an output padding below the stride {stride}, found {extra}"
            );
            match options.padding[axis] {
                Padding::Same => size * stride + extra,
                Padding::Zeros(zeros) => {
                    let extent = options.dilation[axis] * weight[2 + axis].saturating_sub(1) + 1;
                    let whole = size.saturating_sub(1) * stride + extent + extra;
                    assert!(
                        whole > 2 * zeros,
                        "expected a padding that leaves some of {whole} pixels, found {zeros}"
                    );
                    whole - 2 * zeros
                }
            }
        };
        let result = [size(0, height), size(1, width), outputs * options.groups];
        let back = Conv2d::with_options(result, weight, options);
        assert!(
            back.output() == image,
            "expected images {:?} for a transposed convolution of weight {weight:?}, found {image:?}",
            back.output()
        );
        ConvTranspose2d { back }
    }

    /// The sizes of an output image: `[height, width, outputs]`.
    pub fn output(&self) -> [usize; 3] {
        [self.back.height, self.back.width, self.back.inputs]
    }

    /// The transposed convolution of any number of images; the bias has one number per output channel.
    ///
    /// # Panics
    /// If the lengths do not fit the shapes.
    #[track_caller]
    pub fn forward<T: Kernels>(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        if let Some(bias) = bias {
            y.chunks_exact_mut(bias.len().max(1)).for_each(|y| y.copy_from_slice(bias));
        }
        let beta = if bias.is_some() { T::one() } else { T::zero() };
        self.back.input_gradient(x, w, beta, y);
    }

    /// The gradient of the images, added to `beta·dx`; `beta` is 0 or 1.
    #[track_caller]
    pub fn input_gradient<T: Kernels>(&self, dy: &[T], w: &[T], beta: T, dx: &mut [T]) {
        self.back.forward_from(dy, w, if beta == T::zero() { Start::Zeros } else { Start::Kept }, dx);
    }

    /// The gradient of the weights, added to `beta·dw`; `beta` is 0 or 1.
    #[track_caller]
    pub fn weight_gradient<T: Kernels>(&self, x: &[T], dy: &[T], beta: T, dw: &mut [T]) {
        self.back.weight_gradient(dy, x, beta, dw);
    }
}
