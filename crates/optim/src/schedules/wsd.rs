use crate::hyper::{LENGTH, Time};
use crate::schedule::{Schedule, ScheduleInfo, half_cosine, progress};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Flat, then down at the end.
    pub struct Wsd {
        /// Steps of the fall at the end.
        decay: Time = "20%" in LENGTH,
        /// Along which line it falls.
        fall: Fall = "sqrt",
        /// Where it ends.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

choices! {
    /// The line of a fall from 1 to 0.
    pub enum Fall {
        /// One minus the root.
        Sqrt = "sqrt",
        /// A straight line.
        Linear = "linear",
        /// Half a cosine.
        Cosine = "cosine",
    }
}

impl Schedule for Wsd {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "wsd",
        title: "warm-up, stable, decay: flat, then down at the end",
        problem: "with cosine the number of steps must be known from the start",
        formula: "f = 1 before the fall; u = its fraction that is over
f = floor + (1 − floor)·(1 − √u)
1 − u instead with fall=linear, (1 + cos(πu))/2 with fall=cosine",
        ends: [1.0, 0.0],
        good_when: "one long run is to give good models of several lengths, each by a fall from a checkpoint",
        bad_when: "the length is known and the run short: cosine has nothing to set",
        source: "Hu et al. 2024; 1 − √u: Hägele et al. 2024",
        examples: ["wsd warmup=5%", "wsd decay=40% fall=linear"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Wsd { decay, fall, floor } = *self;
        let decay = decay.steps(total).min(total);
        let start = total - decay;
        if s < start {
            return 1.0;
        }
        let u = progress(s - start, decay);
        let left = match fall {
            Fall::Sqrt => 1.0 - u.sqrt(),
            Fall::Linear => 1.0 - u,
            Fall::Cosine => half_cosine(1.0, 0.0, u),
        };
        floor + (1.0 - floor) * left
    }
}
