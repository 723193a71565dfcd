//! Multi-head attention.

use autograd::Var;
use tensor::{Kernels, ParamId, Role};

use super::Linear;
use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

/// Multi-head self-attention of sequences [n, length, width] (Vaswani 2017): PyTorch's `MultiheadAttention` with
/// `batch_first`.
///
/// ```
/// use nn::layers::MultiHeadAttention;
/// let mut builder = nn::Builder::new();
/// let attention = MultiHeadAttention::new(&mut builder, "attn", 128, 4).causal();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MultiHeadAttention {
    in_proj_weight: ParamId,
    in_proj_bias: ParamId,
    out_proj: Linear,
    heads: usize,
    causal: bool,
}

impl MultiHeadAttention {
    /// Adds `NAME.in_proj_weight` of `3·width × width`, normalized uniform, `NAME.in_proj_bias` of zeros,
    /// and `NAME.out_proj.weight` and `NAME.out_proj.bias` with PyTorch's initializers.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(builder: &mut Builder, name: &str, width: usize, heads: usize) -> MultiHeadAttention {
        assert!(
            heads > 0 && width.is_multiple_of(heads),
            "expected heads that divide the width {width}, found {heads}"
        );
        let (rows, fans) = (3 * width, (width, 3 * width));
        let (weight, bias) = (format!("{name}.in_proj_weight"), format!("{name}.in_proj_bias"));
        let (out, none) = (format!("{name}.out_proj"), Init::Constant(0.0));
        MultiHeadAttention {
            in_proj_weight: builder.param(weight, [rows, width], Role::Matrix, Init::XavierUniform, fans),
            in_proj_bias: builder.param(bias, [rows], Role::Bias, none, fans),
            out_proj: Linear::with_init(builder, &out, width, width, Init::FanIn, none),
            heads,
            causal: false,
        }
    }

    /// Adds a causal mask: a position attends to itself and earlier ones.
    pub fn causal(self) -> MultiHeadAttention {
        MultiHeadAttention { causal: true, ..self }
    }
}

impl Module for MultiHeadAttention {
    /// [n, length, width] to the same shape.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let (weight, bias) = (tape.param(self.in_proj_weight), tape.param(self.in_proj_bias));
        let mixed = x.linear(weight, Some(bias)).attention(self.heads, self.causal);
        self.out_proj.forward(mixed, context)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let MultiHeadAttention { in_proj_weight, in_proj_bias, heads, causal, .. } = *self;
        let attention = Layer::Attention { weight: in_proj_weight, bias: in_proj_bias, heads, causal };
        Some([vec![attention], self.out_proj.layers()?].concat())
    }
}
