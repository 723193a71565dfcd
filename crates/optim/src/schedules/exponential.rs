use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// The same share of the rate lost with every step.
    pub struct Exponential {
        /// Factor of the rate over each stretch.
        gamma: f64 = 0.01 in 0.0..=1.0,
        /// The length of a stretch.
        every: Time = "100%" in LENGTH,
        /// True if it falls at the ends of intervals only.
        staircase: bool = false,
        /// Lowest factor.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for Exponential {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "exponential",
        title: "multiplied by gamma over each stretch of steps, evenly",
        problem: "a rate that should fall through several sizes spends too long at each with a straight line",
        formula: "f = max(gamma^(s/every), floor)
f = max(gamma^⌊s/every⌋, floor)        (with staircase)",
        ends: [1.0, 0.01],
        good_when: "the right size of the rate is not known and all of them are to be passed",
        bad_when: "the end is near early: most of the fall is over after a third of the steps",
        source: "Szegedy et al. 2016, section 8",
        examples: ["exponential", "exponential gamma=0.5 every=10% staircase=true"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Exponential { gamma, every, staircase, floor } = *self;
        let intervals = s / every.steps(total).max(1.0);
        gamma.powf(if staircase { intervals.floor() } else { intervals }).max(floor)
    }
}
