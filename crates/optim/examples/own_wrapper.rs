//! A wrapper of one's own, outside of the crate: a step around the step of any rule.
//!
//! It sees the gradient before the rule does, keeps state that is saved with the rule's, and decides whether there is an
//! update; `crates/optim/tests/own_parts.rs` looks at each of that.

use optim::{
    Info, MemoryTraffic, Optimizer, OptimizerSpec, ScalarSlot, Wrapper, WrapperCtx, hyperparameters,
};

hyperparameters! {
    /// Leaves out steps whose gradient is much longer than usual.
    pub struct CalmSteps {
        /// The longest gradient, in usual lengths.
        factor: f64 = 5.0 in 1.0..,
        /// Decay β of the mean length.
        decay: f64 = 0.9 in 0.0..1.0,
    }
}

impl Wrapper for CalmSteps {
    const INFO: Info = Info {
        name: "calm_steps",
        title: "Steps without outliers",
        family: "wrapper",
        problem: "one bad batch turns the momentum of many good ones",
        formula: "no step where ‖g‖ > factor·m
m ← β·m + (1 − β)·‖g‖ otherwise; m is ‖g‖ at first",
        good_when: "a few examples are wrong or broken",
        bad_when: "gradients grow for good: then nothing is ever learned again",
        relatives: "clip makes such a gradient shorter; if_finite leaves out what is no number",
        source: "this example",
    };

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::new("mean_length", 0.0)]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(1, 1, 0)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let length = ctx.gradients().iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let is_first = ctx.call() == 1;
        let [mean] = ctx.scalars();
        if !is_first && length > self.factor * *mean {
            return;
        }
        *mean = if is_first { length } else { self.decay * *mean + (1.0 - self.decay) * length };
        ctx.inner();
    }
}

/// Down a parabola, f(w) = Σ w², with a gradient of 10⁶ at every tenth step.
pub(crate) fn main() {
    let mut spec: OptimizerSpec = "sgd lr=0.1 momentum=0.5".parse().expect("a recipe");
    spec.wrappers.push(Box::new(CalmSteps::default()));
    let mut optimizer = Optimizer::of_slice(spec, 2).expect("valid settings");
    let mut weights = [1.0, -2.0];
    for step in 1..=100 {
        let gradients = if step % 10 == 0 { [1e6, 1e6] } else { weights.map(|w: f32| 2.0 * w) };
        optimizer.step(&mut weights, &gradients);
    }
    assert!(weights.iter().all(|w| w.abs() < 1e-3), "{weights:?}");
    assert_eq!(optimizer.steps(), 90);
}
