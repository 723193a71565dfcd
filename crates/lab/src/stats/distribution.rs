//! Distributions in double precision: to 1e-12 of SciPy's, in both tails.

pub mod chi_squared;
pub mod fisher;
pub mod normal;
mod root;
mod special;
pub mod student;
pub mod studentized_range;

pub(crate) use root::root;
