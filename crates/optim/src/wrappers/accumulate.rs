use crate::error::Error;
use crate::hyperparameters;
use crate::passes::Passes;
use crate::rule::{Card, Scalar, State};
use crate::wrapper::{Around, Changes, Wrapper, whole};

hyperparameters! {
    /// Makes one update of the mean gradient of several batches.
    pub struct Accumulate {
        /// Batches k that make an update.
        every: f64 = 4.0 in 1.0..,
    }
}

const CARD: Card = Card {
    name: "accumulate",
    title: "Gradient accumulation",
    family: "wrapper",
    problem: "a batch as large as wanted does not fit into memory, or one pass over the data is cut in parts",
    formula: "a ← a + (g − a)/n             (the n-th batch since the last step)
at n = k: step with the gradient a, n ← 0",
    good_when: "a larger batch is wanted than fits; schedules count updates, not batches",
    bad_when: "memory is no limit: the large batch at once is faster",
    relatives: "every=1 is the rule inside",
    source: "optax.MultiSteps; the loss, where a rule asks for it, is the mean as well",
};

impl Wrapper for Accumulate {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn state(&self) -> Vec<State> {
        vec![State::zeros("mean", "a")]
    }

    fn scalars(&self) -> Vec<Scalar> {
        vec![Scalar::count("gathered", self.every as u64 - 1), Scalar::new("mean_loss", 0.0)]
    }

    fn changes(&self) -> Changes {
        Changes::Gradients
    }

    fn calls_per_update(&self) -> u64 {
        self.every as u64
    }

    fn check(&self) -> Result<(), Error> {
        whole(CARD.name, "every", self.every)
    }

    fn passes(&self) -> Passes {
        Passes::of(1, 2, 1) + Passes::of(1, 1, 1).every(self.every)
    }

    fn step(&self, mut around: Around<'_>) {
        let loss = around.loss();
        let [gathered, mean_loss] = around.scalars();
        let n = *gathered + 1.0;
        let mean = loss.map(|loss| *mean_loss + (loss - *mean_loss) / n);
        let is_last = n >= self.every;
        (*gathered, *mean_loss) = if is_last { (0.0, 0.0) } else { (n, mean.unwrap_or(0.0)) };
        let n = n as f32;
        if n == 1.0 {
            around.each().weight(|w, g, [_]| (w, [g]));
        } else {
            around.each().weight(move |w, g, [mean]| (w, [mean + (g - mean) / n]));
        }
        if is_last {
            around.state_as_gradients(0);
            mean.into_iter().for_each(|loss| around.set_loss(loss));
            around.inner();
        }
    }

    fn boxed(&self) -> Box<dyn Wrapper> {
        Box::new(*self)
    }
}
