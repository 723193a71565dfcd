//! Stores of several machines, brought together.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use store::Merged;

use super::place::StoreArgs;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Brings other stores into a store",
    long_about = "Brings runs, studies and trials of other stores into a store. Doing it again changes nothing, \
        and the order does not matter. The same run with other results is a conflict: both stores are named, and \
        nothing of that store is merged.",
    after_help = "Examples:\n  descent runs merge shard-*.db --store all.db"
)]
pub(super) struct Merge {
    /// The stores to bring in
    #[arg(value_name = "STORE", required = true)]
    stores: Vec<PathBuf>,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Merge {
    pub(super) fn run(self) -> Result<(), Failure> {
        let from = self.stores.iter().map(|path| Ok((store::open_existing(path)?, path)));
        let from = from.collect::<Result<Vec<_>, Failure>>()?;
        let (into, into_path) = (self.place.open()?, self.place.path());
        for (store, path) in &from {
            let Merged { new_runs, same_runs, new_studies, new_trials } =
                store::merge((&*into, &into_path), (&**store, path))?;
            let shown = files::text::path(path);
            console::print(&match self.output.json {
                true => json!({
                    "schema": console::SCHEMA, "kind": "merge", "store": shown, "new_runs": new_runs,
                    "same_runs": same_runs, "new_studies": new_studies, "new_trials": new_trials,
                })
                .to_string(),
                false => format!(
                    "{shown}: {new_runs} new runs, {same_runs} that were there, {new_studies} new studies, \
                     {new_trials} new trials"
                ),
            })?;
        }
        Ok(())
    }
}
