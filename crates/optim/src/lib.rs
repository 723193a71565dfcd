//! Optimizers, schedules and clipping on plain slices, one declaration each.
//!
//! A *rule* is one file in [`rules`]: a struct of hyperparameters with default, range and meaning
//! next to each field, the names of its state arrays, and the update of one weight as its source
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
//! let rule = optim::parse_rule("sgd momentum=0.9 nesterov=true lr=0.05")?;
//! assert_eq!(rule.to_string(), "sgd lr=0.05 momentum=0.9 nesterov=true");
//! let schedule: optim::LrSchedule = "cosine warmup=5%".parse()?;
//! assert_eq!(schedule.factor(0, 100), 0.2);
//!
//! let error = optim::parse_rule("adm").unwrap_err();
//! assert_eq!(error.to_string(), "unknown optimizer `adm`; did you mean `adam`?");
//! # Ok::<(), optim::Error>(())
//! ```

#![warn(missing_debug_implementations)]

#[macro_use]
mod registry;

pub mod clip;
pub mod clips;
pub mod cost;
mod engine;
mod error;
pub mod formula;
pub mod hyper;
mod linalg;
mod recipe;
mod rule;
pub mod rules;
mod schedule;
pub mod schedules;
mod state;
pub mod wrappers;

pub use clip::{Clip, ClipCtx, DynClip};
pub use engine::Optimizer;
pub use error::Error;
pub use hyper::Time;
pub use recipe::{ExtraPart, Group, GroupRule, HyperSchedule, OptimizerSpec, Selector, parse_rule};
pub use rule::{
    Changes, DynRule, DynWrapper, Evaluate, Fixed, Info, MemoryTraffic, Parameter, PyTorch, Requires, Rule,
    Tier, Update, Wrapper, WrapperCtx,
};
pub use schedule::{
    DynSchedule, LrSchedule, Plateau, PlateauMode, PlateauSettings, PlateauState, Schedule, ScheduleInfo,
    ThresholdMode, Warning,
};
pub use state::{ScalarSlot, Slot, StateDict, StateShape};
pub use tensor::simd::Path;
pub use tensor::{Layout, ParamInfo, Role, Shape};

/// The page of the crate, whose program is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
