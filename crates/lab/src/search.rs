//! Search over hyperparameters: spaces as text, trials as pure functions of (study seed, index), and what
//! decides between them. Nothing here trains.
//!
//! ```
//! use lab::search::{Sampler, Space};
//!
//! let space: Space = "lr=1e-4..1 log, beta1=0.8..0.99 one_minus_log, weight_decay=1e-6..0.1 log_or_zero".parse()?;
//! space.check(&["lr", "beta1", "beta2", "weight_decay"])?;
//! let trial = Sampler::Sobol.trial(&space, 7, 3);
//! assert_eq!(trial, Sampler::Sobol.trial(&space, 7, 3), "whatever ran before");
//! assert!(trial.to_string().starts_with("lr=0."));
//! # Ok::<(), lab::search::SpaceError>(())
//! ```

mod budget;
mod declared;
mod domain;
mod edge;
mod finalists;
mod halving;
mod sampler;
mod space;

pub use budget::{best_within, nested_budgets};
pub(crate) use declared::hypers;
pub use declared::{at_point, declared, limits};
pub use domain::{Domain, Scale, Side, Value};
pub use edge::{Edge, Extension, edges, extension, extra_trials};
pub use finalists::{Finalist, Winner, choose, finalists};
pub use halving::{Halving, Job};
pub use sampler::{Point, Sampler};
pub use space::{Dimension, Space, SpaceError};
