//! Cleaning of a store.

use clap::Args;
use serde_json::json;
use store::{Cleaned, Cleaning};

use super::place::StoreArgs;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::text::grouped;

#[derive(Args)]
#[command(
    about = "Ends claims of dead processes and gives free space back",
    long_about = "Ends claims whose process has ended or shows no life, and gives free space back to the disk. Runs \
        stay, unless --older-numbers says otherwise.",
    after_help = "Examples:\n  descent runs gc --dry-run\n  descent runs gc --older-numbers"
)]
pub(super) struct Gc {
    /// Also remove runs of older versions of the numbers that no study has: nothing asks for them again
    #[arg(long)]
    older_numbers: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Gc {
    pub(super) fn run(self) -> Result<(), Failure> {
        let cleaning = Cleaning { older_numbers: self.older_numbers, dry_run: self.dry_run };
        let path = self.place.sqlite()?;
        let store = match self.dry_run {
            true => store::Sqlite::open_existing(&path)?,
            // One that may not be written is refused before anything is looked for.
            false => store::Sqlite::open(&path)?,
        };
        let Cleaned { claims, runs, before, after } = store.clean(cleaning)?;
        console::print(&match self.output.json {
            true => json!({
                "schema": console::SCHEMA, "kind": "gc", "dry_run": self.dry_run, "claims": claims, "runs": runs,
                "bytes_before": before, "bytes_after": after,
            })
            .to_string(),
            false if self.dry_run => format!("would end {claims} claims and remove {runs} runs"),
            false => format!(
                "ended {claims} claims, removed {runs} runs\n{} bytes before, {} now",
                grouped(before),
                grouped(after)
            ),
        })?;
        Ok(())
    }
}
