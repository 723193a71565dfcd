//! A study to begin with.

use clap::Args;

use super::flags::StudyFlags;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Prints a study to begin with",
    long_about = "Prints a study as TOML: one with a comment for each setting, or with --tasks that of the flags.",
    after_help = "Examples:\n  descent study new > study.toml\n  \
        descent study new --tasks simplenn,char-rnn --optimizers 'sgd; adam' --trials 16 > study.toml"
)]
pub(super) struct New {
    #[command(flatten)]
    flags: StudyFlags,
}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.flags.study()? {
            Some(study) => Ok(console::print(&study.to_toml())?),
            None => Ok(console::print(lab::study::EXAMPLE)?),
        }
    }
}
