use crate::course::{Course, CourseCard, half_cosine, progress, straight};
use crate::hyper::Span;
use crate::{hyperparameters, words};

hyperparameters! {
    /// Up to the top and down to almost nothing, once.
    pub struct OneCycle {
        /// How long it rises.
        rise: Span = "30%",
        /// The start is this many times below the top.
        div: f64 = 25.0 in 1.0..,
        /// The end is this many times below the start.
        final_div: f64 = 1e4 in 1.0..,
        /// Along which line it rises and falls.
        anneal: Anneal = "cos",
        /// Whether it falls to the start as long as it rose, and then to the end.
        three_phase: bool = false,
    }
}

words! {
    /// Along which line a factor goes from one value to another.
    pub enum Anneal {
        /// Half a cosine.
        Cos = "cos",
        /// A straight line.
        Linear = "linear",
    }
}

const CARD: CourseCard = CourseCard {
    name: "one_cycle",
    title: "up to the top and down to almost nothing, once",
    problem: "a rate that is safe at the start is far too low in the middle of training",
    formula: "f: 1/div → 1 → 1/(div·final_div) at steps 0, rise − 1, T − 1
f: 1/div → 1 → 1/div → 1/(div·final_div)        (with three_phase)",
    ends: [0.04, 0.0],
    good_when: "training should take few epochs, with SGD and a top rate from a range test",
    bad_when: "the top is not known: too high a top destroys what was learned",
    source: "Smith & Topin 2018",
    examples: ["one_cycle", "one_cycle anneal=linear three_phase=true"],
};

impl Course for OneCycle {
    fn card(&self) -> &'static CourseCard {
        &CARD
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let OneCycle { rise, div, final_div, anneal, three_phase } = *self;
        let (start, end) = (1.0 / div, 1.0 / div / final_div);
        let (last, top) = (total - 1.0, rise.steps(total) - 1.0);
        let line = match anneal {
            Anneal::Cos => half_cosine,
            Anneal::Linear => straight,
        };
        let phase = |from: f64, to: f64, a: f64, b: f64| line(a, b, progress(s - from, to - from));
        if s <= top {
            phase(0.0, top, start, 1.0)
        } else if !three_phase {
            phase(top, last, 1.0, end)
        } else if s <= 2.0 * top {
            phase(top, 2.0 * top, 1.0, start)
        } else {
            phase(2.0 * top, last, start, end)
        }
    }

    fn boxed(&self) -> Box<dyn Course> {
        Box::new(*self)
    }
}
