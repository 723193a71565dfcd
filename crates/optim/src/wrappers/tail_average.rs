use super::swa::{AVERAGED, add_to_mean};
use crate::hyper::Time;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Wrapper, WrapperCtx};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Evaluates at the mean of the last weights.
    pub struct TailAverage {
        /// Updates before the first that counts.
        start: Time = "50%",
    }
}

impl Wrapper for TailAverage {
    const INFO: Info = Info {
        name: "tail_average",
        title: "Tail averaging (Polyak–Ruppert)",
        family: "wrapper",
        problem: "with a constant learning rate the last weights are as noisy as the batches; the mean over \
                  the last part of the way is not",
        formula: "after the first `start` updates
n ← n + 1
a ← a + (w − a)/n               (a is what is evaluated)",
        good_when: "the rate is constant, above all for plain SGD on a convex problem, where it is optimal",
        bad_when: "the start is still far away when the mean begins, or the rate falls to 0 anyway",
        relatives: "swa takes weights that are further apart; ema forgets; asgd has its own such mean",
        source: "Ruppert 1988; Polyak & Juditsky 1992; of the tail: Jain et al. 2018",
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
        self.start.steps(total as f64) + 1.0
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 2, 1)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        if ctx.inner() && ctx.updates() as f64 > self.start.steps(ctx.total_updates() as f64) {
            add_to_mean(ctx);
        }
    }
}
