use crate::hyper::Time;
use crate::schedule::{Schedule, ScheduleInfo, half_cosine, linear, progress};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Up to the top and down to almost nothing, once.
    pub struct OneCycle {
        /// Length of the rise.
        rise: Time = "30%",
        /// The start is this many times below the top.
        div: f64 = 25.0 in 1.0..,
        /// The end is this many times below the start.
        final_div: f64 = 1e4 in 1.0..,
        /// Along which line it rises and falls.
        anneal: Anneal = "cos",
        /// True if it falls to the start as long as it rose, and then to the end.
        three_phase: bool = false,
    }
}

choices! {
    /// Along which line a factor goes from one value to another.
    pub enum Anneal {
        /// Half a cosine.
        Cos = "cos",
        /// A straight line.
        Linear = "linear",
    }
}

impl Schedule for OneCycle {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "one_cycle",
        title: "up to the top and down to almost nothing, once",
        problem: "a rate that is safe at the start is far too low in the middle of training",
        formula: "f: 1/div → 1 → 1/(div·final_div) at steps 0, rise − 1, T − 1
f: 1/div → 1 → 1/div → 1/(div·final_div)        (with three_phase)
f = 1                                           (in a run of one step)",
        ends: [0.04, 0.0],
        good_when: "training should take few epochs, with SGD and a top rate from a range test",
        bad_when: "the top is not known: too high a top destroys what was learned",
        source: "Smith & Topin 2018",
        examples: ["one_cycle", "one_cycle anneal=linear three_phase=true"],
    };

    fn depends_on_total(&self) -> bool {
        true
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let start = 1.0 / self.div;
        self.along([start, 1.0, start, start / self.final_div], s, total)
    }

    /// There while the rate rises and back while it falls, as momentum goes with it.
    fn interpolation(&self, s: f64, total: f64) -> f64 {
        self.along([0.0, 1.0, 0.0, 0.0], s, total)
    }
}

impl OneCycle {
    /// From the first of these to the second while it rises, and to the last; over the third, if there
    /// are three phases.
    fn along(&self, [start, high, middle, end]: [f64; 4], s: f64, total: f64) -> f64 {
        let OneCycle { rise, anneal, three_phase, .. } = *self;
        // As in PyTorch, the top may lie between two steps.
        let (last, top) = (total - 1.0, rise.exact_steps(total) - 1.0);
        let line = match anneal {
            Anneal::Cos => half_cosine,
            Anneal::Linear => linear,
        };
        let phase = |from: f64, to: f64, a: f64, b: f64| line(a, b, progress(s - from, to - from));
        if total <= 1.0 && s == 0.0 {
            // A run of one step has neither rise nor fall; PyTorch would give it the rate of the end.
            high
        } else if s <= top {
            phase(0.0, top, start, high)
        } else if !three_phase {
            phase(top, last, high, end)
        } else if s <= 2.0 * top {
            phase(top, 2.0 * top, high, middle)
        } else {
            phase(2.0 * top, last, middle, end)
        }
    }
}
