use crate::hyper::{LENGTH, Time};
use crate::schedule::{Schedule, ScheduleInfo};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Up and down in straight lines, again and again.
    pub struct Cyclic {
        /// Where each cycle starts and ends.
        floor: f64 = 0.25 in 0.0..=1.0,
        /// Steps of each rise.
        up: Time = "10%" in LENGTH,
        /// Steps of each fall.
        down: Time = "10%" in LENGTH,
        /// Decay of the tops.
        mode: Mode = "triangular",
        /// With exp_range, what the height is multiplied with at each step.
        gamma: f64 = 0.9999 in 0.0..=1.0,
    }
}

choices! {
    /// Decay of the tops of the cycles.
    pub enum Mode {
        /// They do not.
        Triangular = "triangular",
        /// By half from each cycle to the next.
        Triangular2 = "triangular2",
        /// By a factor with each step.
        ExpRange = "exp_range",
    }
}

impl Schedule for Cyclic {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "cyclic",
        title: "up and down in straight lines, again and again",
        problem: "the best rate is unknown and changes; moving through a range meets it again and again",
        formula: "f = floor + (1 − floor)·h·(s in its cycle, from 0 to 1 and back)
h = 1, ½ᶦ in the i-th cycle from 0 (triangular2), gammaˢ (exp_range)",
        ends: [0.25, 0.25],
        good_when: "a range of rates is known to work, and where it lies in it not",
        bad_when: "the last bit of accuracy counts: one_cycle and cosine end better",
        source: "Smith 2017",
        examples: ["cyclic", "cyclic floor=0.1 up=5% mode=triangular2"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        self.floor + (1.0 - self.floor) * self.interpolation(s, total)
    }

    /// There in each rise and back in each fall, as momentum goes with the rate.
    fn interpolation(&self, s: f64, total: f64) -> f64 {
        let Cyclic { up, down, mode, gamma, .. } = *self;
        let (up, down) = (up.steps(total).max(1.0), down.steps(total).max(1.0));
        let (cycles, within) = ((s / (up + down)).floor(), s % (up + down));
        let height = if within <= up { within / up } else { (up + down - within) / down };
        let scale = match mode {
            Mode::Triangular => 1.0,
            Mode::Triangular2 => 0.5_f64.powf(cycles),
            Mode::ExpRange => gamma.powf(s),
        };
        scale * height
    }
}
