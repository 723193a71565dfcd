//! Flags for hyperparameters, built from the optimizers' own declarations.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use optim::hyper::Value;
use optim::{DynRule, Error, clips, rules};

use crate::failure::Failure;

/// The hyperparameters that were given, by name. Flattened into a command after all its other flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct HyperFlags(Vec<(&'static str, String)>);

impl HyperFlags {
    /// Sets what was given; a flag of another optimizer is an error that lists its own.
    pub(crate) fn apply(&self, rule: &mut dyn DynRule) -> Result<(), Failure> {
        Ok(self.set(rule)?)
    }

    fn set(&self, rule: &mut dyn DynRule) -> Result<(), Error> {
        for (name, text) in &self.0 {
            rule.set_text(name, text).map_err(|error| meant_otherwise(name, text).unwrap_or(error))?;
        }
        rule.validate()
    }

    /// Values of the flags for these optimizers.
    fn of(matches: &ArgMatches, rules: &[Box<dyn DynRule>]) -> HyperFlags {
        let mut given: Vec<(&'static str, String)> = Vec::new();
        for hyper in rules.iter().flat_map(|rule| rule.hypers()) {
            if let Some(text) = matches.get_one::<String>(&id(hyper.name))
                && given.iter().all(|(name, _)| *name != hyper.name)
            {
                given.push((hyper.name, text.clone()));
            }
        }
        HyperFlags(given)
    }
}

impl Args for HyperFlags {
    fn augment_args(command: Command) -> Command {
        let flags = arguments_of(&command, &rules::all());
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        HyperFlags::augment_args(command)
    }
}

impl FromArgMatches for HyperFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<HyperFlags, clap::Error> {
        Ok(HyperFlags::of(matches, &rules::all()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = HyperFlags::from_arg_matches(matches)?;
        Ok(())
    }
}

/// One flag for every hyperparameter that any of these optimizers has; the help says whose it is, with
/// which default. Where the command has a flag of that name, the optimizer's name comes before it:
/// `--noisy-sgd-seed`.
pub(crate) fn arguments_of(command: &Command, rules: &[Box<dyn DynRule>]) -> Vec<Arg> {
    let mut flags: Vec<(&'static str, Meanings)> = Vec::new();
    for rule in rules {
        for hyper in rule.hypers() {
            let meanings = match flags.iter().position(|(name, _)| *name == hyper.name) {
                Some(known) => &mut flags[known].1,
                None => &mut flags.push_mut((hyper.name, Meanings::default())).1,
            };
            *meanings.docs.entry(hyper.doc).or_default() += 1;
            meanings.is_flag = matches!(hyper.default, Value::Flag(_));
            meanings.defaults.entry(hyper.default.to_string()).or_default().push(rule.info().name);
        }
    }
    let taken = |long: &str| command.get_arguments().any(|argument| argument.get_long() == Some(long));
    let argument = |(name, meanings): (&'static str, Meanings)| {
        let mut long = name.replace('_', "-");
        if taken(&long) {
            let owner = meanings.defaults.values().flatten().next().expect("some optimizer has it");
            long = format!("{owner}_{name}").replace('_', "-");
        }
        meanings.argument(name, long)
    };
    flags.into_iter().map(argument).collect()
}

/// Sets what the flags for these optimizers say.
pub(crate) fn apply_of(
    matches: &ArgMatches,
    rules: &[Box<dyn DynRule>],
    rule: &mut dyn DynRule,
) -> Result<(), Error> {
    HyperFlags::of(matches, rules).set(rule)
}

/// The answer to a flag of one optimizer whose name is a way of clipping as well, with a number.
fn meant_otherwise(name: &str, text: &str) -> Option<Error> {
    let is_clip = clips::by_name(name).is_ok() && text.parse::<f64>().is_ok();
    is_clip.then(|| Error::Conflict {
        of: format!("--{name} {text}"),
        why: format!(
            "expected `true` or `false` for an optimizer's own `{name}`; gradients are clipped by \
             `--clip-norm {text}`, or in a recipe by `, {name}={text}`"
        ),
    })
}

/// Meaning of one flag for the optimizers that have it.
#[derive(Default)]
struct Meanings {
    /// Descriptions of it, and the number of optimizers that give each.
    docs: BTreeMap<&'static str, usize>,
    is_flag: bool,
    /// The optimizers by default.
    defaults: BTreeMap<String, Vec<&'static str>>,
}

impl Meanings {
    fn argument(self, name: &'static str, long: String) -> Arg {
        /// More names than this are not listed.
        const NAMES: usize = 4;
        let defaults = self.defaults.iter().map(|(default, names)| match names.len() {
            0..=NAMES => format!("{default} {}", names.join(" ")),
            more => format!("{default} {} and {} more", names[..NAMES].join(" "), more - NAMES),
        });
        let defaults = defaults.collect::<Vec<_>>().join("; ");
        let usual = self.docs.iter().max_by_key(|(_, count)| **count).map_or("", |(doc, _)| doc);
        let doc = usual.trim_end_matches('.');
        let argument = Arg::new(id(name))
            .long(long)
            .value_name(if self.is_flag { "true|false" } else { "X" })
            .help(format!("{doc} [{defaults}]"))
            .help_heading("Hyperparameters [default and whose]")
            .allow_negative_numbers(true);
        match self.is_flag {
            // A number may follow a name that means a way of clipping as well, to be answered.
            true => argument
                .num_args(0..=1)
                .default_missing_value("true")
                .require_equals(clips::by_name(name).is_err()),
            false => argument,
        }
    }
}

/// Name of the flag for clap, apart from the command's own.
fn id(name: &str) -> String {
    format!("hyperparameter {name}")
}
