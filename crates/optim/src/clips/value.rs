use crate::clip::{Clip, ClipCtx};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic};

hyperparameters! {
    /// Clamps every number of a gradient.
    pub struct Value {
        /// Maximum size of a number.
        max_value: f64 = 0.5 in f64::MIN_POSITIVE..,
    }
}

impl Clip for Value {
    const INFO: Info = Info {
        name: "clip_value",
        title: "Clipping by value",
        family: "clipping",
        problem: "single numbers of a gradient are huge, and a norm would make all others small with them",
        formula: "g ← min(max(g, −c), c)",
        good_when: "few numbers are out of line and the direction may change",
        bad_when: "the direction matters: it is turned towards the corners of a cube",
        relatives: "clip keeps the direction; sign_sgd is what is left when c is very small",
        source: "Mikolov 2012, section 3.3",
    };
    const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(2, 2, 2);

    fn clip(&self, mut ctx: ClipCtx<'_, '_>) -> f64 {
        let max = self.max_value as f32;
        ctx.gradients_mut().iter_mut().for_each(|g| *g = g.clamp(-max, max));
        1.0
    }
}
