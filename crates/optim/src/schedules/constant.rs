use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// The same factor at every step.
    pub struct Constant {
        /// The factor.
        value: f64 = 1.0 in 0.0..,
    }
}

impl Schedule for Constant {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "constant",
        title: "the learning rate as given",
        problem: "anything that moves the learning rate is one more thing to tune",
        formula: "f = value",
        ends: [1.0, 1.0],
        good_when: "runs are short, optimizers are to be compared by themselves, or the end is not known yet",
        bad_when: "the last bit of accuracy counts: the noise of the batches keeps the weights moving",
        source: "Robbins & Monro 1951 on why it must fall for the weights to come to rest",
        examples: ["constant", "constant warmup=10%"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let _ = (s, total);
        self.value
    }
}
