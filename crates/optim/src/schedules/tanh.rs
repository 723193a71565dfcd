use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, progress};

hyperparameters! {
    /// Part of a hyperbolic tangent.
    pub struct Tanh {
        /// Where on the curve it starts.
        low: f64 = -6.0 in -20.0..=0.0,
        /// Where on the curve it ends.
        high: f64 = 3.0 in 0.0..=20.0,
        /// Limit of the curve.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for Tanh {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "tanh",
        title: "part of a hyperbolic tangent",
        problem: "drops are too sudden, and a cosine leaves the top too early",
        formula: "f = floor + (1 − floor)·(1 − tanh(low + (high − low)·s/T))/2",
        ends: [1.0, 0.00247262],
        good_when: "residual networks with SGD, where the paper finds it a little ahead of cosine",
        bad_when: "two places on a curve are more to tune than nothing",
        source: "Hsueh, Li & Wu 2019",
        examples: ["tanh", "tanh low=-3 high=2"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Tanh { low, high, floor } = *self;
        floor + (1.0 - floor) * 0.5 * (1.0 - (low + (high - low) * progress(s, total)).tanh())
    }
}
