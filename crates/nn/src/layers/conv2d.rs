//! Convolutions.

use autograd::Var;
use tensor::conv::Padding;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::model::Builder;
use crate::module::Module;

/// A convolution of images with square kernels: PyTorch's `Conv2d`.
///
/// ```
/// use nn::Builder;
/// use nn::layers::Conv2d;
/// let mut builder = Builder::new();
/// // Half the height and width, twice the channels.
/// let conv = Conv2d::new(&mut builder, "conv1", 16, 32, 3).stride(2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Conv2d {
    weight: ParamId,
    bias: Option<ParamId>,
    stride: usize,
    padding: Padding,
}

impl Conv2d {
    /// Adds `NAME.weight` of `outputs × inputs × kernel × kernel` and `NAME.bias` of `outputs`, both
    /// starting uniform in ±1/√(inputs·kernel²); with stride 1 and the padding that keeps the size.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, kernel: usize) -> Conv2d {
        let conv = Conv2d::without_bias(builder, name, inputs, outputs, kernel);
        let fans = fans(inputs, outputs, kernel);
        Conv2d {
            bias: Some(builder.param(format!("{name}.bias"), [outputs], Role::Bias, Init::FanIn, fans)),
            ..conv
        }
    }

    /// [`Conv2d::new`] without the bias, for where a normalization follows.
    pub fn without_bias(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> Conv2d {
        let shape = [outputs, inputs, kernel, kernel];
        let fans = fans(inputs, outputs, kernel);
        let weight = builder.param(format!("{name}.weight"), shape, Role::Matrix, Init::FanIn, fans);
        Conv2d { weight, bias: None, stride: 1, padding: Padding::Same }
    }

    /// With so many pixels from one patch to the next.
    pub fn stride(self, stride: usize) -> Conv2d {
        Conv2d { stride, ..self }
    }

    /// With these zeros around the image.
    pub fn padding(self, padding: Padding) -> Conv2d {
        Conv2d { padding, ..self }
    }
}

impl Module for Conv2d {
    /// [n, height, width, inputs] to [n, height, width, outputs], the sizes divided by the stride.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let bias = self.bias.map(|bias| tape.param(bias));
        x.conv2d(tape.param(self.weight), bias, self.stride, self.padding)
    }
}

fn fans(inputs: usize, outputs: usize, kernel: usize) -> (usize, usize) {
    (inputs * kernel * kernel, outputs * kernel * kernel)
}
