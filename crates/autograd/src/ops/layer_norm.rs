//! Layer normalization.

use super::{norm, row_norm};
use crate::var::Var;

ops! {
    /// `(x − mean)/√(variance + eps)·w + b` along the last dimension, with the mean and variance of
    /// each row (Ba 2016): PyTorch's `LayerNorm` of one dimension.
    ///
    /// # Panics
    /// If `w` and `b` do not have one number per feature.
    #[track_caller]
    pub fn layer_norm(self, w: Var<'g, T>, b: Var<'g, T>, eps: f64) -> Var<'g, T> {
        norm::check(self, w, b);
        row_norm::normalize(self, w, Some(b), eps, true)
    }
}
