use crate::hyperparameters;
use crate::passes::Passes;
use crate::rule::{Card, Needs};
use crate::wrapper::{Around, Changes, Wrapper};

hyperparameters! {
    /// Steps with the gradient at the worst place nearby.
    pub struct Sam {
        /// How far away ρ that place is.
        rho: f64 = 0.05 in 0.0..,
    }
}

const CARD: Card = Card {
    name: "sam",
    title: "Sharpness-aware minimisation",
    family: "wrapper",
    problem: "sharp minima fit the training data and miss the test data; a step that looks at the worst \
              place nearby ends in flat ones",
    formula: "w′ = w + ρ·g/‖g‖
step from w with the gradient at w′",
    good_when: "the model is large enough to fit its data and accuracy on new data is what counts",
    bad_when: "time is short: it takes two gradients a step",
    relatives: "rho=0 is the rule inside, at twice the work",
    source: "Foret et al. 2021",
};

impl Wrapper for Sam {
    fn card(&self) -> &'static Card {
        &CARD
    }

    /// Where the step starts.
    fn scratch(&self) -> usize {
        1
    }

    fn needs(&self) -> Needs {
        Needs::Objective
    }

    fn changes(&self) -> Changes {
        Changes::Gradients
    }

    fn passes(&self) -> Passes {
        Passes::of(3, 4, 4)
    }

    fn step(&self, mut around: Around<'_>) {
        let [squares] = around.each().sums(|_, g, [_]| [g * g]);
        let along = (self.rho / (squares.sqrt() + 1e-12)) as f32;
        around.each().weight(move |w, g, [_]| (w + along * g, [w]));
        around.evaluate();
        around.each().weight(|_, _, [start]| (start, [start]));
        around.inner();
    }

    fn boxed(&self) -> Box<dyn Wrapper> {
        Box::new(*self)
    }
}
