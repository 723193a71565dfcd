//! A check of everything in a store.

use clap::Args;
use lab::store::Filter;

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
        let path = self.place.path();
        // Of JSON lines, every line is checked when they are opened.
        let runs = match store::is_json_lines(&path) {
            true => self.place.open_existing()?.list(&Filter::default())?.len(),
            false => {
                let store = store::Sqlite::open_existing(&self.place.sqlite()?)?;
                all_that_start().run(|| store.check())?
            }
        };
        Ok(console::print(&format!("{}: {runs} runs, all as they were written", files::text::path(&path)))?)
    }
}
