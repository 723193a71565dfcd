//! Dropout.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::module::Module;

/// In training, numbers are 0 with some probability and the others larger (Srivastava 2014).
///
/// The mask is a function of the run's seed, the layer's name and the step, so a resumed run drops
/// what an uninterrupted one does.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropout {
    name: String,
    probability: f64,
}

impl Dropout {
    /// A layer with this probability of a 0, from 0 to below 1, whose name no other has.
    ///
    /// # Panics
    /// If the probability is outside.
    #[track_caller]
    pub fn new(name: &str, probability: f64) -> Dropout {
        assert!(
            (0.0..1.0).contains(&probability),
            "dropout `{name}` has a probability from 0 to below 1, not {probability}"
        );
        Dropout { name: name.to_string(), probability }
    }
}

impl Module for Dropout {
    /// The same shape; outside training the input itself.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        match context {
            Context::Train { .. } => {
                x.dropout(self.probability, context.stream(&format!("dropout {}", self.name)))
            }
            Context::Evaluate { .. } => x,
        }
    }
}
