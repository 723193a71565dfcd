use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// One over the root of the step, after a flat start.
    pub struct Rsqrt {
        /// Length of the flat start.
        flat: Time = "10%" in LENGTH,
    }
}

impl Schedule for Rsqrt {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "rsqrt",
        title: "one over the root of the step, after a flat start",
        problem: "schedules that end at the last step make weights useless before it",
        formula: "f = √(flat/max(s + 1, flat))",
        ends: [1.0, 0.316227766],
        good_when: "training may be stopped or prolonged at any time, as with a flat start of a given number of steps",
        bad_when: "the number of steps is known: what falls to 0 ends better",
        source: "Raffel et al. 2020, section 3.1.2",
        examples: ["rsqrt", "rsqrt flat=5% warmup=5%"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let flat = self.flat.steps(total).max(1.0);
        (flat / flat.max(s + 1.0)).sqrt()
    }
}
