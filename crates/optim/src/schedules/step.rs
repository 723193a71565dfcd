use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// A drop by a factor after equal numbers of steps.
    pub struct Step {
        /// Steps between two drops.
        every: Time = "30%" in LENGTH,
        /// Factor of the rate at each drop.
        gamma: f64 = 0.1 in 0.0..=1.0,
    }
}

impl Schedule for Step {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "step",
        title: "multiplied by gamma after equal numbers of steps",
        problem: "long steps travel fast but cannot settle; short ones settle but do not travel",
        formula: "f = gamma^⌊s/every⌋",
        ends: [1.0, 0.001],
        good_when: "a recipe for image classifiers is followed, with SGD and momentum",
        bad_when: "the number of steps changes: the drops have to be placed again",
        source: "He, Zhang, Ren & Sun 2016, section 3.4",
        examples: ["step", "step every=25% gamma=0.5"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Step { every, gamma } = *self;
        gamma.powf((s / every.steps(total).max(1.0)).floor())
    }
}
