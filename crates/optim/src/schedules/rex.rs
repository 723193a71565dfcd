use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, progress};

hyperparameters! {
    /// A reflected exponential: slowly at first, then fast.
    pub struct Rex {
        /// Where it ends.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for Rex {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "rex",
        title: "slowly down at first, then fast: a reflected exponential",
        problem: "a rate that falls early wastes a small budget of steps",
        formula: "f = floor + (1 − floor)·r/(1/2 + r/2)        with r = 1 − s/T",
        ends: [1.0, 0.0],
        good_when: "few epochs can be paid for",
        bad_when: "training is long: the schedules do not differ much then",
        source: "Chen, Wolfe & Kyrillidis 2022",
        examples: ["rex", "rex floor=0.05 warmup=10%"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let r = 1.0 - progress(s, total);
        self.floor + (1.0 - self.floor) * r / (0.5 + 0.5 * r)
    }
}
