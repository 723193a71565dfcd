//! A study to begin with.

use clap::Args;

use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Prints a commented study to begin with",
    long_about = None,
    after_help = "Examples:\n  descent study new > study.toml"
)]
pub(super) struct New {}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        Ok(console::print(lab::study::EXAMPLE)?)
    }
}
