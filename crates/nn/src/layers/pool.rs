//! Max and average pooling of images and rows.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// Maximum of each window of an image, by channel: PyTorch's `MaxPool2d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxPool2d {
    /// Height and width of a window in pixels.
    pub size: usize,
    /// Stride in pixels.
    pub stride: usize,
}

impl Module for MaxPool2d {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.max_pool2d(self.size, self.stride)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::MaxPool(self.size, self.stride)])
    }
}

/// Mean of each window of an image, by channel: PyTorch's `AvgPool2d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AvgPool2d {
    /// Height and width of a window in pixels.
    pub size: usize,
    /// Stride in pixels.
    pub stride: usize,
}

impl Module for AvgPool2d {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.avg_pool2d(self.size, self.stride)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::AvgPool(self.size, self.stride)])
    }
}

/// Maximum of each window of a row [n, length, channels], by channel: PyTorch's `MaxPool1d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxPool1d {
    /// Length of a window in positions.
    pub size: usize,
    /// Stride in positions.
    pub stride: usize,
}

impl Module for MaxPool1d {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.max_pool1d(self.size, self.stride)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::MaxPool(self.size, self.stride)])
    }
}

/// Mean of each window of a row [n, length, channels], by channel: PyTorch's `AvgPool1d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AvgPool1d {
    /// Length of a window in positions.
    pub size: usize,
    /// Stride in positions.
    pub stride: usize,
}

impl Module for AvgPool1d {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        x.avg_pool1d(self.size, self.stride)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::AvgPool(self.size, self.stride)])
    }
}

/// Mean over all positions by channel: [n, .., channels] to [n, channels].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalAvgPool;

impl Module for GlobalAvgPool {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let (n, channels) = match *x.shape() {
            [n, .., channels] if x.shape().rank() > 2 => (n, channels),
            _ => panic!("expected an input [n, .., channels] of 3 dimensions or more, found {}", x.shape()),
        };
        let positions = x.shape()[1..x.shape().rank() - 1].iter().product();
        x.reshape([n, positions, channels]).mean_axis(1).reshape([n, channels])
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::GlobalAvgPool])
    }
}
