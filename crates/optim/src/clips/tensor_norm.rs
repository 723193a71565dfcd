use crate::clip::{Clip, ClipCtx, global_norm_factor, scale};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic};

hyperparameters! {
    /// Scales the gradient of each parameter down to a norm.
    pub struct TensorNorm {
        /// Maximum norm of the gradient of a parameter.
        max_norm: f64 = 1.0 in f64::MIN_POSITIVE..,
    }
}

impl Clip for TensorNorm {
    const INFO: Info = Info {
        name: "clip_tensor",
        title: "Clipping by the norm of each parameter",
        family: "clipping",
        problem: "one layer with a huge gradient makes clip shorten the steps of all others",
        formula: "g ← g·min(1, c/(‖g‖ + 10⁻⁶))    (‖g‖ of each parameter by itself)",
        good_when: "layers differ much in the size of their gradients",
        bad_when: "results are to be compared with clipping by the global norm, the field's standard",
        relatives: "clip takes one norm over all parameters; agc takes the limit from the size of the \
                    weights",
        source: "Pascanu, Mikolov & Bengio 2013, for each parameter by itself",
    };
    const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(3, 3, 2);

    fn clip(&self, mut ctx: ClipCtx<'_, '_>) -> f64 {
        let params = ctx.params();
        let gradients = ctx.gradients_mut();
        for param in params {
            let g = &mut gradients[param.range.clone()];
            scale(g, global_norm_factor(g, self.max_norm));
        }
        1.0
    }
}
