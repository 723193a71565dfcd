//! The registry: the course of every learning rate, one file each.

mod constant;
mod cosine;
mod cosine_restarts;
mod cyclic;
mod exponential;
mod inverse_time;
mod linear;
mod multistep;
mod noam;
mod one_cycle;
mod piecewise;
mod polynomial;
mod rex;
mod rsqrt;
mod step;
mod tanh;
mod wsd;

pub use constant::Constant;
pub use cosine::Cosine;
pub use cosine_restarts::CosineRestarts;
pub use cyclic::{Cyclic, Mode};
pub use exponential::Exponential;
pub use inverse_time::InverseTime;
pub use linear::Linear;
pub use multistep::Multistep;
pub use noam::Noam;
pub use one_cycle::{Anneal, OneCycle};
pub use piecewise::{Between, Piecewise};
pub use polynomial::Polynomial;
pub use rex::Rex;
pub use rsqrt::Rsqrt;
pub use step::Step;
pub use tanh::Tanh;
pub use wsd::{Fall, Wsd};

use crate::course::Course;
pub use crate::course::progress;
use crate::error::Error;

/// Every course with its defaults, in the order in which lists show them.
pub fn all() -> Vec<Box<dyn Course>> {
    vec![
        Box::new(Constant::default()),
        Box::new(Linear::default()),
        Box::new(Step::default()),
        Box::new(Multistep::default()),
        Box::new(Exponential::default()),
        Box::new(InverseTime::default()),
        Box::new(Rsqrt::default()),
        Box::new(Noam::default()),
        Box::new(Polynomial::default()),
        Box::new(Cosine::default()),
        Box::new(CosineRestarts::default()),
        Box::new(OneCycle::default()),
        Box::new(Cyclic::default()),
        Box::new(Wsd::default()),
        Box::new(Rex::default()),
        Box::new(Tanh::default()),
        Box::new(Piecewise::default()),
    ]
}

/// The course of this name, with its defaults.
///
/// # Errors
/// If there is none; the error has the nearest name and all that exist.
pub fn by_name(name: &str) -> Result<Box<dyn Course>, Error> {
    let known = all();
    let names: Vec<_> = known.iter().map(|course| course.card().name).collect();
    known
        .into_iter()
        .find(|course| course.card().name == name)
        .ok_or_else(|| Error::unknown("schedule", name, names))
}
