//! Results of a study as far as they are known.

use std::path::{Path, PathBuf};

use clap::Args;
use lab::study::{Facts, Outcome, Study};

use super::Shown;
use crate::args::ReportArgs;
use crate::commands::runs::StoreArgs;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Shows what is known of a study so far",
    long_about = "Shows what a store knows of a study. Nothing is trained and no data are read.",
    after_help = "Examples:\n  descent study show rates\n  descent study show study.toml\n  \
        descent study show rates --html rates.html\n  descent study show rates --format latex"
)]
pub(super) struct Show {
    /// Name of the study, or its file
    #[arg(value_name = "NAME|FILE")]
    study: String,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: ReportArgs,
    /// Write the page of the study here: one file that makes no request
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Failure> {
        let wanted = self.output.wanted()?;
        let path = Path::new(&self.study);
        let is_file = path.extension().is_some_and(|extension| extension == "toml") || path.is_file();
        let page = |html: &PathBuf| super::named_page(html, &self.place, is_file.then_some(path));
        let page = self.html.as_ref().map(page).transpose()?;
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
        let shown = Shown { place: &self.place, study: &kept, outcome: &outcome, store: &*store };
        if let Some(file) = &page {
            shown.write(file)?;
            console::note(&format!("page: {}", files::text::path(file.path())));
        }
        shown.print(self.output.json(), wanted.as_ref())?;
        if !outcome.is_complete() {
            let command = super::resume_command(&kept, &self.place);
            console::note(&format!("the study is not complete; `{command}` goes on with it"));
        }
        Ok(())
    }
}
