//! Normalization to a root mean square of 1.

use super::row_norm;
use crate::var::Var;

ops! {
    /// `x/√(mean(x²) + eps)·w` along the last dimension (Zhang & Sennrich 2019): PyTorch's `RMSNorm`.
    ///
    /// # Panics
    /// If `w` does not have one number per feature.
    #[track_caller]
    pub fn rms_norm(self, w: Var<'g, T>, eps: f64) -> Var<'g, T> {
        let features = self.shape().as_matrix().1;
        assert!(
            *w.shape() == [features],
            "expected a scale of shape [{features}] for an input of shape {}, found {}",
            self.shape(),
            w.shape()
        );
        row_norm::normalize(self, w, None, eps, false)
    }
}
