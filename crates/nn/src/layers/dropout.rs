//! Dropout.

use autograd::Var;
use tensor::Kernels;

use crate::context::Context;
use crate::layer::Layer;
use crate::module::Module;

/// Dropout (Srivastava 2014): in training, elements are 0 with some probability and the others are scaled up.
///
/// The mask is a function of the run's seed, the layer's name and the step, so a resumed run equals an
/// uninterrupted one.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropout {
    name: String,
    probability: f64,
}

impl Dropout {
    /// Creates a layer with this probability of a 0, from 0 to below 1, and a unique name.
    ///
    /// # Panics
    /// If the probability is not in [0, 1).
    #[track_caller]
    pub fn new(name: &str, probability: f64) -> Dropout {
        assert!(
            (0.0..1.0).contains(&probability),
            "dropout `{name}`: expected a probability from 0 to below 1, found {probability}"
        );
        Dropout { name: name.to_string(), probability }
    }
}

impl Module for Dropout {
    /// Any shape to the same shape; the identity outside of training.
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        match context {
            Context::Train { .. } => {
                x.dropout(self.probability, context.stream(&format!("dropout {}", self.name)))
            }
            Context::Evaluate { .. } => x,
        }
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        // In evaluation it passes its input on.
        Some(Vec::new())
    }
}
