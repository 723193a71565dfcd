//! Results of a study as far as they are known.

use std::path::Path;

use clap::Args;
use lab::study::{Facts, Outcome, Study};

use crate::args::OutputArgs;
use crate::commands::runs::StoreArgs;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Shows what is known of a study so far",
    long_about = "Shows what a store knows of a study. Nothing is trained and no data are read.",
    after_help = "Examples:\n  descent study show rates\n  descent study show study.toml\n  \
        descent study show rates --json"
)]
pub(super) struct Show {
    /// Name of the study, or its file
    #[arg(value_name = "NAME|FILE")]
    study: String,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Failure> {
        let path = Path::new(&self.study);
        let is_file = path.extension().is_some_and(|extension| extension == "toml") || path.is_file();
        let asked = is_file.then(|| super::open(path)).transpose()?;
        let store = self.place.open_existing()?;
        let name = asked.as_ref().map_or(self.study.as_str(), |study| study.name.as_str());
        let (_, kept) = super::stored(&*store, name)?;
        if let Some(asked) = asked {
            // Threads change no result.
            let asked = Study { threads: None, ..asked };
            let differences = lab::store::line_differences(&kept.to_toml(), &asked.to_toml());
            if !differences.is_empty() {
                return Err(lab::store::Error::Changed { name: asked.name, differences }.into());
            }
        }
        let outcome = Outcome::of_store(&kept, &Facts::of_registry(&kept)?, &*store)?;
        super::show_outcome(&outcome, self.output.json)?;
        if !outcome.is_complete() {
            console::note("the study is not complete; `descent study resume` goes on with it");
        }
        Ok(())
    }
}
