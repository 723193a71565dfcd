use crate::hyper::{List, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// A drop by a factor at each of some steps.
    pub struct Multistep {
        /// Where the drops are.
        at: List<Time> = "50%/75%",
        /// Factor of the rate at each drop.
        gamma: f64 = 0.1 in 0.0..=1.0,
    }
}

impl Schedule for Multistep {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "multistep",
        title: "multiplied by gamma at given steps",
        problem: "the good places for drops are not equally far from each other",
        formula: "f = gamma^(the number of places at s or before)",
        ends: [1.0, 0.01],
        good_when: "a published recipe names the steps of its drops",
        bad_when: "nobody has found out yet where they should be",
        source: "He, Zhang, Ren & Sun 2016, section 4.2",
        examples: ["multistep", "multistep at=60%/80%/90% gamma=0.2"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Multistep { at, gamma } = *self;
        gamma.powi(at.iter().filter(|time| time.steps(total) <= s).count() as i32)
    }
}
