//! The registry: every rule, one file each.

use crate::error::Error;
use crate::recipe::spelling;
use crate::rule::Rule;

registry! {
    /// Every rule with its defaults, in the order in which lists show them.
    "optimizer": Rule;
    sgd::Sgd,
    qhm::Qhm,
    aggmo::AggMo,
    optimistic_gd::OptimisticGd,
    noisy_sgd::NoisySgd,
    asgd::Asgd,
    sign_sgd::SignSgd,
    signum::Signum,
    lion::Lion,
    rprop::Rprop,
    adagrad::Adagrad,
    adadelta::Adadelta,
    rmsprop::RmsProp,
    madgrad::Madgrad,
    adam::Adam,
    adamw::AdamW,
    adamax::Adamax,
    nadam::Nadam,
    nadamw::NadamW,
    radam::Radam,
    adabelief::AdaBelief,
    yogi::Yogi,
    adabound::AdaBound,
    amsbound::AmsBound,
    adan::Adan,
    adopt::Adopt,
    ademamix::Ademamix,
    laprop::LaProp,
    qhadam::QhAdam,
    lars::Lars,
    lamb::Lamb,
    novograd::NovoGrad,
    adafactor::Adafactor,
    sgdp::Sgdp,
    adamp::AdamP,
    muon::Muon,
    scion::Scion,
    mars::Mars,
    shampoo::Shampoo,
    soap::Soap,
    schedule_free_sgd::ScheduleFreeSgd,
    schedule_free_adamw::ScheduleFreeAdamW,
    prodigy::Prodigy,
    dadapt_adam::DAdaptAdam,
    dadapt_sgd::DAdaptSgd,
    dog::Dog,
    dowg::Dowg,
    cocob::Cocob,
    polyak_sps::PolyakSps,
    momo::Momo,
    lbfgs::{Lbfgs, LineSearch},
}

/// Reads `name setting=value …`, as printed by a rule's `Display`.
///
/// # Errors
/// If a name is unknown or there twice, a value is out of range, or some do not go together.
pub fn parse(text: &str) -> Result<Box<dyn Rule>, Error> {
    spelling::rule(text)
}
