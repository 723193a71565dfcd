//! The registry: what can stand around a rule, one file each.

mod ema;
mod lookahead;
mod sam;

pub use ema::Ema;
pub use lookahead::Lookahead;
pub use sam::Sam;

use crate::error::Error;
use crate::wrapper::Wrapper;

/// Every wrapper with its defaults, in the order in which lists show them.
pub fn all() -> Vec<Box<dyn Wrapper>> {
    vec![Box::new(Sam::default()), Box::new(Lookahead::default()), Box::new(Ema::default())]
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
