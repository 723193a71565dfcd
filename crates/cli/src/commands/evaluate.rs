use clap::{ArgMatches, Command};

use crate::failure::Failure;

pub(crate) fn command() -> Command {
    Command::new("evaluate")
}

pub(crate) fn run(_matches: &ArgMatches) -> Result<(), Failure> {
    Ok(())
}
