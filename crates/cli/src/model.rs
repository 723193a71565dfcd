//! The network to train, by name.

use clap::{Arg, ArgMatches};
use nn::Architecture;

/// `--model`.
pub(crate) fn argument() -> Arg {
    Arg::new("model")
        .long("model")
        .value_name("NAME")
        .value_parser(Architecture::NAMES.map(|(name, _)| name))
        .default_value("mlp")
        .help("The network: dense layers (mlp), none hidden (logreg), or a convolutional net")
}

/// The one that `--model` names.
pub(crate) fn of(matches: &ArgMatches) -> Architecture {
    let name = matches.get_one::<String>("model").expect("it has a default");
    Architecture::by_name(name).expect("only known names parse")
}
