//! Algebra on plain slices, for rules that look at whole matrices and vectors.

pub(crate) mod blas1;
pub(crate) mod eigen;
pub(crate) mod line_search;
pub(crate) mod modes;
pub(crate) mod newton_schulz;
