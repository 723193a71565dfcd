//! Optimizers at work: wrappers around rules around slices of weights.

mod chain;
mod optimizer;
mod param_group;
#[cfg(feature = "safetensors")]
mod pytorch;
mod warning;

pub use optimizer::Optimizer;
