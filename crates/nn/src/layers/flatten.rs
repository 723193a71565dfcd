//! Changes of shape between images, rows and features.

use autograd::Var;
use tensor::{Kernels, Shape};

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// Merges all dimensions but the first; images are flattened in PyTorch's order, channel by channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flatten;

impl Module for Flatten {
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        match *x.shape() {
            [_, _, _, channels] if channels > 1 => x.channels_first().flatten(),

            _ => x.flatten(),
        }
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::Flatten])
    }
}

/// Rows [n, length, channels] to [n, channels·length], channel by channel, as PyTorch flattens the result
/// of a `Conv1d`. [`Flatten`] goes position by position, as PyTorch does with that of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlattenRows;

impl Module for FlattenRows {
    /// # Panics
    /// If the rank of the input is not 3.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let &[n, length, channels] = &*x.shape() else {
            panic!("expected rows [n, length, channels], found shape {}", x.shape());
        };
        x.reshape([n, 1, length, channels]).channels_first().flatten()
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::FlattenRows])
    }
}

/// Reshapes each example to these sizes, such as an image [height, width, channels].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unflatten(Shape);

impl Unflatten {
    /// Creates a layer whose output per example has this shape.
    pub fn new(shape: impl Into<Shape>) -> Unflatten {
        Unflatten(shape.into())
    }
}

impl Module for Unflatten {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let n = x.shape().first().copied().unwrap_or(1);
        x.reshape([&[n], &*self.0].concat().as_slice())
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::Unflatten(self.0)])
    }
}
