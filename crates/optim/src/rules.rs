//! The registry: every rule, one file each.

mod adabelief;
mod adabound;
mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamp;
mod adamw;
mod adan;
mod ademamix;
mod adopt;
mod aggmo;
mod amsbound;
mod asgd;
mod cocob;
mod dadapt_adam;
mod dadapt_sgd;
mod dog;
mod dowg;
mod lamb;
mod laprop;
mod lars;
mod lbfgs;
mod lion;
mod madgrad;
mod mars;
mod momo;
mod muon;
mod nadam;
mod nadamw;
mod noisy_sgd;
mod novograd;
mod optimistic_gd;
mod polyak_sps;
mod prodigy;
mod qhadam;
mod qhm;
mod radam;
mod rmsprop;
mod rprop;
mod schedule_free_adamw;
mod schedule_free_sgd;
mod scion;
mod sgd;
mod sgdp;
mod shampoo;
mod sign_sgd;
mod signum;
mod soap;
mod yogi;

pub use adabelief::AdaBelief;
pub use adabound::AdaBound;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamp::AdamP;
pub use adamw::AdamW;
pub use adan::Adan;
pub use ademamix::Ademamix;
pub use adopt::Adopt;
pub use aggmo::AggMo;
pub use amsbound::AmsBound;
pub use asgd::Asgd;
pub use cocob::Cocob;
pub use dadapt_adam::DAdaptAdam;
pub use dadapt_sgd::DAdaptSgd;
pub use dog::Dog;
pub use dowg::Dowg;
pub use lamb::Lamb;
pub use laprop::LaProp;
pub use lars::Lars;
pub use lbfgs::{Lbfgs, LineSearch};
pub use lion::Lion;
pub use madgrad::Madgrad;
pub use mars::Mars;
pub use momo::Momo;
pub use muon::Muon;
pub use nadam::Nadam;
pub use nadamw::NadamW;
pub use noisy_sgd::NoisySgd;
pub use novograd::NovoGrad;
pub use optimistic_gd::OptimisticGd;
pub use polyak_sps::PolyakSps;
pub use prodigy::Prodigy;
pub use qhadam::QhAdam;
pub use qhm::Qhm;
pub use radam::Radam;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use schedule_free_adamw::ScheduleFreeAdamW;
pub use schedule_free_sgd::ScheduleFreeSgd;
pub use scion::Scion;
pub use sgd::Sgd;
pub use sgdp::Sgdp;
pub use shampoo::Shampoo;
pub use sign_sgd::SignSgd;
pub use signum::Signum;
pub use soap::Soap;
pub use yogi::Yogi;

use crate::error::Error;
use crate::rule::Rule;
use crate::spelling;

/// Every rule with its defaults, in the order in which lists show them.
pub fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(Sgd::default()),
        Box::new(Qhm::default()),
        Box::new(AggMo::default()),
        Box::new(OptimisticGd::default()),
        Box::new(NoisySgd::default()),
        Box::new(Asgd::default()),
        Box::new(SignSgd::default()),
        Box::new(Signum::default()),
        Box::new(Lion::default()),
        Box::new(Rprop::default()),
        Box::new(Adagrad::default()),
        Box::new(Adadelta::default()),
        Box::new(RmsProp::default()),
        Box::new(Madgrad::default()),
        Box::new(Adam::default()),
        Box::new(AdamW::default()),
        Box::new(Adamax::default()),
        Box::new(Nadam::default()),
        Box::new(NadamW::default()),
        Box::new(Radam::default()),
        Box::new(AdaBelief::default()),
        Box::new(Yogi::default()),
        Box::new(AdaBound::default()),
        Box::new(AmsBound::default()),
        Box::new(Adan::default()),
        Box::new(Adopt::default()),
        Box::new(Ademamix::default()),
        Box::new(LaProp::default()),
        Box::new(QhAdam::default()),
        Box::new(Lars::default()),
        Box::new(Lamb::default()),
        Box::new(NovoGrad::default()),
        Box::new(Adafactor::default()),
        Box::new(Sgdp::default()),
        Box::new(AdamP::default()),
        Box::new(Muon::default()),
        Box::new(Scion::default()),
        Box::new(Mars::default()),
        Box::new(Shampoo::default()),
        Box::new(Soap::default()),
        Box::new(ScheduleFreeSgd::default()),
        Box::new(ScheduleFreeAdamW::default()),
        Box::new(Prodigy::default()),
        Box::new(DAdaptAdam::default()),
        Box::new(DAdaptSgd::default()),
        Box::new(Dog::default()),
        Box::new(Dowg::default()),
        Box::new(Cocob::default()),
        Box::new(PolyakSps::default()),
        Box::new(Momo::default()),
        Box::new(Lbfgs::default()),
    ]
}

/// The rule of this name, with its defaults.
///
/// # Errors
/// If there is none; the error has the nearest name and all that exist.
pub fn by_name(name: &str) -> Result<Box<dyn Rule>, Error> {
    let known = all();
    let names: Vec<_> = known.iter().map(|rule| rule.card().name).collect();
    known
        .into_iter()
        .find(|rule| rule.card().name == name)
        .ok_or_else(|| Error::unknown("optimizer", name, names))
}

/// Reads `name setting=value …`, as printed by a rule's `Display`.
///
/// # Errors
/// If a name is unknown or there twice, a value is out of range, or some do not go together.
pub fn parse(text: &str) -> Result<Box<dyn Rule>, Error> {
    spelling::rule(text)
}
