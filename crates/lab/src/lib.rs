//! Tasks, recipes, the training loop, records, statistics and comparisons.
//!
//! A *run* is task × recipe × seed, and it gives a [`record::RunRecord`]. Everything downstream
//! (tables, pictures, pages) reads records only, so a report can be remade without training.
//! Comparisons are paired: one seed gives every optimizer the same initial weights and the same
//! batches.
//!
//! ```
//! use lab::{Flow, Length, Recipe, Task, Training};
//!
//! let mut request = data::Request::new(data::set("mnist")?);
//! request.offline = true;
//! let task = Task::notebook(data::load(&request, &mut |_| ())?);
//! let recipe: Recipe = "adam, batch=500".parse()?;
//! let mut training = Training::new(&task, &recipe, 0, Length { epochs: 1, evaluations: 1 })?;
//! training.run(&mut |_| Flow::Continue);
//! assert!(training.record().final_accuracy() > Some(0.75));
//! # Ok::<(), lab::Error>(())
//! ```

pub mod compare;
mod error;
pub mod finder;
mod json_number;
pub mod plan;
mod recipe;
pub mod record;
pub mod stats;
mod task;
mod training;
pub mod weights;

pub use compare::Comparison;
pub use error::Error;
pub use finder::Finder;
pub use plan::Plan;
pub use recipe::Recipe;
pub use task::{Score, Task};
pub use training::{Flow, Length, Progress, Training};
