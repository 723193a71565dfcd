use crate::formula::lerp;
use crate::hyper::Time;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Wrapper, WrapperCtx};
use crate::state::{MAX_STEPS, ScalarSlot, Slot};

hyperparameters! {
    /// Evaluates at the mean of weights that are some updates apart.
    pub struct Swa {
        /// Updates before the first that counts.
        start: Time = "75%",
        /// Updates c from one to the next.
        every: Time = "1%",
    }
}

impl Wrapper for Swa {
    const INFO: Info = Info {
        name: "swa",
        title: "Stochastic weight averaging",
        family: "wrapper",
        problem: "with a high learning rate the weights circle round a wide minimum and never reach its \
                  middle; their mean does",
        formula: "after the first `start` updates, at each c-th
n ← n + 1
a ← a + (w − a)/n               (a is what is evaluated)",
        good_when: "the rate stays high to the end: cosine until=75% then constant value=0.5",
        bad_when: "the rate falls to 0, so that there is nothing to average, or with batch normalization, \
                   whose statistics belong to w",
        relatives: "every=1 is tail_average; ema forgets the oldest weights bit by bit",
        source: "Izmailov et al. 2018",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("average");

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("average", "a")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![AVERAGED]
    }

    fn has_begun(&self, scalars: &[f64]) -> bool {
        scalars[0] > 0.0
    }

    fn updates_before_average(&self, total: u64) -> f64 {
        let total = total as f64;
        self.start.steps(total) + self.every.steps(total).max(1.0)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 2, 1)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        if !ctx.inner() {
            return;
        }
        let total = ctx.total_updates() as f64;
        let counted = ctx.updates() as f64 - self.start.steps(total);
        if counted > 0.0 && counted % self.every.steps(total).max(1.0) == 0.0 {
            add_to_mean(ctx);
        }
    }
}

/// Number of weights in a mean.
pub(super) const AVERAGED: ScalarSlot = ScalarSlot::count("n_averaged", MAX_STEPS);

/// Adds the weights to the mean in the only state array; the only scalar has their number.
pub(super) fn add_to_mean(mut ctx: WrapperCtx<'_>) {
    let [n] = ctx.scalars();
    *n += 1.0;
    let weight = (1.0 / *n) as f32;
    ctx.eval_weights(|update| update.each_weight(move |w, _, [mean]| (w, [lerp(mean, w, weight)])));
}
