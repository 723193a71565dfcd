use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// One over a straight line.
    pub struct InverseTime {
        /// Growth of the divisor over each stretch.
        rate: f64 = 1.0 in 0.0..,
        /// The length of a stretch.
        every: Time = "10%" in LENGTH,
        /// True if it falls at the ends of intervals only.
        staircase: bool = false,
    }
}

impl Schedule for InverseTime {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "inverse_time",
        title: "one over a straight line",
        problem: "sums of steps must grow without end while sums of their squares stay finite, or SGD may \
                  not arrive",
        formula: "f = 1/(1 + rate·s/every)
f = 1/(1 + rate·⌊s/every⌋)        (with staircase)",
        ends: [1.0, 0.0909090909],
        good_when: "the number of steps is not known and the objective is strongly convex",
        bad_when: "networks: it is too low for most of the time",
        source: "Robbins & Monro 1951; Bottou 2012",
        examples: ["inverse_time", "inverse_time rate=0.5 every=20% staircase=true"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let InverseTime { rate, every, staircase } = *self;
        let intervals = s / every.steps(total).max(1.0);
        1.0 / (1.0 + rate * if staircase { intervals.floor() } else { intervals })
    }
}
