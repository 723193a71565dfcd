//! The kernels of pages that train in a browser: update rules, test functions, and a small network.
//!
//! Cargo builds this crate for the machine, where tests compare it with `optim`, `lab` and `train`. `cargo xtask wasm`
//! builds the same files for WebAssembly with an older compiler, Rust 1.63, which is why this crate has its own edition and no
//! dependencies. Pages call it through [`exports`].
//!
//! ```
//! use wasm::{rules, Optimizer};
//!
//! let rule = rules::by_name("sgd").unwrap();
//! let mut optimizer = Optimizer::new(rule, rule.settings_of(&[("lr", 0.1)]).unwrap(), f64::INFINITY, 1);
//! let mut w = [1.0];
//! optimizer.step(&mut w, &[0.5]);
//! assert_eq!(w, [0.95]);
//! ```

pub mod exports;
pub mod functions;
mod math;
pub mod net;
mod optimizer;
pub mod race;
pub mod random;
pub mod rules;
mod sparse;
pub mod training;

pub use optimizer::Optimizer;

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
