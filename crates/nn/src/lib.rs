//! Layers, losses, initialisers, models and metrics.
//!
//! A [`Model`] holds layers and the layout of their parameters, not the parameters themselves, so
//! one model serves any number of weight sets at once.
//!
//! ```
//! use autograd::Tape;
//! use nn::{Activation, Model};
//!
//! let model = Model::mlp(&[4, 8, 3], Activation::Relu);
//! let weights = model.init(42);
//! assert_eq!(weights.layout().entries()[0].name, "fc1.weight");
//!
//! let tape = Tape::new();
//! let graph = tape.graph(&weights);
//! let x = graph.input([2, 4], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
//! let loss = model.forward(x).cross_entropy(&[0, 2]);
//! let mut gradients = weights.zeros_like();
//! loss.backward(&mut gradients);
//! ```
//!
//! The losses are ops of [`autograd::Var`]: `cross_entropy` (also with smoothed labels), `mse`,
//! `l1`, `huber`, `bce_with_logits`.

pub mod init;
pub mod layers;
pub mod metrics;
mod model;

pub use init::Init;
pub use layers::{Activation, Layer, Linear};
pub use model::{Builder, Model};
