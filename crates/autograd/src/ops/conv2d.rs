//! Convolution of images.

use tensor::conv::{Conv2d, Padding};
use tensor::{Kernels, Shape};

use super::columns;
use crate::var::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// The convolution of images [n, height, width, inputs] with weights [outputs, inputs, kernel
    /// height, kernel width], plus a bias for each output: [n, height, width, outputs]. PyTorch's
    /// `conv2d` in its `channels_last` order of memory.
    ///
    /// # Panics
    /// If the shapes do not fit; see [`Conv2d::new`].
    #[track_caller]
    pub fn conv2d(self, w: Var<'g, T>, b: Option<Var<'g, T>>, stride: usize, padding: Padding) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let (&[n, height, width, channels], &[outputs, inputs, rows, columns]) = (&*x.shape(), &*w.shape())
        else {
            panic!(
                "a convolution takes images [n, height, width, channels] and weights [outputs, inputs, height, \
                 width], not shapes {} and {}",
                x.shape(),
                w.shape()
            );
        };
        if let Some(b) = b {
            assert!(
                *b.shape() == [outputs],
                "a convolution of weight {} cannot have a bias {}",
                w.shape(),
                b.shape()
            );
        }
        let conv = Conv2d::new([height, width, channels], [outputs, inputs, rows, columns], stride, padding);
        let [height, width, _] = conv.output();
        let shape = Shape::from([n, height, width, outputs]);
        let mut y = tape.buffer(shape);
        conv.forward(&x.values(), &w.values(), b.map(Var::values).as_deref(), &mut y);

        let (x_node, w_node, b_node) = (x.node(), w.node(), b.map(Var::node));
        let inputs_of = [x, w].into_iter().chain(b).collect::<Vec<_>>();
        tape.push(shape, y, &inputs_of, move |ctx, gradients| {
            gradients.add(x_node, |dx, beta| conv.input_gradient(ctx.dy, ctx.value(w_node), beta, dx));
            gradients.add(w_node, |dw, beta| conv.weight_gradient(ctx.value(x_node), ctx.dy, beta, dw));
            if let Some(b) = b_node {
                columns::add(gradients, b, &columns::sums(ctx.dy, outputs));
            }
        })
    }
}
