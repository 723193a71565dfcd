use crate::formula::lerp;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Wrapper, WrapperCtx};
use crate::state::Slot;

hyperparameters! {
    /// Evaluates at a running mean of the weights.
    pub struct Ema {
        /// Decay β of the mean.
        decay: f64 = 0.999 in 0.0..1.0,
        /// True if the decay starts low and grows, so that the start is soon forgotten.
        warm_up: bool = true,
    }
}

impl Wrapper for Ema {
    const INFO: Info = Info {
        name: "ema",
        title: "Exponential moving average of the weights",
        family: "wrapper",
        problem: "the last weights carry the noise of the last batches; their mean does not",
        formula: "a ← βₜ·a + (1 − βₜ)·w           (a is what is evaluated)
βₜ = min(β, (1 + t)/(10 + t))     (with warm_up)",
        good_when: "almost always, for evaluation: it costs one pass over the weights",
        bad_when: "there are fewer than some 1/(1 − β) steps, or batch normalization, whose statistics \
                   belong to w",
        relatives: "decay=0 evaluates at the weights as they are; asgd has its own average that does \
                    not forget; lookahead leads the weights back to its slow ones",
        source: "Polyak & Juditsky 1992; the warm-up: TensorFlow's ExponentialMovingAverage",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("average");

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("average", "a")]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 2, 1)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        if ctx.call() == 1 {
            ctx.update().copy_weights_to_state(0);
        }
        if !ctx.inner() {
            return;
        }
        let t = ctx.updates() as f64;
        let decay = if self.warm_up { self.decay.min((1.0 + t) / (10.0 + t)) } else { self.decay };
        let new = (1.0 - decay) as f32;
        ctx.eval_weights(|update| update.each_weight(move |w, _, [average]| (w, [lerp(average, w, new)])));
    }
}
