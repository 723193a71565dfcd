//! Embedding tables.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Learned vector per token: PyTorch's `Embedding`.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    weight: ParamId,
}

impl Embedding {
    /// Adds `NAME.weight` of `count × width`, initialized standard normal.
    pub fn new(builder: &mut Builder, name: &str, count: usize, width: usize) -> Embedding {
        let (shape, start) = ([count, width], Init::Normal(1.0));
        Embedding {
            weight: builder.param(format!("{name}.weight"), shape, Role::Embedding, start, (count, width)),
        }
    }
}

impl Module for Embedding {
    /// Tokens, or integers below `count` stored as floats, to their vectors: [..] to [.., width].
    ///
    /// # Panics
    /// If a number is not an integer below `count`.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let table = x.tape().param(self.weight);
        let is_tokens = x.tokens().is_some();
        if is_tokens {
            return x.embedding_of(table);
        }
        let indices: Vec<u32> = x.values().iter().map(|x| index(x.widen())).collect();
        table.embedding(&indices, x.shape())
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        Some(vec![Layer::Embedding(self.weight)])
    }
}

#[track_caller]
fn index(x: f64) -> u32 {
    assert!(
        x.fract() == 0.0 && (0.0..=u32::MAX.into()).contains(&x),
        "expected the index of a row, found {x}"
    );
    x as u32
}
