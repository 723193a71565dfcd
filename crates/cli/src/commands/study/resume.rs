//! A study of a store that goes on.

use clap::Args;

use super::run::RunArgs;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Goes on with a study of a store by its name",
    long_about = "Goes on with a study that the store has, by its name: its file is not needed.",
    after_help = "Examples:\n  descent study resume rates\n  descent study resume rates --threads 2"
)]
pub(super) struct Resume {
    /// Name of the study
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    run: RunArgs,
}

impl Resume {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.run.place.open_existing()?;
        let (_, study) = super::stored(&*store, &self.name)?;
        self.run.go(&study, None, &*store)
    }
}
