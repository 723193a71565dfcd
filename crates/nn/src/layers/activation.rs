//! Nonlinearities as layers.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

pub use crate::activation::Activation;

impl Module for Activation {
    /// Any shape to the same shape.
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        match self {
            Activation::Relu => x.relu(),
            Activation::LeakyRelu => x.leaky_relu(T::from_f64(0.01)),
            Activation::Elu => x.elu(),
            Activation::Gelu => x.gelu(),
            Activation::Silu => x.silu(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Tanh => x.tanh(),
            Activation::Identity => x,
        }
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::Activation(*self)])
    }
}
