//! Sequences of modules.

use std::sync::Arc;

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::{DynModule, Module};

/// Modules applied one after another: PyTorch's `Sequential`. An empty one is the identity.
///
/// ```
/// use nn::layers::{Activation, Linear, Sequential};
/// let mut builder = nn::Builder::new();
/// let net = Sequential::new()
///     .then(Linear::new(&mut builder, "fc1", 4, 8))
///     .then(Activation::Relu)
///     .then(Linear::new(&mut builder, "fc2", 8, 3));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sequential {
    modules: Vec<Arc<dyn DynModule>>,
}

impl Sequential {
    /// An empty sequence.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// Appends a module.
    pub fn push(&mut self, module: impl Module) {
        self.modules.push(Arc::new(module));
    }

    /// Appends a module and returns the sequence.
    #[must_use]
    pub fn then(mut self, module: impl Module) -> Sequential {
        self.push(module);
        self
    }
}

impl Module for Sequential {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        self.modules.iter().fold(x, |x, module| module.forward(x, context))
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let layers = self.modules.iter().map(|module| module.dyn_layers());
        Some(layers.collect::<Option<Vec<_>>>()?.concat())
    }
}
