use tensor::math::sum_of_squares;

use crate::clip::{Clip, ClipCtx, scale};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic};

hyperparameters! {
    /// Scales gradients down in proportion to the weights.
    pub struct Adaptive {
        /// Maximum norm of a gradient, as a fraction of the norm of its weights.
        max_ratio: f64 = 0.01 in f64::MIN_POSITIVE..,
    }
}

impl Clip for Adaptive {
    const INFO: Info = Info {
        name: "agc",
        title: "Adaptive gradient clipping",
        family: "clipping",
        problem: "which norm is too large depends on the layer: what counts is the step relative to the weights \
                  that it changes",
        formula: "g ← g·c·max(‖w‖, 0.001)/‖g‖    where ‖g‖ is greater than c·max(‖w‖, 0.001)
(norms of one row of a matrix, or of a whole other parameter)",
        good_when: "networks without batch normalization are trained with large batches; 0.01 is usual",
        bad_when: "weights start at 0: they can only grow by 0.001·c at a time",
        relatives: "clip_tensor has one limit for all parameters; lars makes every step such a share, not \
                    only the long ones",
        source: "Brock et al. 2021",
    };
    const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(4, 4, 2);

    fn clip(&self, mut ctx: ClipCtx<'_, '_>) -> f64 {
        let params = ctx.params();
        let (weights, gradients) = ctx.weights_and_gradients_mut();
        for param in params {
            let w = &weights[param.range.clone()];
            let g = &mut gradients[param.range.clone()];
            let units = if param.shape.rank() >= 2 { param.shape[0] } else { 1 };
            let unit = (w.len() / units.max(1)).max(1);
            for (w, g) in w.chunks(unit).zip(g.chunks_mut(unit)) {
                let max_norm = self.max_ratio * sum_of_squares(w).sqrt().max(1e-3);
                let norm = sum_of_squares(g).sqrt();
                if norm >= max_norm || norm.is_nan() {
                    scale(g, max_norm / if norm < 1e-6 { 1e-6 } else { norm });
                }
            }
        }
        1.0
    }
}
