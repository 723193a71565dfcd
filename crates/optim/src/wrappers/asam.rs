use tensor::Role;

use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Requires, Wrapper, WrapperCtx};

hyperparameters! {
    /// Steps with the gradient at the worst place nearby, where near is a share of each weight.
    pub struct Asam {
        /// Distance ρ of that place.
        rho: f64 = 0.5 search "0.05..5 log" in 0.0..,
        /// Size η that a weight of 0 counts as.
        eta: f64 = 0.01 in 0.0..,
    }
}

impl Wrapper for Asam {
    const INFO: Info = Info {
        name: "asam",
        title: "Adaptive sharpness-aware minimization",
        family: "wrapper",
        problem: "sharpness as SAM has it changes when a layer's weights are scaled up and the next one's \
                  down, though the function stays the same",
        formula: "T = |w| + η                     (1 for biases)
w′ = w + ρ·T²·g/‖T·g‖
step from w with the gradient at w′",
        good_when: "SAM helps and layers have weights of very different sizes",
        bad_when: "time is short: it takes two gradients a step",
        relatives: "rho=0 is the rule inside, at twice the work; sam is as near to every weight",
        source: "Kwon et al. 2021",
    };
    const REQUIRES: Requires = Requires::Closure;
    /// Where the step starts.
    const SCRATCH: usize = 1;
    const CHANGES: Changes = Changes::Gradients;

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(3, 5, 4)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let eta = self.eta as f32;
        let mut squares = 0.0;
        for parameter in ctx.update().parameters() {
            let [of_parameter] = match parameter.role {
                Role::Bias => parameter.update.sums(|_, g, [_]| [g * g]),
                _ => parameter.update.sums(move |w, g, [_]| {
                    let g = g * (w.abs() + eta);
                    [g * g]
                }),
            };
            squares += of_parameter;
        }
        let along = (self.rho / (squares.sqrt() + 1e-16)) as f32;
        for parameter in ctx.update().parameters() {
            match parameter.role {
                Role::Bias => parameter.update.each_weight(move |w, g, [_]| (w + g * along, [w])),
                _ => parameter.update.each_weight(move |w, g, [_]| {
                    let t = w.abs() + eta;
                    (w + g * t * t * along, [w])
                }),
            }
        }
        ctx.evaluate();
        ctx.update().each_weight(|_, _, [start]| (start, [start]));
        ctx.inner();
    }
}
