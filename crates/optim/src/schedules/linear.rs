use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, linear, progress};

hyperparameters! {
    /// In a straight line from one factor to another, which it keeps.
    pub struct Linear {
        /// The factor at the first step.
        from: f64 = 1.0 in 0.0..,
        /// The factor where it ends.
        to: f64 = 0.0 in 0.0..,
        /// Length of the line.
        over: Time = "100%" in LENGTH,
    }
}

impl Schedule for Linear {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "linear",
        title: "a straight line from one factor to another",
        problem: "a rate that falls in drops is too long before each and too short after it",
        formula: "f = from + (to − from)·min(s/over, 1)",
        ends: [1.0, 0.0],
        good_when: "the number of steps is known; with a warm-up it is hard to beat when fine-tuning",
        bad_when: "training may be stopped early or prolonged: the good weights come at the end",
        source: "Devlin et al. 2019, appendix A.2; Defazio et al. 2023 on why it is close to the best",
        examples: ["linear", "linear to=0.1 warmup=10%"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Linear { from, to, over } = *self;
        linear(from, to, progress(s, over.steps(total)))
    }
}
