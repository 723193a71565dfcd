//! The learning rate of a range test.

use optim::{Schedule, ScheduleInfo, hyperparameters};

hyperparameters! {
    /// A rate that rises by the same factor with every step.
    pub struct ExponentialRamp {
        /// Factor of the rate at the first step.
        low: f64 = 1e-4 in 0.0..,
        /// Factor of the rate at the last step.
        high: f64 = 1e4 in 0.0..,
        /// Which step is the first.
        start: f64 = 0.0 in 0.0..,
        /// From the first step to the last.
        steps: f64 = 99.0 in 1.0..,
    }
}

impl Schedule for ExponentialRamp {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "rising",
        title: "rises by the same factor with every step",
        problem: "nobody knows the size of a good learning rate",
        formula: "f = low·(high/low)^((s − start)/steps)",
        ends: [1e-4, 1e4],
        good_when: "the loss on the way up is to tell the size",
        bad_when: "anything is to be learned",
        source: "Smith 2017, section 3.3",
        examples: ["rising", "rising low=0.01 high=100"],
    };

    fn factor(&self, s: f64, _total: f64) -> f64 {
        let ExponentialRamp { low, high, start, steps } = *self;
        low * (high / low).powf((s - start) / steps)
    }
}
