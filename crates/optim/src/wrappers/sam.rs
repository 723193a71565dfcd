use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Requires, Wrapper, WrapperCtx};

hyperparameters! {
    /// Steps with the gradient at the worst place nearby.
    pub struct Sam {
        /// Distance ρ of that place.
        rho: f64 = 0.05 search "0.005..0.5 log" in 0.0..,
    }
}

impl Wrapper for Sam {
    const INFO: Info = Info {
        name: "sam",
        title: "Sharpness-aware minimization",
        family: "wrapper",
        problem: "sharp minima fit the training data and miss the test data; a step that looks at the worst \
                  place nearby ends in flat ones",
        formula: "w′ = w + ρ·g/‖g‖
step from w with the gradient at w′",
        good_when: "the model is large enough to fit its data and accuracy on new data is what counts",
        bad_when: "time is short: it takes two gradients a step",
        relatives: "rho=0 is the rule inside, at twice the work",
        source: "Foret et al. 2021",
    };
    const REQUIRES: Requires = Requires::Closure;
    /// Where the step starts.
    const SCRATCH: usize = 1;
    const CHANGES: Changes = Changes::Gradients;

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(3, 4, 4)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let [squares] = ctx.update().sums(|_, g, [_]| [g * g]);
        let along = (self.rho / (squares.sqrt() + 1e-12)) as f32;
        ctx.update().each_weight(move |w, g, [_]| (w + along * g, [w]));
        ctx.evaluate();
        ctx.update().each_weight(|_, _, [start]| (start, [start]));
        ctx.inner();
    }
}
