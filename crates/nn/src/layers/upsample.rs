//! Nearest-neighbor upsampling of images.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// Repeats each pixel as a square: PyTorch's `Upsample` with `mode="nearest"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upsample {
    /// Factor of height and width.
    pub scale: usize,
}

impl Module for Upsample {
    /// [n, height, width, channels] to [n, scale·height, scale·width, channels].
    ///
    /// # Panics
    /// If the rank of the input is not 4.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let &[n, height, width, channels] = &*x.shape() else {
            panic!("expected images [n, height, width, channels], found shape {}", x.shape());
        };
        let s = self.scale;
        let ones = x.tape().input_with([s, 1, s, 1], |ones| ones.fill(T::one()));
        let squares = x.reshape([n, height, 1, width, 1, channels]) * ones;
        squares.reshape([n, height * s, width * s, channels])
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::Upsample(self.scale)])
    }
}
