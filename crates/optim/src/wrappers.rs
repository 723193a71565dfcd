//! The registry of wrappers around a rule, one file each.

use crate::rule::DynWrapper;

registry! {
    /// Every wrapper with its defaults, in the order in which lists show them.
    "wrapper": DynWrapper;
    sam::Sam,
    asam::Asam,
    lookahead::Lookahead,
    cautious::Cautious,
    centralized::Centralized,
    ema::Ema,
    swa::Swa,
    tail_average::TailAverage,
    accumulate::Accumulate,
    if_finite::IfFinite,
}
