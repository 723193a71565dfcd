//! A check of everything in a store.

use clap::Args;

use super::place::StoreArgs;
use crate::args::all_that_start;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Reads everything in a store and checks it",
    long_about = "Reads pages, indexes, rows and records of a store and checks them. Ends with code 65 and the first \
        fault if there is one.",
    after_help = "Examples:\n  descent runs check --store all.db"
)]
pub(super) struct Check {
    #[command(flatten)]
    place: StoreArgs,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.place.open_sqlite()?;
        let runs = all_that_start().run(|| store.check())?;
        Ok(console::print(&format!("{}: {runs} runs, all as they were written", files::text::path(&self.place.path())))?)
    }
}
