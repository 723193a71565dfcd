//! Convolutions of rows, such as signals and sequences.

use autograd::Var;
use tensor::conv::{ConvOptions, Padding};
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Convolution of rows [n, length, channels]: PyTorch's `Conv1d`, with channels last.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv1d {
    weight: ParamId,
    bias: ParamId,
    options: ConvOptions,
}

impl Conv1d {
    /// Adds `NAME.weight` of `outputs × inputs × kernel` and `NAME.bias` of `outputs`, both
    /// initialized uniform in ±1/√(inputs·kernel). Stride is 1 and the padding keeps the length.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, kernel: usize) -> Conv1d {
        let fans = (inputs * kernel, outputs * kernel);
        let shape = [outputs, inputs, kernel];
        Conv1d {
            weight: builder.param(format!("{name}.weight"), shape, Role::Matrix, Init::FanIn, fans),
            bias: builder.param(format!("{name}.bias"), [outputs], Role::Bias, Init::FanIn, fans),
            options: ConvOptions::row(1, Padding::Same, 1),
        }
    }

    /// Sets the stride in positions.
    pub fn stride(mut self, stride: usize) -> Conv1d {
        self.options.stride[1] = stride;
        self
    }

    /// Sets the zero padding.
    pub fn padding(mut self, padding: Padding) -> Conv1d {
        self.options.padding[1] = padding;
        self
    }

    /// Sets the dilation in positions.
    pub fn dilation(mut self, dilation: usize) -> Conv1d {
        self.options.dilation[1] = dilation;
        self
    }
}

impl Module for Conv1d {
    /// [n, length, inputs] to [n, length, outputs], the length divided by the stride.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        x.conv1d(tape.param(self.weight), Some(tape.param(self.bias)), self.options)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let Conv1d { weight, bias, options } = *self;
        Some(vec![Layer::Conv { weight, bias: Some(bias), options }])
    }
}
