//! Generated data sets, each exact to its published generator.
//!
//! | module | data |
//! |---|---|
//! | [`mnist1d`] | MNIST-1D: 5,000 signals of 40 numbers in ten classes |
//! | [`quadratic_deep`] | DeepOBS's stochastic quadratic: a Hessian of 100 × 100 and points around 0 |
//! | [`friedman`] | Friedman's first regression table |
//! | [`numpy_random`] | their random generator: NumPy's legacy `RandomState` |

pub mod friedman;
pub mod mnist1d;
pub mod numpy_random;
pub mod quadratic_deep;
