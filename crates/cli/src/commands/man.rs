//! Man pages.

use std::path::PathBuf;

use clap::Args;

use super::Command;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Writes man pages, one for each command",
    long_about = None,
    after_help = "Examples:\n  descent man ~/.local/share/man/man1\n  man descent-compare"
)]
pub(crate) struct Man {
    /// Folder for the pages
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Command for Man {
    const NAME: &'static str = "man";

    fn run(self) -> Result<(), Failure> {
        files::claim_folder(&self.folder, "DIR")?;
        let mut command = crate::command().disable_help_subcommand(true);
        command.build();
        let mut pages = Vec::new();
        collect(&command, &mut pages)?;
        for (name, page) in &pages {
            files::atomic_write(&self.folder.join(name), page)?;
        }
        let place = files::text::path(&self.folder);
        console::note(&format!("{} pages in {place}", pages.len()));
        Ok(())
    }
}

/// The page of a command and those of its subcommands: names of files and their content.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let page = clap_mangen::Man::new(command.clone());
    let mut bytes = Vec::new();
    page.render(&mut bytes)?;
    pages.push((page.get_filename(), bytes));
    command.get_subcommands().filter(|found| !found.is_hide_set()).try_for_each(|found| collect(found, pages))
}
