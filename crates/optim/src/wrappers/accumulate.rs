use crate::error::Error;
use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Wrapper, WrapperCtx, whole};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Makes one update of the mean gradient of several batches.
    pub struct Accumulate {
        /// Batches k that make an update.
        every: f64 = 4.0 in 1.0..,
    }
}

impl Wrapper for Accumulate {
    const INFO: Info = Info {
        name: "accumulate",
        title: "Gradient accumulation",
        family: "wrapper",
        problem: "a batch as large as wanted does not fit into memory, or one pass over the data is cut in \
                  parts",
        formula: "a ← a + (g − a)/n             (the n-th batch since the last step)
at n = k: step with the gradient a, n ← 0",
        good_when: "a larger batch is wanted than fits; schedules count updates, not batches",
        bad_when: "memory is no limit: the large batch at once is faster",
        relatives: "every=1 is the rule inside",
        source: "optax.MultiSteps; the loss, where a rule asks for it, is the mean as well",
    };
    const CHANGES: Changes = Changes::Gradients;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("mean", "a")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::count("gathered", self.every as u64 - 1), ScalarSlot::new("mean_loss", 0.0)]
    }

    fn calls_per_update(&self) -> u64 {
        self.every as u64
    }

    fn check(&self) -> Result<(), Error> {
        whole(Self::INFO.name, "every", self.every)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 2, 1) + MemoryTraffic::of(1, 1, 1).every(self.every)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let loss = ctx.loss();
        let [count, mean_loss] = ctx.scalars();
        let n = *count + 1.0;
        let mean = loss.map(|loss| *mean_loss + (loss - *mean_loss) / n);
        let is_last = n >= self.every;
        (*count, *mean_loss) = if is_last { (0.0, 0.0) } else { (n, mean.unwrap_or(0.0)) };
        let n = n as f32;
        if n == 1.0 {
            ctx.update().each_weight(|w, g, [_]| (w, [g]));
        } else {
            ctx.update().each_weight(move |w, g, [mean]| (w, [mean + (g - mean) / n]));
        }
        if is_last {
            ctx.state_as_gradients(0);
            mean.into_iter().for_each(|loss| ctx.set_loss(loss));
            ctx.inner();
        }
    }
}
