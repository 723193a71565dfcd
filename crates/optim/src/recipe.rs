//! Recipes: all that can be said about an optimizer, as plain data and as text.

mod schedule;
mod spec;
pub(crate) mod spelling;
mod tokens;

pub(crate) use spec::GroupSpec;
pub use spec::{Group, GroupRule, HyperCourse, OptimizerSpec, Selector};
pub use spelling::OwnPart;
