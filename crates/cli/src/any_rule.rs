//! Pages and flags from a rule's declaration: for built-in rules, and for your own.

use clap::{Arg, ArgMatches, Command};
use optim::{DynRule, Error};

use crate::commands;
use crate::hyper_flags;

/// The page of `descent explain` of a rule, in `columns` columns, with styles for a terminal.
///
/// # Errors
/// If its settings do not go together.
pub fn explain(rule: &dyn DynRule, columns: usize) -> Result<String, Error> {
    commands::explain_rule(rule, columns)
}

/// A flag for every hyperparameter that any of these rules has, as `descent train` has them.
pub fn flags(rules: &[Box<dyn DynRule>]) -> Vec<Arg> {
    hyper_flags::arguments_of(&Command::new(""), rules)
}

/// Sets what the [`flags`] of these rules say; one that the rule does not have is an error.
///
/// # Errors
/// If a value is out of range, or some do not go together.
pub fn apply_flags(
    matches: &ArgMatches,
    rules: &[Box<dyn DynRule>],
    rule: &mut dyn DynRule,
) -> Result<(), Error> {
    hyper_flags::apply_of(matches, rules, rule)
}
