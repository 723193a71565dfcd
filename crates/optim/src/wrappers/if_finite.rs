use tensor::math::all_finite;

use crate::error::Error;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Wrapper, WrapperCtx, whole};
use crate::state::{MAX_STEPS, ScalarSlot};

hyperparameters! {
    /// Leaves out steps whose gradient is not finite.
    pub struct IfFinite {
        /// Updates in a row that are left out at most; the next one is made.
        most: f64 = 5.0 in 0.0..,
    }
}

impl Wrapper for IfFinite {
    const INFO: Info = Info {
        name: "if_finite",
        title: "No step with a gradient that is not finite",
        family: "wrapper",
        problem: "one batch whose gradient overflows makes all weights NaN for ever",
        formula: "n ← 0 if all of g is finite, else n + 1
step if n = 0 or n > most",
        good_when: "a rare batch overflows; scalars of the state dict count them: in_a_row and in_all",
        bad_when: "gradients overflow because the rate is too high: then it hides that for some steps",
        relatives: "without such a gradient it is the rule inside; clip=1 tames those that are large and \
                    finite",
        source: "optax.apply_if_finite, which lets the step through as well after too many in a row",
    };
    const SKIPS_NONFINITE: bool = true;

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::count("in_a_row", MAX_STEPS), ScalarSlot::count("in_all", MAX_STEPS)]
    }

    fn check(&self) -> Result<(), Error> {
        whole(Self::INFO.name, "most", self.most)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 1, 0)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let is_finite = all_finite(ctx.gradients());
        let [in_a_row, in_all] = ctx.scalars();
        if is_finite {
            *in_a_row = 0.0;
        } else {
            *in_a_row += 1.0;
            *in_all += 1.0;
        }
        if *in_a_row == 0.0 || *in_a_row > self.most {
            ctx.inner();
        }
    }
}
