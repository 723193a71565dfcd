//! Layers, losses, initializers, models and metrics.
//!
//! A [`Model`] has a [`Module`] and the layout of its parameters but not the parameters themselves, so one model
//! serves any number of weight vectors.
//!
//! ```
//! use autograd::BufferPool;
//! use nn::{Activation, Model};
//!
//! let model = Model::mlp(&[4, 8, 3], Activation::Relu);
//! let weights = model.init(42);
//! assert_eq!(weights.layout().entries()[0].name, "fc1.weight");
//!
//! let pool = BufferPool::new();
//! let tape = pool.tape(&weights);
//! let x = tape.input([2, 4], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
//! let loss = model.forward(x).cross_entropy(&[0, 2]);
//! let mut gradients = weights.zeros_like();
//! loss.backward(&mut gradients);
//! ```
//!
//! Batch norm and dropout differ between training and evaluation: [`Model::forward_in`] takes a [`Context`].
//! Named networks are in [`models`], and [`Architecture`] finds them by name.
//!
//! The losses are ops of [`autograd::Var`]: `cross_entropy` (also with smoothed labels), `mse`,
//! `l1`, `huber`, `bce_with_logits`.

mod activation;
mod architecture;
mod cell;
mod context;
mod info;
pub mod init;
mod layer;
pub mod layers;
pub mod metrics;
mod model;
pub mod models;
mod module;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use architecture::Architecture;
pub use context::Context;
pub use info::{Build, Info, Kind};
pub use init::Init;
pub use layer::Layer;
pub use layers::{Activation, Linear, Sequential};
pub use model::{Builder, Model};
pub use module::{DynModule, Module};
