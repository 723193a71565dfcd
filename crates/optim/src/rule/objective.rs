//! The function to minimize, as far as an optimizer sees it.

use std::fmt;

/// Loss and gradient at given weights: the gradient is written, the loss returned.
pub type Evaluate<'a> = dyn FnMut(&[f32], &mut [f32]) -> f64 + 'a;

/// The loss at the weights before a step, and a way to know it and its gradient at others.
#[derive(Default)]
pub(crate) struct Objective<'a> {
    pub(crate) loss: Option<f64>,
    pub(crate) evaluate: Option<&'a mut Evaluate<'a>>,
}

impl Objective<'_> {
    /// The same once more.
    pub(crate) fn reborrow(&mut self) -> Objective<'_> {
        Objective { loss: self.loss, evaluate: self.evaluate.as_mut().map(|evaluate| &mut **evaluate as _) }
    }

    /// Without a way to know more.
    pub(crate) fn loss_alone<'b>(&self) -> Objective<'b> {
        Objective { loss: self.loss, evaluate: None }
    }

    #[track_caller]
    pub(crate) fn loss(&self) -> f64 {
        self.loss.expect("expected the loss among what a rule requires")
    }

    #[track_caller]
    pub(crate) fn evaluate(&mut self, weights: &[f32], gradient: &mut [f32]) -> f64 {
        let evaluate =
            self.evaluate.as_mut().expect("expected a closure among what a rule or wrapper requires");
        evaluate(weights, gradient)
    }
}

impl fmt::Debug for Objective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objective").field("loss", &self.loss).finish_non_exhaustive()
    }
}
