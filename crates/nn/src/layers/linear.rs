//! Dense layers.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Dense layer `x·Wᵀ + b`: PyTorch's `Linear`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    weight: ParamId,
    bias: ParamId,
}

impl Linear {
    /// Adds `NAME.weight` of `outputs × inputs` and `NAME.bias` of `outputs`, both initialized uniform in
    /// ±1/√inputs.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Linear {
        Linear::with_init(builder, name, inputs, outputs, Init::FanIn, Init::FanIn)
    }

    /// [`Linear::new`] with other initializers for weight and bias.
    pub fn with_init(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        weight: Init,
        bias: Init,
    ) -> Linear {
        let fans = (inputs, outputs);
        Linear {
            weight: builder.param(format!("{name}.weight"), [outputs, inputs], Role::Matrix, weight, fans),
            bias: builder.param(format!("{name}.bias"), [outputs], Role::Bias, bias, fans),
        }
    }
}

impl Module for Linear {
    /// [.., inputs] to [.., outputs].
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        x.linear(tape.param(self.weight), Some(tape.param(self.bias)))
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let Linear { weight, bias } = *self;
        Some(vec![Layer::Linear { weight, bias }])
    }
}
