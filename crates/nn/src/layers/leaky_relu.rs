//! Leaky ReLU with a chosen slope.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// `x` where positive, else `slope·x` (Maas 2013): PyTorch's `LeakyReLU`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeakyRelu {
    /// Slope for negative inputs.
    pub slope: f64,
}

impl Module for LeakyRelu {
    /// Any shape to the same shape.
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.leaky_relu(T::from_f64(self.slope))
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::LeakyRelu(self.slope)])
    }
}
