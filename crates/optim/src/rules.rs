//! The registry: every rule, one file each.

mod adagrad;
mod adam;
mod adamw;
mod rmsprop;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::error::Error;
use crate::rule::Rule;
use crate::schedule::key_value;

/// Every rule with its defaults, in the order in which lists show them.
pub fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(Sgd::default()),
        Box::new(Adagrad::default()),
        Box::new(RmsProp::default()),
        Box::new(Adam::default()),
        Box::new(AdamW::default()),
    ]
}

/// The rule of this name, with its defaults.
///
/// # Errors
/// If there is none; the error has the nearest name and all that exist.
pub fn by_name(name: &str) -> Result<Box<dyn Rule>, Error> {
    let known = all();
    let names: Vec<_> = known.iter().map(|rule| rule.card().name).collect();
    known.into_iter().find(|rule| rule.card().name == name).ok_or_else(|| Error::unknown("optimizer", name, names))
}

/// Reads `name setting=value …`, as printed by a rule's `Display`.
///
/// # Errors
/// If a name is unknown, a value is out of range, or some do not go together.
pub fn parse(text: &str) -> Result<Box<dyn Rule>, Error> {
    let mut words = text.split_whitespace();
    let mut rule = by_name(words.next().unwrap_or_default())?;
    for word in words {
        let (name, value) = key_value(word)?;
        rule.set(name, value.parse()?)?;
    }
    rule.validate()?;
    Ok(rule)
}
