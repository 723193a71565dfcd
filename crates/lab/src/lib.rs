//! Many runs: the run matrix, stores of runs, the learning rate finder, statistics and comparisons.
//!
//! A [`RunMatrix`] trains every recipe with every seed, one run a core. Everything downstream (tables,
//! pictures, pages) reads the records only, so a report can be remade without training.
//!
//! ```
//! use std::ops::ControlFlow;
//! use lab::{Comparison, RunMatrix};
//! use train::{Budget, Task};
//!
//! let request = data::Request::embedded(data::set("mnist")?);
//! let task = Task::notebook(data::load(&request, &mut |_| ())?);
//! let recipes = vec!["sgd, batch=500".parse()?, "adam, batch=500".parse()?];
//! let budget = Budget { epochs: 1, evaluations: 1 };
//! let matrix = RunMatrix { task: &task, recipes, seeds: vec![0], budget, threads: 2 };
//! let records = matrix.run(&|_, _| ControlFlow::Continue(()))?;
//! let comparison = Comparison::new(records, Some(0.95), "an example".to_string());
//! assert_eq!(comparison.rows.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod compare;
mod error;
mod executor;
mod jobs;
pub mod lr_finder;
pub mod run_matrix;
pub mod search;
pub mod stats;
pub mod store;
pub mod study;
pub mod tasks;
mod worker_pool;

pub use compare::Comparison;
pub use error::Error;
pub use executor::Halt;
pub use jobs::jobs;
pub use lr_finder::LrFinder;
pub use run_matrix::RunMatrix;
pub use store::Store;
pub use study::Study;

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
