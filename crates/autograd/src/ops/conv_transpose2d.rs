//! Transposed convolution of images and of rows.

use tensor::conv::{ConvOptions, ConvTranspose2d};

use super::columns;
use super::conv2d::{check_bias, result, sizes};
use crate::var::Var;

ops! {
    /// Transposed convolution of images [n, height, width, inputs] with weights [inputs, outputs /
    /// groups, kernel height, kernel width], plus a bias per output: PyTorch's `conv_transpose2d`.
    /// Rows [n, length, inputs] with weights [inputs, outputs / groups, kernel] are images of height 1.
    ///
    /// # Panics
    /// If the shapes do not fit; see [`ConvTranspose2d::new`].
    #[track_caller]
    pub fn conv_transpose2d(
        self,
        w: Var<'g, T>,
        b: Option<Var<'g, T>>,
        options: ConvOptions,
        output_padding: [usize; 2],
    ) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let (image, weight) = sizes(x.shape(), w.shape());
        let conv = ConvTranspose2d::new(image, weight, options, output_padding);
        let outputs = conv.output()[2];
        check_bias(w, b, outputs);
        let shape = result(x.shape(), conv.output());
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
