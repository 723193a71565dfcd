//! Convolution of images and of rows.

use tensor::conv::{Conv2d, ConvOptions, Padding};
use tensor::{Kernels, Shape};

use super::columns;
use crate::var::Var;

ops! {
    /// Convolution of images [n, height, width, inputs] with weights [outputs, inputs, kernel height, kernel width],
    /// plus a bias per output: [n, height, width, outputs]. PyTorch's `conv2d` in the `channels_last` memory format.
    ///
    /// # Panics
    /// If the shapes do not fit; see [`Conv2d::new`].
    #[track_caller]
    pub fn conv2d(self, w: Var<'g, T>, b: Option<Var<'g, T>>, stride: usize, padding: Padding) -> Var<'g, T> {
        self.conv2d_with(w, b, ConvOptions::square(stride, padding))
    }

    /// [`conv2d`](Var::conv2d) with stride and padding per axis, dilation and groups; the weights are
    /// [outputs, inputs / groups, kernel height, kernel width].
    ///
    /// # Panics
    /// If the shapes do not fit; see [`Conv2d::with_options`].
    #[track_caller]
    pub fn conv2d_with(self, w: Var<'g, T>, b: Option<Var<'g, T>>, options: ConvOptions) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let (image, weight) = sizes(x.shape(), w.shape());
        check_bias(w, b, weight[0]);
        let conv = Conv2d::with_options(image, weight, options);
        let shape = result(x.shape(), conv.output());
        let mut y = tape.buffer(shape);
        conv.forward(&x.values(), &w.values(), b.map(Var::values).as_deref(), &mut y);

        let (x_node, w_node, b_node) = (x.node(), w.node(), b.map(Var::node));
        let inputs_of = [x, w].into_iter().chain(b).collect::<Vec<_>>();
        tape.push(shape, y, &inputs_of, move |ctx, gradients| {
            gradients.add(x_node, |dx, beta| conv.input_gradient(ctx.dy, ctx.value(w_node), beta, dx));
            gradients.add(w_node, |dw, beta| conv.weight_gradient(ctx.value(x_node), ctx.dy, beta, dw));
            if let Some(b) = b_node {
                columns::add(gradients, b, &columns::sums(ctx.dy, weight[0]));
            }
        })
    }

    /// Convolution of rows [n, length, inputs] with weights [outputs, inputs / groups, kernel], plus a bias per
    /// output: [n, length, outputs]. PyTorch's `conv1d` with channels last;
    /// [`ConvOptions::row`] makes its options.
    ///
    /// # Panics
    /// If the shapes do not fit; see [`Conv2d::with_options`], for images of height 1.
    #[track_caller]
    pub fn conv1d(self, w: Var<'g, T>, b: Option<Var<'g, T>>, options: ConvOptions) -> Var<'g, T> {
        assert!(
            self.shape().rank() == 3 && w.shape().rank() == 3,
            "expected rows [n, length, channels] and weights [outputs, inputs, kernel], found {} and {}",
            self.shape(),
            w.shape()
        );
        self.conv2d_with(w, b, options)
    }
}

/// Shapes of an image and of a weight; rows get height 1.
#[track_caller]
pub(super) fn sizes(x: Shape, w: Shape) -> ([usize; 3], [usize; 4]) {
    match (&*x, &*w) {
        (&[_, height, width, channels], &[outputs, inputs, rows, columns]) => {
            ([height, width, channels], [outputs, inputs, rows, columns])
        }
        (&[_, length, channels], &[outputs, inputs, kernel]) => {
            ([1, length, channels], [outputs, inputs, 1, kernel])
        }
        _ => panic!(
            "a convolution takes images [n, height, width, channels] and weights [outputs, inputs, height, \
             width], not shapes {x} and {w}"
        ),
    }
}

/// Shape of a batch like `x` with results of this size.
pub(super) fn result(x: Shape, [height, width, channels]: [usize; 3]) -> Shape {
    if x.rank() == 3 { [x[0], width, channels].into() } else { [x[0], height, width, channels].into() }
}

#[track_caller]
pub(super) fn check_bias<T: Kernels>(w: Var<'_, T>, b: Option<Var<'_, T>>, outputs: usize) {
    if let Some(b) = b {
        assert!(
            *b.shape() == [outputs],
            "expected one bias per output of weight {}, found a bias of shape {}",
            w.shape(),
            b.shape()
        );
    }
}
