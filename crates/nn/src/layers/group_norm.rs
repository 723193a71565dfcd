//! Normalization over groups of channels.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Normalizes groups of channels of each example to mean 0 and variance 1 over all positions, then scales and
/// shifts by channel (Wu & He 2018): PyTorch's `GroupNorm`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupNorm {
    weight: ParamId,
    bias: ParamId,
    groups: usize,
}

impl GroupNorm {
    /// Added to the variance before the square root.
    pub const EPS: f64 = 1e-5;

    /// Adds `NAME.weight` of ones and `NAME.bias` of zeros.
    ///
    /// # Panics
    /// If the groups do not divide the channels.
    #[track_caller]
    pub fn new(builder: &mut Builder, name: &str, groups: usize, channels: usize) -> GroupNorm {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "expected groups that divide {channels} channels, found {groups}"
        );
        let fans = (channels, channels);
        let mut param = |part: &str, start: f32| {
            builder.param(format!("{name}.{part}"), [channels], Role::Norm, Init::Constant(start), fans)
        };
        GroupNorm { weight: param("weight", 1.0), bias: param("bias", 0.0), groups }
    }

    /// One channel per group (Ulyanov 2016): PyTorch's `InstanceNorm` with `affine=True`.
    pub fn instance(builder: &mut Builder, name: &str, channels: usize) -> GroupNorm {
        GroupNorm::new(builder, name, channels, channels)
    }
}

impl Module for GroupNorm {
    /// [n, .., channels] to the same shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        x.group_norm(self.groups, tape.param(self.weight), tape.param(self.bias), GroupNorm::EPS)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let GroupNorm { weight, bias, groups } = *self;
        Some(vec![Layer::GroupNorm { weight, bias, groups, eps: GroupNorm::EPS }])
    }
}
