//! The commands: a file and a line of the registry each.
//!
//! A file declares the arguments as a type, with its help, and what the command does with them.

use clap::{ArgMatches, Args};

use crate::failure::Failure;

pub(crate) use explain::rule as explain_rule;

/// Declares the files of commands, in the order of the help; each names the type of its arguments.
macro_rules! registry {
    ($($(#[$feature:meta])? $file:ident::$command:ident),+ $(,)?) => {
        $($(#[$feature])? mod $file;)+

        /// All commands, in the order of the help.
        pub(crate) const ALL: &[Entry] = &[$($(#[$feature])? Entry::of::<$file::$command>()),+];
    };
}

registry! {
    compare::Compare,
    train::Train,
    evaluate::Evaluate,
    predict::Predict,
    export::Export,
    tasks::Tasks,
    optimizers::Optimizers,
    explain::Explain,
    schedule::Schedule,
    find_lr::FindLr,
    #[cfg(feature = "lessons")]
    lessons::Lessons,
    #[cfg(feature = "lessons")]
    race::RaceArgs,
    #[cfg(feature = "lessons")]
    play::PlayArgs,
    #[cfg(feature = "lessons")]
    landscape::Landscape,
    #[cfg(feature = "serve")]
    serve::Serve,
    #[cfg(feature = "store")]
    study::StudyCommand,
    #[cfg(feature = "store")]
    runs::Runs,
    data::Data,
    completions::Completions,
    man::Man,
}

/// A command of the program: its arguments, and what it does with them.
pub(crate) trait Command: Args {
    /// Its name on the command line.
    const NAME: &'static str;

    /// Does what was asked.
    fn run(self) -> Result<(), Failure>;
}

/// A command without the type of its arguments.
pub(crate) struct Entry {
    /// See [`Command::NAME`].
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) declare: fn() -> clap::Command,
    /// See [`Command::run`].
    pub(crate) run: fn(&ArgMatches) -> Result<(), Failure>,
}

impl Entry {
    const fn of<C: Command>() -> Entry {
        Entry {
            name: C::NAME,
            declare: || C::augment_args(clap::Command::new(C::NAME)),
            run: |matches| C::from_arg_matches(matches).expect("only what is declared parses").run(),
        }
    }
}
