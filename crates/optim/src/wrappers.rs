//! The registry: what can stand around a rule, one file each.

mod accumulate;
mod asam;
mod cautious;
mod centralized;
mod ema;
mod if_finite;
mod lookahead;
mod sam;
mod swa;
mod tail_average;

pub use accumulate::Accumulate;
pub use asam::Asam;
pub use cautious::Cautious;
pub use centralized::Centralized;
pub use ema::Ema;
pub use if_finite::IfFinite;
pub use lookahead::Lookahead;
pub use sam::Sam;
pub use swa::Swa;
pub use tail_average::TailAverage;

use crate::error::Error;
use crate::wrapper::Wrapper;

/// Every wrapper with its defaults, in the order in which lists show them.
pub fn all() -> Vec<Box<dyn Wrapper>> {
    vec![
        Box::new(Sam::default()),
        Box::new(Asam::default()),
        Box::new(Lookahead::default()),
        Box::new(Cautious::default()),
        Box::new(Centralized::default()),
        Box::new(Ema::default()),
        Box::new(Swa::default()),
        Box::new(TailAverage::default()),
        Box::new(Accumulate::default()),
        Box::new(IfFinite::default()),
    ]
}

/// The wrapper of this name, with its defaults.
///
/// # Errors
/// If there is none; the error has the nearest name and all that exist.
pub fn by_name(name: &str) -> Result<Box<dyn Wrapper>, Error> {
    let known = all();
    let names: Vec<_> = known.iter().map(|wrapper| wrapper.card().name).collect();
    known
        .into_iter()
        .find(|wrapper| wrapper.card().name == name)
        .ok_or_else(|| Error::unknown("wrapper", name, names))
}
