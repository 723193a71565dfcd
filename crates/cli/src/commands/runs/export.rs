//! Runs as files for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use files::Output;

use super::filter::FilterArgs;
use super::place::StoreArgs;
use crate::args::all_that_start;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Writes runs as CSV or as JSON lines",
    long_about = "Writes runs as CSV, a row for each point of the training curve and each evaluation, or as JSON \
        lines, the whole record of a run in each, which `descent runs import` reads again bit for bit.",
    after_help = "Examples:\n  descent runs export jsonl > runs.jsonl\n  \
        descent runs export csv --study rates --out rates.csv"
)]
pub(super) struct Export {
    /// The format
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    place: StoreArgs,
}

#[derive(ValueEnum, Clone, Copy)]
enum Format {
    Csv,
    Jsonl,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        let output = self.out.as_ref().map(|path| Output::claim(path, "--out")).transpose()?;
        if let Some(output) = &output {
            output.differs_from(&self.place.path(), "--store")?;
        }
        let store = self.place.open_existing()?;
        let records = all_that_start().run(|| store.records(&self.filter.filter()))?;
        let text = match self.format {
            Format::Csv => report::csv(&records),
            Format::Jsonl => report::jsonl(&records),
        };
        match output {
            Some(output) => {
                output.commit(text.as_bytes())?;
                console::note(&format!("{} runs in {}", records.len(), files::text::path(output.path())));
                Ok(())
            }
            None if text.is_empty() => Ok(()),
            None => Ok(console::print(&text)?),
        }
    }
}
