use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo};

hyperparameters! {
    /// Up in a straight line, then down with one over the root of the step.
    pub struct Noam {
        /// Steps of the rise.
        peak: Time = "10%" in LENGTH,
    }
}

impl Schedule for Noam {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "noam",
        title: "up in a straight line, then one over the root of the step",
        problem: "Adam's first steps are long ones in poor directions, and transformers do not recover from \
                  them",
        formula: "f = √peak·min(1/√(s + 1), (s + 1)/peak^1.5)",
        ends: [0.0, 0.316227766],
        good_when: "transformers are trained as in the paper; the factor 1/√d of the paper is in the \
                    learning rate",
        bad_when: "the number of steps is known: what falls to 0 ends better",
        source: "Vaswani et al. 2017, section 5.3",
        examples: ["noam", "noam peak=2%"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let peak = self.peak.steps(total).max(1.0);
        let n = s + 1.0;
        peak.sqrt() * n.sqrt().recip().min(n * peak.powf(-1.5))
    }
}
