//! Arguments of `cargo xtask bench`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

const ABOUT: &str = "Measures training against this machine's peak and against other libraries";

const EXPLANATION: &str = "\
bench            the multiply-add peak of this machine, the matrix products of a
                 SimpleNN step and whole training steps, as shares of that peak
bench --baselines
                 the SimpleNN with sgd, adam and rmsprop (an epoch in batches of
                 64 and of 512, single examples and all 60,000 at once) and the
                 convolutional net 2c2d, on one thread and two, in turns with
                 PyTorch (DataLoader, eager, fused, compiled), JAX, candle and
                 burn; each target, and whether it is met
bench optim      an update of every rule and a plain loop that reads and writes
                 as many arrays; with --baselines also PyTorch and optax. And a
                 step of muon, scion, shampoo and soap on one large matrix, with
                 its operations and their fraction of the peak
bench threads    every training step on one thread, on as many as the run
                 chooses as it goes, and on all cores, in turns: alone and next
                 to a process that keeps one core busy
bench instructions
                 counted by valgrind, where it is installed: a training step
                 and the update of every elementwise rule, and how both have
                 changed since the last time
bench tuning     the search of studies and Optuna's TPE, which is installed
                 once: best validation score by number of trials, on the same
                 spaces

Everything is measured in rounds: each case once, then each once more, so
that a change in the machine's load meets all alike. Printed are the median and
the spread, which is max - min as a fraction of the median. Close other
programs: one that runs on the second core makes an update from the cache take
half as long again. A spread above some 20% says that the machine was busy.

--baselines installs what it needs once, in target/baselines: an environment by
scripts/baselines/requirements.txt (some 3 GB) and the Rust baselines of
scripts/baselines/rust (minutes to build). Remove that folder to remove all.
All baselines train on the same examples in the same order from the same
weights; the loss of each is printed next to its time, marked ≠ where it
differs from Descent's by more than 2%. A baseline that cannot be installed, or
fails, is left out and named with its log, and the others go on. Once
installed, all of it takes some 15 minutes on two cores.

The figures go to a file, one entry a workload. A call replaces the workloads
that it measures and leaves the others; the table at the end is of the whole
file. So a long comparison can be made piece by piece with --only, and
--rounds 0 shows what has been measured so far.";

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench --only 'step adam'            rows with both words
  cargo xtask bench --baselines --only 'simplenn batch=64 threads=1'
  cargo xtask bench --baselines --rounds 0        the figures so far
  cargo xtask bench optim --baselines --only 'adam weights=109386'
  cargo xtask bench optim --only matrix           shares of the peak alone
  cargo xtask bench --baselines --python ~/torch/bin/python";

/// The choices of one call.
pub(super) struct Options {
    pub(super) subcommand: Subcommand,
    /// True if other libraries take part.
    pub(super) baselines: bool,
    /// An interpreter that has the baselines' packages.
    pub(super) python: Option<PathBuf>,
    /// The folder of the data set.
    pub(super) data_dir: Option<PathBuf>,
    /// Seconds after which a baseline sits out further rounds.
    pub(super) seconds: f64,
    only: Vec<String>,
    rounds: Option<u32>,
    json: Option<PathBuf>,
}

/// Kinds of measurement.
pub(super) enum Subcommand {
    /// Training, with its parts or with other libraries.
    Training,
    /// Updates.
    Optim,
    /// Numbers of threads against one.
    Threads,
    /// Instructions instead of seconds.
    Instructions,
    /// Scores of searchers instead of seconds, by this number of trials.
    Tuning { trials: u32 },
    /// Nothing: this process answers another that measures.
    Worker { data: PathBuf, threads: usize, variant: String },
}

/// Reads the arguments; help and mistakes are clap's to print.
pub(super) fn parse(arguments: &[OsString]) -> Result<Options, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let subcommand = match matches.subcommand() {
        Some(("worker", worker)) => Subcommand::Worker {
            data: worker.get_one::<PathBuf>("data").cloned().expect("it is required"),
            threads: *worker.get_one("threads").expect("it is required"),
            variant: worker.get_one::<String>("variant").cloned().expect("it is required"),
        },
        Some(("optim", _)) => Subcommand::Optim,
        Some(("threads", _)) => Subcommand::Threads,
        Some(("instructions", _)) => Subcommand::Instructions,
        Some(("tuning", tuning)) => {
            Subcommand::Tuning { trials: *tuning.get_one("trials").expect("it has a default") }
        }
        _ => Subcommand::Training,
    };
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    Ok(Options {
        subcommand,
        baselines: matches.get_flag("baselines"),
        python: path("python"),
        data_dir: path("data-dir"),
        seconds: *matches.get_one("seconds").expect("it has a default"),
        only: words(&matches),
        rounds: matches.get_one("rounds").copied(),
        json: path("json"),
    })
}

impl Options {
    /// True if the row of this name is wanted: it has all the words that were given.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.only.iter().all(|word| name.split([' ', ',']).any(|part| part == word))
    }

    /// Message that no row is wanted.
    pub(super) fn nothing(&self) -> String {
        let words = self.only.join(" ");
        format!("no row has all of the words `{words}`: without --only all are measured")
    }

    /// Number of rounds, with this default.
    pub(super) fn rounds_or(&self, usual: u32) -> u32 {
        self.rounds.unwrap_or(usual)
    }

    /// Where the figures are written, here if nothing was said.
    pub(super) fn json_or(&self, usual: &str) -> PathBuf {
        self.json.clone().unwrap_or_else(|| usual.into())
    }
}

fn text(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

fn path(name: &'static str, value: &'static str) -> Arg {
    text(name, value).value_parser(value_parser!(PathBuf))
}

fn command() -> Command {
    let command = Command::new("cargo xtask bench")
        .no_binary_name(true)
        .disable_help_subcommand(true)
        .about(ABOUT)
        .long_about(format!("{ABOUT}.\n\n{EXPLANATION}"))
        .after_help(EXAMPLES)
        .subcommand(Command::new("optim").about("Measures the updates of all rules instead"))
        .subcommand(Command::new("threads").about("Compares numbers of threads instead"))
        .subcommand(Command::new("instructions").about("Counts instructions by valgrind instead"))
        .subcommand(
            Command::new("tuning").about("Measures how well settings are searched for instead").arg(
                text("trials", "N")
                    .default_value("20")
                    .value_parser(value_parser!(u32).range(5..=1000))
                    .help("Trials of one tuning"),
            ),
        )
        .subcommand(
            Command::new("worker")
                .hide(true)
                .arg(path("data", "DIR").required(true))
                .arg(text("threads", "N").required(true).value_parser(value_parser!(usize)))
                .arg(text("variant", "NAME").required(true)),
        );
    with_choices(command)
}

/// Adds the options that all measurements take.
fn with_choices(command: Command) -> Command {
    command
        .arg(
            Arg::new("baselines")
                .long("baselines")
                .global(true)
                .action(ArgAction::SetTrue)
                .help("Includes other libraries, which are installed if need be"),
        )
        .arg(
            text("only", "WORDS")
                .global(true)
                .action(ArgAction::Append)
                .help("Only what has all these words in its name"),
        )
        .arg(
            text("rounds", "N")
                .global(true)
                .value_parser(value_parser!(u32).range(0..=1000))
                .help("How often each thing is measured [default: 15, with others 5, tunings 20]"),
        )
        .arg(
            text("seconds", "S")
                .global(true)
                .default_value("4")
                .value_parser(value_parser!(f64))
                .help("Who has taken this long at one thing sits out its further rounds"),
        )
        .arg(
            path("json", "FILE")
                .global(true)
                .help("Where the figures are [default: results/bench.json, or bench- and what is measured]"),
        )
        .arg(path("data-dir", "DIR").global(true).help("Read MNIST from this folder only"))
        .arg(
            path("python", "FILE")
                .global(true)
                .help("An interpreter that has the Python baselines' packages: nothing is installed for it"),
        )
}

fn words(matches: &ArgMatches) -> Vec<String> {
    let given = matches.get_many::<String>("only").unwrap_or_default();
    given
        .flat_map(|text| text.split([' ', ',']).filter(|word| !word.is_empty()))
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Options {
        let words: Vec<OsString> =
            text.split('/').filter(|word| !word.is_empty()).map(OsString::from).collect();
        parse(&words).expect("right arguments")
    }

    #[test]
    fn the_definition_is_right() {
        command().debug_assert();
    }

    #[test]
    fn only_asks_for_every_word_and_whole_words() {
        let options = parsed("--only/batch 64");
        assert!(options.wants("SimpleNN step, batch 64, adam"));
        assert!(!options.wants("SimpleNN step, batch 640, adam"));
        assert!(parsed("--only/batch 64, adam").wants("SimpleNN step, batch 64, adam"));
        assert!(parsed("").wants("anything"));
        assert!(options.nothing().contains("`batch 64`"));
    }

    #[test]
    fn options_come_before_or_after_the_subcommand() {
        for text in ["optim/--baselines/--rounds/2", "--baselines/--rounds/2/optim"] {
            let options = parsed(text);
            assert!(matches!(options.subcommand, Subcommand::Optim) && options.baselines);
            assert_eq!(options.rounds_or(5), 2);
        }
        assert!(matches!(parsed("--baselines").subcommand, Subcommand::Training));
        assert_eq!(parsed("").json_or("results/bench.json"), PathBuf::from("results/bench.json"));
    }

    #[test]
    fn help_fits_the_terminal() {
        for text in [EXPLANATION, EXAMPLES] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
