//! A schedule of one's own, outside of the crate: settings and a pure function of step and total.
//!
//! Warm-ups, products, sequences, schedules of other hyperparameters and the error for an unknown total come with it;
//! `crates/optim/tests/own_parts.rs` looks at each of them.

use optim::hyper::{LENGTH, Time};
use optim::{LrSchedule, Optimizer, OptimizerSpec, Schedule, ScheduleInfo, hyperparameters};

hyperparameters! {
    /// Flat while it explores, then straight down.
    pub struct Knee {
        /// Steps at the full rate.
        explore: Time = "50%" in LENGTH,
        /// Where it ends.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for Knee {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "knee",
        title: "explore at the full rate, then exploit",
        problem: "wide minima are rare: it takes many steps at a high rate to find one",
        formula: "f = 1 while it explores; u = the fraction of the rest that is over
f = floor + (1 − floor)·(1 − u)",
        ends: [1.0, 0.0],
        good_when: "the run is long enough to search first",
        bad_when: "the high rate diverges without a warm-up",
        source: "Iyer et al. 2023, without its warm-up",
        examples: ["knee", "knee explore=30%"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let start = self.explore.steps(total).min(total);
        let u = ((s - start) / (total - start).max(1.0)).clamp(0.0, 1.0);
        self.floor + (1.0 - self.floor) * (1.0 - u)
    }
}

/// Noisy gradients of a parabola, f(w) = ½w²: the rate goes to 0, and with it the noise of the weights.
pub(crate) fn main() {
    const STEPS: u64 = 1000;
    let mut spec: OptimizerSpec = "sgd lr=0.5".parse().expect("a recipe");
    spec.schedule = LrSchedule::new(Knee::default());
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid settings").with_total_steps(STEPS);
    let mut weights = [4.0];
    for step in 0..STEPS {
        let noise = if step % 2 == 0 { 1.0 } else { -1.0 };
        let gradients = weights.map(|w: f32| w + noise);
        optimizer.step(&mut weights, &gradients);
    }
    assert!(weights[0].abs() < 0.01, "{weights:?}");
}
