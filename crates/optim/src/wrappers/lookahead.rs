use crate::error::Error;
use crate::formula::lerp;
use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Wrapper, WrapperCtx, whole};
use crate::state::Slot;

hyperparameters! {
    /// Every few steps, back some of the way.
    pub struct Lookahead {
        /// Steps k that are made before.
        k: f64 = 5.0 in 1.0..,
        /// Share α of the way that is kept.
        alpha: f64 = 0.5 in 0.0..=1.0,
    }
}

impl Wrapper for Lookahead {
    const INFO: Info = Info {
        name: "lookahead",
        title: "Lookahead: k steps forward, one step back",
        family: "wrapper",
        problem: "fast steps are noisy; slow weights that follow them some of the way are not",
        formula: "k steps from φ to w
φ ← φ + α·(w − φ)              (φ is what is evaluated)
w ← φ",
        good_when: "the inner rule's learning rate is on the high side or has not been tuned",
        bad_when: "the inner rule is already slow and smooth: the step back only costs time",
        relatives: "alpha=1 steps as the rule inside does; ema too averages over steps, but never leads the \
                    weights back",
        source: "Zhang et al. 2019",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("slow");
    const CHANGES: Changes = Changes::Weights;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("slow", "φ")]
    }

    fn check(&self) -> Result<(), Error> {
        whole(Self::INFO.name, "k", self.k)
    }

    fn updates_before_moving(&self) -> Option<u64> {
        (self.alpha > 0.0).then_some(self.k as u64)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 2, 2).every(self.k)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        if ctx.call() == 1 {
            ctx.update().copy_weights_to_state(0);
        }
        if ctx.inner() && ctx.updates().is_multiple_of(self.k as u64) {
            let alpha = self.alpha as f32;
            ctx.update().each_weight(move |w, _, [slow]| {
                let slow = lerp(slow, w, alpha);
                (slow, [slow])
            });
        }
    }
}
