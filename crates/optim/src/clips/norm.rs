use crate::clip::{Clip, ClipCtx, global_norm_factor};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic};

hyperparameters! {
    /// Scales the whole gradient down to a norm.
    pub struct Norm {
        /// Maximum norm over all parameters together.
        max_norm: f64 = 1.0 in f64::MIN_POSITIVE..,
    }
}

impl Clip for Norm {
    const INFO: Info = Info {
        name: "clip",
        title: "Clipping by the global norm",
        family: "clipping",
        problem: "one batch with a huge gradient can throw the weights far away; scaled down as a whole, it \
                  still points where it did",
        formula: "g ← g·min(1, c/(‖g‖ + 10⁻⁶))    (‖g‖ over all parameters together)",
        good_when: "losses have cliffs, as in recurrent nets and transformers; 1 is the usual norm",
        bad_when: "it acts at most steps: then it is a learning rate that nobody has chosen",
        relatives: "clip_tensor takes the norm of each parameter by itself, agc in proportion to its weights",
        source: "Pascanu, Mikolov & Bengio 2013, in PyTorch's form",
    };
    const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(1, 1, 0);

    /// The rule's own loop multiplies.
    fn clip(&self, ctx: ClipCtx<'_, '_>) -> f64 {
        global_norm_factor(ctx.gradients(), self.max_norm)
    }
}
