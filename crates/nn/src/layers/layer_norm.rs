//! Normalization over the features.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Normalizes the last dimension to mean 0 and variance 1, then scales and shifts (Ba 2016): PyTorch's
/// `LayerNorm` of one dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    weight: ParamId,
    bias: ParamId,
}

impl LayerNorm {
    /// Added to the variance before the square root.
    pub const EPS: f64 = 1e-5;

    /// Adds `NAME.weight` of ones and `NAME.bias` of zeros.
    pub fn new(builder: &mut Builder, name: &str, features: usize) -> LayerNorm {
        let fans = (features, features);
        let mut param = |part: &str, start: f32| {
            builder.param(format!("{name}.{part}"), [features], Role::Norm, Init::Constant(start), fans)
        };
        LayerNorm { weight: param("weight", 1.0), bias: param("bias", 0.0) }
    }
}

impl Module for LayerNorm {
    /// [.., features] to the same shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        x.layer_norm(tape.param(self.weight), tape.param(self.bias), LayerNorm::EPS)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let LayerNorm { weight, bias } = *self;
        Some(vec![Layer::LayerNorm { weight, bias, eps: LayerNorm::EPS }])
    }
}
