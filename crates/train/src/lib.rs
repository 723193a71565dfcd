//! One run: task × recipe × seed → record.
//!
//! [`Training`] steps weights and optimizer through the batches of a [`Task`], writes checkpoints, and
//! ends in a [`record::Record`]. Runs are paired: one seed gives every optimizer the same initial
//! weights and the same batches. A run that diverges is a result, in its record, never an error.
//!
//! ```
//! use std::ops::ControlFlow;
//! use train::{Budget, Recipe, Task, Training};
//!
//! let request = data::Request::embedded(data::set("mnist")?);
//! let task = Task::notebook(data::load(&request, &mut |_| ())?);
//! let recipe: Recipe = "adam, batch=500".parse()?;
//! let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 1 })?;
//! training.run(&mut |_| ControlFlow::Continue(()));
//! assert!(training.record().final_metric() > Some(0.75));
//! # Ok::<(), train::Error>(())
//! ```

mod budget;
mod checksum;
pub mod curvature;
mod error;
mod event;
mod examples;
pub mod json_number;
pub mod loss;
pub mod metric;
pub mod onnx;
pub mod protobuf;
mod recipe;
pub mod record;
mod task;
mod training;
pub mod weights;

pub use budget::Budget;
pub use error::Error;
pub use event::{Event, RunInfo};
pub use examples::{Batch, DataInfo, Examples, InMemory, NoExamples, Split};
pub use metric::{Direction, Metric};
pub use recipe::Recipe;
pub use record::Record;
pub use task::{Batching, Draw, Evaluation, Order, Score, Task};
pub use training::checkpoint::Keeper;
pub use training::{CurvatureEvery, Diagnostics, Progress, Snapshot, Training};

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
