//! Transposed convolutions, which upsample images and rows.

use autograd::Var;
use tensor::conv::{ConvOptions, Padding};
use tensor::{Kernels, ParamId, Role, Shape};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Transposed convolution of images with square kernels: PyTorch's `ConvTranspose2d`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvTranspose2d(Transposed);

impl ConvTranspose2d {
    /// Adds `NAME.weight` of `inputs × outputs × kernel × kernel` and `NAME.bias` of `outputs`, both
    /// initialized uniform in ±1/√(outputs·kernel²) as in PyTorch. Stride is 1 and the padding makes the result
    /// `stride` times as large.
    pub fn new(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> ConvTranspose2d {
        let options = ConvOptions::square(1, Padding::Same);
        ConvTranspose2d(Transposed::new(builder, name, &[inputs, outputs, kernel, kernel], options))
    }

    /// Sets the stride: output pixels per input pixel.
    pub fn stride(mut self, stride: usize) -> ConvTranspose2d {
        self.0.options.stride = [stride; 2];
        self
    }

    /// Sets the padding that is removed around the result, as in PyTorch.
    pub fn padding(mut self, padding: Padding) -> ConvTranspose2d {
        self.0.options.padding = [padding; 2];
        self
    }

    /// Sets the number of additional rows and columns, below and to the right.
    pub fn output_padding(mut self, extra: usize) -> ConvTranspose2d {
        self.0.output_padding = [extra; 2];
        self
    }
}

impl Module for ConvTranspose2d {
    /// [n, height, width, inputs] to [n, height, width, outputs], the sizes times the stride.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        self.0.forward(x)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![self.0.layer()])
    }
}

/// Transposed convolution of rows [n, length, channels]: PyTorch's `ConvTranspose1d`, with channels
/// last.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvTranspose1d(Transposed);

impl ConvTranspose1d {
    /// Adds `NAME.weight` of `inputs × outputs × kernel` and `NAME.bias` of `outputs`, both
    /// initialized uniform in ±1/√(outputs·kernel) as in PyTorch. Stride is 1 and the padding makes the result
    /// `stride` times as long.
    pub fn new(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> ConvTranspose1d {
        let options = ConvOptions::row(1, Padding::Same, 1);
        ConvTranspose1d(Transposed::new(builder, name, &[inputs, outputs, kernel], options))
    }

    /// Sets the stride: output positions per input position.
    pub fn stride(mut self, stride: usize) -> ConvTranspose1d {
        self.0.options.stride[1] = stride;
        self
    }

    /// Sets the padding that is removed at both ends of the result, as in PyTorch.
    pub fn padding(mut self, padding: Padding) -> ConvTranspose1d {
        self.0.options.padding[1] = padding;
        self
    }

    /// Sets the number of additional positions at the end.
    pub fn output_padding(mut self, extra: usize) -> ConvTranspose1d {
        self.0.output_padding[1] = extra;
        self
    }
}

impl Module for ConvTranspose1d {
    /// [n, length, inputs] to [n, length, outputs], the length times the stride.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        self.0.forward(x)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![self.0.layer()])
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Transposed {
    weight: ParamId,
    bias: ParamId,
    options: ConvOptions,
    output_padding: [usize; 2],
}

impl Transposed {
    fn new(builder: &mut Builder, name: &str, weight: &[usize], options: ConvOptions) -> Transposed {
        let (shape, outputs) = (Shape::new(weight), weight[1]);
        let area: usize = weight[2..].iter().product();
        let fans = (outputs * area, weight[0] * area);
        Transposed {
            weight: builder.param(format!("{name}.weight"), shape, Role::Matrix, Init::FanIn, fans),
            bias: builder.param(format!("{name}.bias"), [outputs], Role::Bias, Init::FanIn, fans),
            options,
            output_padding: [0; 2],
        }
    }

    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        let (weight, bias) = (tape.param(self.weight), tape.param(self.bias));
        x.conv_transpose2d(weight, Some(bias), self.options, self.output_padding)
    }

    fn layer(&self) -> Layer {
        let Transposed { weight, bias, options, output_padding } = *self;
        Layer::ConvTranspose { weight, bias, options, output_padding }
    }
}
