//! Residual blocks.

use autograd::Var;
use tensor::Kernels;

use super::Sequential;
use crate::context::Context;
use crate::module::Module;

/// `body(x) + shortcut(x)` (He 2016); with an empty shortcut, x itself is added.
#[derive(Debug, Clone)]
pub struct Residual {
    /// The learned difference.
    pub body: Sequential,
    /// Brings x to the shape of the body's result.
    pub shortcut: Sequential,
}

impl Module for Residual {
    /// The sum of both ways.
    ///
    /// # Panics
    /// If their results differ in shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let (body, shortcut) = (self.body.forward(x, context), self.shortcut.forward(x, context));
        assert!(
            body.shape() == shortcut.shape(),
            "a residual block's body gives shape {}, its shortcut {}",
            body.shape(),
            shortcut.shape()
        );
        body + shortcut
    }
}
