//! A way of clipping of one's own, outside of the crate: one limit and a change of the gradients.
//!
//! It has a place in every recipe, after the wrappers and before the rules; `crates/optim/tests/own_parts.rs` looks at it.

use optim::{Clip, ClipCtx, Info, MemoryTraffic, Optimizer, OptimizerSpec, hyperparameters};

hyperparameters! {
    /// Bends large numbers of a gradient instead of cutting them.
    pub struct Soft {
        /// Bound c of every number.
        limit: f64 = 1.0 in f64::MIN_POSITIVE..,
    }
}

impl Clip for Soft {
    const INFO: Info = Info {
        name: "clip_soft",
        title: "Soft clipping",
        family: "clipping",
        problem: "a hard limit makes all large numbers the same",
        formula: "g ← c·tanh(g/c)",
        good_when: "the order of large numbers still says something",
        bad_when: "small numbers must stay exactly as they are",
        relatives: "clip_value cuts at c and changes nothing below",
        source: "this example",
    };
    const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(2, 2, 2);

    fn clip(&self, mut ctx: ClipCtx<'_, '_>) -> f64 {
        let c = self.limit as f32;
        ctx.gradients_mut().iter_mut().for_each(|g| *g = c * (*g / c).tanh());
        1.0
    }
}

/// Down f(w) = w⁴, whose gradient at 100 is four million.
pub(crate) fn main() {
    let mut spec: OptimizerSpec = "sgd lr=0.5".parse().expect("a recipe");
    spec.clip = Some(Box::new(Soft { limit: 1.0 }));
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid settings");
    let mut weights = [100.0];
    for _ in 0..1000 {
        let gradients = weights.map(|w: f32| 4.0 * w.powi(3));
        optimizer.step(&mut weights, &gradients);
    }
    assert!(weights[0].abs() < 0.5, "{weights:?}");
}
