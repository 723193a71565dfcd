//! What `cargo xtask bench` is asked to do.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

const ABOUT: &str = "Measures this machine's peak and how near to it training comes";

const EXPLANATION: &str = "\
Without options, the multiply-add peak of this machine, the matrix products of a
SimpleNN step and whole training steps, each as a share of that peak.

Everything is measured in rounds: each subject once, then each once more, so that
a change in the machine's load meets all alike. What is printed is the median, and
the spread between the least and the greatest as a share of it. Close other
programs; a spread above some 20% says that the machine was busy.";

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                                  peak, products, steps
  cargo xtask bench --only 'step adam'               rows with both words
  cargo xtask bench --json results/today.json        the figures as a file, too";

/// The choices of one call.
pub(super) struct Options {
    /// Words that a row's name must have.
    pub(super) only: Vec<String>,
    /// How often each thing is measured.
    pub(super) rounds: u32,
    /// Where the figures are written.
    pub(super) json: PathBuf,
}

/// Reads the arguments; help and mistakes are clap's to print.
pub(super) fn parse(arguments: &[OsString]) -> Result<Options, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    Ok(Options {
        only: words(&matches),
        rounds: *matches.get_one("rounds").expect("it has a default"),
        json: matches.get_one::<PathBuf>("json").cloned().unwrap_or_else(|| "results/bench.json".into()),
    })
}

impl Options {
    /// Whether the row of this name is wanted.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.only.iter().all(|word| name.split([' ', ',']).any(|part| part == word))
    }
}

fn command() -> Command {
    Command::new("cargo xtask bench")
        .no_binary_name(true)
        .about(ABOUT)
        .long_about(format!("{ABOUT}.\n\n{EXPLANATION}"))
        .after_help(EXAMPLES)
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("WORDS")
                .action(ArgAction::Append)
                .help("Only the rows whose names have all these words"),
        )
        .arg(
            Arg::new("rounds")
                .long("rounds")
                .value_name("N")
                .default_value("15")
                .value_parser(value_parser!(u32).range(1..=1000))
                .help("How often each thing is measured"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where the figures are written [default: results/bench.json]"),
        )
}

fn words(matches: &ArgMatches) -> Vec<String> {
    let given = matches.get_many::<String>("only").unwrap_or_default();
    given.flat_map(|text| text.split_whitespace()).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_right() {
        command().debug_assert();
    }

    #[test]
    fn only_asks_for_every_word_and_whole_words() {
        let options = parse(&["--only".into(), "batch 64".into()]).expect("right arguments");
        assert!(options.wants("SimpleNN step, batch 64, adam"));
        assert!(!options.wants("SimpleNN step, batch 640, adam"));
        assert!(parse(&[]).expect("no arguments").wants("anything"));
    }
}
