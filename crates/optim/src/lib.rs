//! Optimizers, schedules and clipping on plain slices, one declaration each.
//!
//! A *rule* is one file in [`rules`]: a struct of hyperparameters with default, range and meaning
//! beside each field, the names of its state arrays, and the update of one weight as its source
//! writes it. Settings by name, command-line flags, `explain` pages, memory figures, the fused
//! vector loop and the state dict are all derived from that.
//!
//! ```
//! use optim::{Optimizer, rules::Adam};
//!
//! // f(w) = Σ (w − 3)²
//! let mut w = [0.0_f32; 4];
//! let mut optimizer = Optimizer::new(Adam { lr: 0.1, ..Adam::default() }, w.len())?;
//! for _ in 0..500 {
//!     let gradient = w.map(|w| 2.0 * (w - 3.0));
//!     optimizer.step(&mut w, &gradient);
//! }
//! assert!(w.iter().all(|w| (w - 3.0).abs() < 1e-3));
//! # Ok::<(), optim::Error>(())
//! ```
//!
//! By name, with everything a user can say in text:
//!
//! ```
//! let rule = optim::rules::parse("sgd momentum=0.9 nesterov=true lr=0.05")?;
//! assert_eq!(rule.to_string(), "sgd lr=0.05 momentum=0.9 nesterov=true");
//! let schedule: optim::Schedule = "cosine warmup=5%".parse()?;
//! assert_eq!(schedule.factor(0, 100), 0.2);
//!
//! let error = optim::rules::parse("adm").unwrap_err();
//! assert_eq!(error.to_string(), "there is no optimizer `adm`; did you mean `adam`?");
//! # Ok::<(), optim::Error>(())
//! ```

pub mod clip;
mod course;
mod each;
mod eigen;
mod error;
mod factors;
pub mod formula;
pub mod hyper;
mod kept;
mod line_search;
mod members;
mod method;
mod objective;
mod optimizer;
mod orthogonal;
mod passes;
mod plateau;
mod pytorch;
mod rule;
pub mod rules;
mod schedule;
pub mod schedules;
mod setting;
mod spelling;
mod stack;
mod state_dict;
mod state_file;
mod tokens;
mod vector;
mod warning;
mod wrapper;
pub mod wrappers;

pub use clip::Clip;
pub use course::{Course, CourseCard};
pub use each::{Each, Parameter};
pub use error::Error;
pub use method::{Group, GroupRule, HyperCourse, Method, Selector};
pub use objective::Evaluate;
pub use optimizer::Optimizer;
pub use passes::Passes;
pub use plateau::{Plateau, PlateauMode, PlateauSettings, PlateauState, ThresholdMode};
pub use rule::{Card, Extent, Needs, Rule, Scalar, State, Tier};
pub use schedule::Schedule;
pub use setting::Span;
pub use spelling::OwnPart;
pub use state_dict::StateDict;
pub use warning::Warning;
pub use wrapper::{Around, Changes, Wrapper};
