//! Convolutions of images.

use autograd::Var;
use tensor::conv::{ConvOptions, Padding};
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Convolution of images with square kernels: PyTorch's `Conv2d`.
///
/// ```
/// use nn::Builder;
/// use nn::layers::Conv2d;
/// let mut builder = Builder::new();
/// // Half the height and width, twice the channels.
/// let conv = Conv2d::new(&mut builder, "conv1", 16, 32, 3).stride(2);
/// // Depthwise: each channel separately.
/// let depthwise = Conv2d::grouped(&mut builder, "conv2", 32, 32, 3, 32);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Conv2d {
    weight: ParamId,
    bias: Option<ParamId>,
    options: ConvOptions,
}

impl Conv2d {
    /// Adds `NAME.weight` of `outputs × inputs × kernel × kernel` and `NAME.bias` of `outputs`, both
    /// initialized uniform in ±1/√(inputs·kernel²). Stride is 1 and the padding keeps the size.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, kernel: usize) -> Conv2d {
        Conv2d::grouped(builder, name, inputs, outputs, kernel, 1)
    }

    /// [`Conv2d::new`] without the bias, for use before a normalization.
    pub fn without_bias(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> Conv2d {
        let weight = weight(builder, name, inputs, outputs, kernel);
        Conv2d { weight, bias: None, options: ConvOptions::square(1, Padding::Same) }
    }

    /// [`Conv2d::new`] with the channels in `groups` equal parts that are convolved separately; the weights are
    /// `outputs × inputs/groups × kernel × kernel`.
    ///
    /// # Panics
    /// If the groups do not divide the inputs.
    #[track_caller]
    pub fn grouped(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        groups: usize,
    ) -> Conv2d {
        assert!(
            groups > 0 && inputs.is_multiple_of(groups),
            "expected groups that divide {inputs} inputs, found {groups}"
        );
        let inputs = inputs / groups;
        let weight = weight(builder, name, inputs, outputs, kernel);
        let fans = fans(inputs, outputs, kernel);
        Conv2d {
            weight,
            bias: Some(builder.param(format!("{name}.bias"), [outputs], Role::Bias, Init::FanIn, fans)),
            options: ConvOptions { groups, ..ConvOptions::square(1, Padding::Same) },
        }
    }

    /// Sets the stride in pixels.
    pub fn stride(mut self, stride: usize) -> Conv2d {
        self.options.stride = [stride; 2];
        self
    }

    /// Sets the zero padding.
    pub fn padding(mut self, padding: Padding) -> Conv2d {
        self.options.padding = [padding; 2];
        self
    }

    /// Sets the dilation in pixels.
    pub fn dilation(mut self, dilation: usize) -> Conv2d {
        self.options.dilation = [dilation; 2];
        self
    }
}

impl Module for Conv2d {
    /// [n, height, width, inputs] to [n, height, width, outputs], the sizes divided by the stride.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let bias = self.bias.map(|bias| tape.param(bias));
        x.conv2d_with(tape.param(self.weight), bias, self.options)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let Conv2d { weight, bias, options } = *self;
        Some(vec![Layer::Conv { weight, bias, options }])
    }
}

fn weight(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, kernel: usize) -> ParamId {
    let shape = [outputs, inputs, kernel, kernel];
    let fans = fans(inputs, outputs, kernel);
    builder.param(format!("{name}.weight"), shape, Role::Matrix, Init::FanIn, fans)
}

fn fans(inputs: usize, outputs: usize, kernel: usize) -> (usize, usize) {
    (inputs * kernel * kernel, outputs * kernel * kernel)
}
