//! Residual blocks.

use autograd::Var;
use tensor::Kernels;

use super::Layer;
use crate::context::Context;

/// `body(x) + shortcut(x)` (He 2016); without layers the shortcut is x itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual {
    /// What is learned.
    pub body: Vec<Layer>,
    /// What brings x to the shape of the body's result.
    pub shortcut: Vec<Layer>,
}

impl Residual {
    /// The sum of both ways.
    ///
    /// # Panics
    /// If their results differ in shape.
    #[track_caller]
    pub fn forward<'g, T: Kernels>(&self, x: Var<'g, T>, context: &mut Context<'_, T>) -> Var<'g, T> {
        let mut through = |layers: &[Layer]| layers.iter().fold(x, |x, layer| layer.forward(x, context));
        let (body, shortcut) = (through(&self.body), through(&self.shortcut));
        assert!(
            body.shape() == shortcut.shape(),
            "a residual block's body gives shape {}, its shortcut {}",
            body.shape(),
            shortcut.shape()
        );
        body + shortcut
    }
}
