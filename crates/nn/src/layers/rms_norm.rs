//! Normalization by the root mean square.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Divides the last dimension by its root mean square, then scales (Zhang & Sennrich 2019): PyTorch's `RMSNorm`
/// with `eps=1e-5`.
#[derive(Debug, Clone, PartialEq)]
pub struct RmsNorm {
    weight: ParamId,
}

impl RmsNorm {
    /// Added to the mean square before the square root.
    pub const EPS: f64 = 1e-5;

    /// Adds `NAME.weight` of ones.
    pub fn new(builder: &mut Builder, name: &str, features: usize) -> RmsNorm {
        let (fans, start) = ((features, features), Init::Constant(1.0));
        RmsNorm { weight: builder.param(format!("{name}.weight"), [features], Role::Norm, start, fans) }
    }
}

impl Module for RmsNorm {
    /// [.., features] to the same shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.rms_norm(x.tape().param(self.weight), RmsNorm::EPS)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::RmsNorm { weight: self.weight, eps: RmsNorm::EPS }])
    }
}
