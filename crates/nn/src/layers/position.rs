//! Positional encodings, added to the vectors of tokens.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Learned vector per position, added to sequences [n, length, width].
#[derive(Debug, Clone, PartialEq)]
pub struct PositionalEmbedding {
    weight: ParamId,
}

impl PositionalEmbedding {
    /// Adds `NAME.weight` of `places × width`, initialized standard normal as PyTorch's `Embedding`.
    pub fn new(builder: &mut Builder, name: &str, places: usize, width: usize) -> PositionalEmbedding {
        let (shape, start) = ([places, width], Init::Normal(1.0));
        let fans = (places, width);
        PositionalEmbedding {
            weight: builder.param(format!("{name}.weight"), shape, Role::Embedding, start, fans),
        }
    }
}

impl Module for PositionalEmbedding {
    /// [n, length, width] to the same shape.
    ///
    /// # Panics
    /// If a sequence is longer than the table.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let length = length(x);
        let places: Vec<u32> = (0..length as u32).collect();
        x + x.tape().param(self.weight).embedding(&places, [length])
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::PositionalEmbedding(self.weight)])
    }
}

/// Sines and cosines of each position, added to sequences [n, length, width] (Vaswani 2017): the columns 2i and
/// 2i + 1 have the frequency `10000^(−2i/width)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinusoidalEncoding;

impl Module for SinusoidalEncoding {
    /// [n, length, width] to the same shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let (length, width) = (length(x), x.shape().as_matrix().1);
        let places = x.tape().input_with([length, width], |to| {
            for (place, row) in to.chunks_exact_mut(width.max(1)).enumerate() {
                for (column, to) in row.iter_mut().enumerate() {
                    let frequency = 10_000_f64.powf(-((column / 2 * 2) as f64) / width as f64);
                    let angle = place as f64 * frequency;
                    *to = T::from_f64(if column % 2 == 0 { angle.sin() } else { angle.cos() });
                }
            }
        });
        x + places
    }
}

#[track_caller]
fn length<T: Kernels>(x: Var<'_, T>) -> usize {
    let &[_, length, _] = &*x.shape() else {
        panic!("expected sequences [n, length, width], found shape {}", x.shape());
    };
    length
}
