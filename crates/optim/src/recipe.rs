//! Recipes of optimizers, as plain data and as text.

mod display;
mod parser;
mod schedule;
mod spec;
mod tokens;

pub use parser::{ExtraPart, parse_rule};
pub(crate) use spec::GroupSpec;
pub use spec::{Group, GroupRule, HyperSchedule, OptimizerSpec, Selector};

/// Part of a recipe for ascent instead of descent.
const MAXIMIZE: &str = "maximize";
/// Part of a recipe with the parameters that have no weight decay.
const NO_DECAY: &str = "no_decay";
