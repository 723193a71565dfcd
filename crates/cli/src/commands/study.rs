//! Studies: run, go on with, and show them.

mod flags;
mod list;
mod new;
mod progress;
mod resume;
mod run;
mod show;
mod submit;

use std::path::Path;

use clap::{Args, Subcommand};
use files::{Output, text};
use lab::store::StudyText;
use lab::study::{Outcome, Study};
use lab::{Comparison, Store};
use report::StudyParts;
use report::document::{Document, Format};

pub(in crate::commands) use flags::{entries, names};
pub(in crate::commands) use run::RunArgs;

use super::Command;
use super::runs::StoreArgs;
use crate::args::Wanted;
use crate::console;
use crate::failure::Failure;
use crate::shell;

#[derive(Args)]
#[command(
    about = "Tunes optimizers alike on several tasks and says what may be concluded",
    long_about = "Runs studies: every optimizer has the same number of trials on validation examples, the best settings \
        run again on fresh seeds, and only then are test examples read. A study is a TOML file; its runs are in a \
        store, so that it goes on after an interruption and costs nothing when it is asked for again.",
    after_help = "Examples:\n  descent study new > study.toml\n  descent study run study.toml\n  \
        descent study show study.toml\n  descent study run study.toml --shard 1/4 --store part-1.db",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct StudyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Run(run::Run),
    Resume(resume::Resume),
    Show(show::Show),
    List(list::List),
    New(new::New),
    Submit(submit::Submit),
}

impl Command for StudyCommand {
    const NAME: &'static str = "study";

    fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Run(run) => run.run(),
            Action::Resume(resume) => resume.run(),
            Action::Show(show) => show.run(),
            Action::List(list) => list.run(),
            Action::New(new) => new.run(),
            Action::Submit(submit) => submit.run(),
        }
    }
}

/// The most bytes of a study's file.
const MOST: u64 = 1 << 20;

/// Reads the file of a study; without one of this name, the study that the program registered under it.
fn open(path: &Path) -> Result<Study, Failure> {
    if let Some(study) = path.to_str().filter(|_| !path.exists()).and_then(lab::study::registered) {
        return Ok(study);
    }
    let bytes = files::read(path, MOST)?;
    let shown = text::path(path);
    let content = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Failure::bad_data(
            format!("{shown}: expected text in UTF-8, found other bytes at {place}"),
            "save it as UTF-8",
        )
    })?;
    content.parse::<Study>().map_err(|fault| Failure::bad_data(format!("{shown}: {fault}"), fault.hint))
}

/// Keeps a study in the folder that a flag named. Another one that is there stays, and `other` says why it is refused.
pub(in crate::commands) fn keep(
    path: &Path,
    text: &str,
    flag: &str,
    other: impl FnOnce(&str) -> Failure,
) -> Result<(), Failure> {
    match files::read(path, MOST) {
        Ok(kept) if kept == text.as_bytes() => Ok(()),
        Ok(kept) => Err(other(&String::from_utf8_lossy(&kept))),
        Err(error) if error.kind() == files::Kind::Missing => {
            Ok(files::atomic_write(path, text.as_bytes()).map_err(|error| error.with_flag(flag))?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The study of this name in a store.
fn stored(store: &dyn Store, name: &str) -> Result<(StudyText, Study), Failure> {
    let found = store.study(name)?;
    let Some(kept) = found else {
        let studies = store.studies()?;
        let names: Vec<&str> = studies.iter().map(|study| study.name.as_str()).collect();
        let near = text::nearest(name, &names).map(str::to_string);
        let unknown = lab::store::Error::Unknown { kind: "study", name: name.to_string(), near };
        return Err(unknown.into());
    };
    let study = parsed(&kept)?;
    Ok((kept, study))
}

/// A study as it was when the store took it.
fn parsed(kept: &StudyText) -> Result<Study, Failure> {
    kept.text.parse::<Study>().map_err(|fault| {
        Failure::bad_data(
            format!("study `{}` of the store: {fault}", text::name(&kept.name)),
            "it was kept by another version, or a program added tasks to it: use that one",
        )
    })
}

/// An outcome on its way to a reader.
struct Shown<'s> {
    place: &'s StoreArgs,
    study: &'s Study,
    outcome: &'s Outcome,
    store: &'s dyn Store,
}

impl Shown<'_> {
    /// Prints tables for a person, JSON, or the form that was asked for.
    fn print(&self, json: bool, wanted: Option<&Wanted>) -> Result<(), Failure> {
        if let Some(wanted) = wanted {
            return Ok(console::print(&wanted.render(&self.document()?)?)?);
        }
        if json {
            let mut value = serde_json::to_value(self.outcome).expect("plain data");
            value["kind"] = "study".into();
            return Ok(console::print(&value.to_string())?);
        }
        Ok(console::print(&report::study_table(self.outcome, console::width(), report::Style::Ansi))?)
    }

    /// Writes the page.
    fn write(&self, file: &Output) -> Result<(), Failure> {
        Ok(file.commit(self.document()?.render(Format::Html).as_bytes())?)
    }

    fn document(&self) -> Result<Document, Failure> {
        let Shown { place, study, outcome, store } = *self;
        let mut runs = Vec::new();
        for task in 0..outcome.tasks.len() {
            for ruleset in 0..outcome.rulesets.len() {
                runs.push(Comparison::of_study(outcome, (task, ruleset), store, String::new())?);
            }
        }
        let command = resume_command(study, place);
        Ok(report::study_document(&StudyParts { study, outcome, runs: &runs, command: &command }))
    }
}

/// The command that goes on with a study.
fn resume_command(study: &Study, place: &StoreArgs) -> String {
    let is_plain = study.name.chars().all(|c| c.is_alphanumeric() || "-_.=".contains(c));
    let name = if is_plain { study.name.clone() } else { shell::quoted(&study.name) };
    format!("descent study resume {name}{}", place.flag())
}

/// The page that --html names. It takes the place of neither the store nor the file of the study.
fn named_page(html: &Path, place: &StoreArgs, file: Option<&Path>) -> Result<Output, Failure> {
    let page = Output::claim(html, "--html")?;
    place.spared_by(&page)?;
    file.map_or(Ok(()), |file| page.differs_from(file, "FILE"))?;
    Ok(page)
}

/// The page of a study that is run where none is named, `results/study-NAME.html`; the study runs without it too.
fn usual_page(study: &Study) -> Option<Output> {
    let folder = Path::new("results");
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = study.name.chars().map(plain).collect();
    let path = folder.join(format!("study-{name}.html"));
    let claimed = crate::folders::make(folder).and_then(|()| Ok(Output::claim(&path, "--html")?));
    if claimed.is_err() {
        console::note(&format!("no page is written: cannot create {}", text::path(&path)));
    }
    claimed.ok()
}
