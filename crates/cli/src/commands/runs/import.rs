//! Records from files into a store.

use std::path::PathBuf;

use clap::Args;
use lab::store::Put;
use serde_json::json;

use super::place::StoreArgs;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;

/// The longest file that is read: 2 GiB.
const MAX: u64 = 2 << 30;

/// Files that can be imported, for hints.
const RECORDS: &str = "give results.jsonl of a comparison, or a file of `descent runs export jsonl`";

#[derive(Args)]
#[command(
    about = "Brings records from files into a store",
    long_about = "Brings records into a store: results.jsonl of a comparison, or what `descent runs export jsonl` \
        wrote, by this version or an older one. What is there already stays as it is. Of a file, all runs are \
        kept, or with an error none.",
    after_help = "Examples:\n  descent runs import results/compare-mnist-1/results.jsonl\n  \
        descent runs import old/*.jsonl --store all.db"
)]
pub(super) struct Import {
    /// Files of records, one JSON object a line
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        // All files are read before the first one is kept.
        let mut read = Vec::new();
        for path in &self.files {
            let bytes = files::read(path, MAX)?;
            let shown = files::text::path(path);
            if let Some(found) = files::sniff(&bytes).filter(|_| !bytes.is_empty()) {
                let hint = match found {
                    files::SQLITE => "`descent runs merge` brings stores together",
                    _ => RECORDS,
                };
                return Err(Failure::bad_data(format!("{shown}: expected JSON lines, found {found}"), hint));
            }
            let text = String::from_utf8(bytes).map_err(|_| {
                Failure::bad_data(format!("{shown}: expected JSON lines, found no text"), RECORDS)
            })?;
            let records = report::parse_jsonl(&text)
                .map_err(|error| Failure::bad_data(format!("{shown}: {error}"), RECORDS))?;
            read.push((path, shown, records));
        }
        let store = self.place.open()?;
        let into = self.place.path();
        for (path, shown, records) in read {
            let puts = store.put_all(&records).map_err(|error| error.between(path, &into))?;
            let new = puts.iter().filter(|put| **put == Put::New).count();
            let same = puts.len() - new;
            console::print(&match self.output.json {
                true => json!({
                    "schema": console::SCHEMA, "kind": "import", "file": shown, "new": new, "same": same,
                })
                .to_string(),
                false => format!("{shown}: {new} new runs, {same} that were there"),
            })?;
        }
        Ok(())
    }
}
