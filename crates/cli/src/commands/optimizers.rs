use clap::{ArgMatches, Command};

use crate::failure::Failure;

pub(crate) fn command() -> Command {
    Command::new("optimizers")
}

pub(crate) fn run(_matches: &ArgMatches) -> Result<(), Failure> {
    Ok(())
}
