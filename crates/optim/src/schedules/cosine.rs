use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, half_cosine, progress};

hyperparameters! {
    /// Half a cosine.
    pub struct Cosine {
        /// Where it ends.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for Cosine {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "cosine",
        title: "half a cosine",
        problem: "where to drop the rate, and how far, are two more settings; a smooth fall has neither",
        formula: "f = floor + (1 − floor)·(1 + cos(π·s/T))/2",
        ends: [1.0, 0.0],
        good_when: "the number of steps is known beforehand; little needs tuning",
        bad_when: "training may be stopped early or prolonged: the good weights come at the end",
        source: "Loshchilov & Hutter 2017",
        examples: ["cosine", "cosine floor=0.1 warmup=10%"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        half_cosine(1.0, self.floor, progress(s, total))
    }
}
