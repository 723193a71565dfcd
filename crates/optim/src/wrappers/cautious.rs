use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Wrapper, WrapperCtx};

hyperparameters! {
    /// Leaves out what of a step is against the gradient.
    pub struct Cautious {
        /// The least share of a parameter's weights that counts as kept.
        least: f64 = 1e-3 in 0.0..=1.0,
    }
}

impl Wrapper for Cautious {
    const INFO: Info = Info {
        name: "cautious",
        title: "Cautious steps",
        family: "wrapper",
        problem: "momentum goes on uphill for a while after the slope has turned",
        formula: "u = w − w′                      (the whole step of the rule, to w′)
m = 1 where u·g > 0, else 0
w ← w − u·m/max(mean(m), least) (the mean of a parameter)",
        good_when: "the inner rule has momentum: adamw, lion",
        bad_when: "the inner rule has no momentum, so that every step is along the gradient, or weight decay is \
                   strong: it is left out where it is against the gradient",
        relatives: "least=1 leaves out the same and does not rescale the rest; around sgd without momentum \
                    it changes nothing",
        source: "Liang et al. 2024; the least share: timm",
    };
    /// Where the step starts.
    const SCRATCH: usize = 1;
    const CHANGES: Changes = Changes::Weights;

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(3, 7, 3)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        ctx.update().copy_weights_to_state(0);
        if !ctx.inner() {
            return;
        }
        for mut parameter in ctx.update().parameters() {
            let weights = parameter.update.weights().len() as f64;
            let [kept] = parameter.update.sums(|w, g, [start]| [f32::from(is_downhill(w - start, g))]);
            let rescaled = (1.0 / (kept / weights).max(self.least)) as f32;
            parameter.update.each_weight(move |w, g, [start]| {
                let step = w - start;
                (start + if is_downhill(step, g) { step * rescaled } else { 0.0 }, [start])
            });
        }
    }
}

/// True if a step goes down its slope; one that is too small to change the weight does not. Their product
/// may be too small to show it.
#[inline(always)]
fn is_downhill(step: f32, g: f32) -> bool {
    (step < 0.0 && g > 0.0) || (step > 0.0 && g < 0.0)
}
