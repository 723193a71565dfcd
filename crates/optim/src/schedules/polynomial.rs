use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, progress};

hyperparameters! {
    /// A power of the share of steps that is left.
    pub struct Polynomial {
        /// The power; 1 is a straight line.
        power: f64 = 0.9 in 0.0..=100.0,
        /// Where it ends.
        floor: f64 = 0.0 in 0.0..=1.0,
        /// Length of the fall.
        over: Time = "100%" in LENGTH,
        /// True if it starts again, towards an end that lies later, when it is over.
        cycle: bool = false,
    }
}

impl Schedule for Polynomial {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "polynomial",
        title: "a power of the share of steps that is left",
        problem: "a straight line falls as fast at the start as at the end",
        formula: "f = floor + (1 − floor)·(1 − min(s, over)/over)^power
over ← over·⌈s/over⌉        (with cycle)",
        ends: [1.0, 0.0],
        good_when: "segmentation networks (power 0.9), or a long tail is wanted (power 2)",
        bad_when: "a power is one more thing to tune, where cosine has nothing",
        source: "Chen, Papandreou, Kokkinos, Murphy & Yuille 2018, section 4.1",
        examples: ["polynomial", "polynomial power=2 over=40% cycle=true"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Polynomial { power, floor, over, cycle } = *self;
        let over = over.steps(total).max(1.0);
        let over = if cycle { over * (s / over).ceil().max(1.0) } else { over };
        floor + (1.0 - floor) * (1.0 - progress(s, over)).powf(power)
    }
}
