//! Normalization over the batch.

use autograd::{Moments, Var};
use tensor::{Kernels, ParamId, ParamVec, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Normalizes each channel to mean 0 and variance 1 over the batch, then scales and shifts (Ioffe & Szegedy
/// 2015): PyTorch's `BatchNorm2d` for images and `BatchNorm1d` for features.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    weight: ParamId,
    bias: ParamId,
    running_mean: ParamId,
    running_var: ParamId,
}

impl BatchNorm {
    /// Added to the variance before the square root.
    pub const EPS: f64 = 1e-5;

    /// Weight of a batch in the running statistics.
    pub const MOMENTUM: f64 = 0.1;

    /// Adds `NAME.weight` of ones and `NAME.bias` of zeros, and the running statistics
    /// `NAME.running_mean` of zeros and `NAME.running_var` of ones.
    pub fn new(builder: &mut Builder, name: &str, channels: usize) -> BatchNorm {
        let fans = (channels, channels);
        let mut param = |part: &str, start: f32| {
            builder.param(format!("{name}.{part}"), [channels], Role::Norm, Init::Constant(start), fans)
        };
        let (weight, bias) = (param("weight", 1.0), param("bias", 0.0));
        BatchNorm {
            weight,
            bias,
            running_mean: builder.buffers(format!("{name}.running_mean"), [channels], 0.0),
            running_var: builder.buffers(format!("{name}.running_var"), [channels], 1.0),
        }
    }

    /// Updates the running statistics by a batch's moments, with the unbiased variance as in PyTorch.
    fn follow<T: Kernels>(&self, moments: &Moments, buffers: &mut ParamVec<T>) {
        let sample = moments.count as f64 / (moments.count.max(2) - 1) as f64;
        let mut move_to = |id: ParamId, batch: &[f64], factor: f64| {
            for (buffers, batch) in buffers.get_mut(id).iter_mut().zip(batch) {
                let moved =
                    (1.0 - BatchNorm::MOMENTUM) * buffers.widen() + BatchNorm::MOMENTUM * batch * factor;
                *buffers = T::from_f64(moved);
            }
        };
        move_to(self.running_mean, &moments.mean, 1.0);
        move_to(self.running_var, &moments.variance, sample);
    }
}

impl Module for BatchNorm {
    /// Normalizes by the batch's statistics in training, which also updates the running ones; by the running ones in
    /// evaluation.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let (weight, bias) = (tape.param(self.weight), tape.param(self.bias));
        match context {
            Context::Train { buffers, .. } => {
                let (y, moments) = x.batch_norm(weight, bias, BatchNorm::EPS);
                self.follow(&moments, buffers);
                y
            }
            Context::Evaluate { buffers } => {
                let (mean, variance) = (buffers.get(self.running_mean), buffers.get(self.running_var));
                let inverse = |v: T| T::from_f64((v.widen() + BatchNorm::EPS).sqrt().recip());
                let inverse = tape.input_with([variance.len()], |to| {
                    to.iter_mut().zip(variance).for_each(|(to, &v)| *to = inverse(v));
                });
                let scale = weight * inverse;
                x * scale + (bias - tape.input([mean.len()], mean) * scale)
            }
        }
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let BatchNorm { weight, bias, running_mean: mean, running_var: variance } = *self;
        Some(vec![Layer::BatchNorm { weight, bias, mean, variance, eps: BatchNorm::EPS }])
    }
}
