//! Residual blocks.

use autograd::Var;
use tensor::Kernels;

use super::Sequential;
use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// Residual block `body(x) + shortcut(x)` (He 2016); an empty shortcut is the identity.
#[derive(Debug, Clone)]
pub struct Residual {
    /// Residual branch.
    pub body: Sequential,
    /// Shortcut branch, which maps x to the shape of the body's result.
    pub shortcut: Sequential,
}

impl Module for Residual {
    /// Sum of both branches.
    ///
    /// # Panics
    /// If the shapes of both branches differ.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let (body, shortcut) = (self.body.forward(x, context), self.shortcut.forward(x, context));
        assert!(
            body.shape() == shortcut.shape(),
            "expected both branches of a residual block to have one shape, found body {} and shortcut {}",
            body.shape(),
            shortcut.shape()
        );
        body + shortcut
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let (body, shortcut) = (self.body.layers()?, self.shortcut.layers()?);
        Some(vec![Layer::Residual { body, shortcut }])
    }
}
