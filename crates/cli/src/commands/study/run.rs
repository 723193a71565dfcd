//! All runs of a study, or of a part of it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use files::Output;
use lab::store::Holder;
use lab::study::{Engine, Outcome, Position, Shard, Study};
use lab::tasks::Setup;
use lab::{Halt, Store};
use train::{Event, Task};

use super::Shown;
use super::progress::Progress;
use crate::args::{PlaceArgs, ReportArgs, ThreadsArgs, TuiArgs};
use crate::commands::runs::StoreArgs;
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;
use crate::tui::Screen;

#[derive(Args)]
#[command(
    about = "Runs a study, or goes on with it",
    long_about = "Runs all that is not known of a study and shows what may be concluded. Every run is kept in the store \
        as soon as it is finished: after an interruption the same command goes on, to the same bytes. Several \
        processes may run one study in one store; with --shard, machines with a store each do a part, and \
        `descent runs merge` brings the stores together.",
    after_help = "Examples:\n  descent study run study.toml\n  descent study run study.toml --store runs.db --threads 2\n  \
        descent study run study.toml --shard 2/4 --store part-2.db\n  descent study run study.toml --json"
)]
pub(super) struct Run {
    /// The study, a TOML file; `descent study new` prints one
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// Flags of a study that is run.
#[derive(Args)]
pub(in crate::commands) struct RunArgs {
    /// Do part I of N: cells are divided by their cost
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    pub(super) place: StoreArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    tui: TuiArgs,
    #[command(flatten)]
    output: ReportArgs,
    /// Write the page of the study here [default: results/study-NAME.html; none with --json or --shard]
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Data")]
    data: PlaceArgs,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Failure> {
        let study = super::open(&self.file)?;
        let store = self.run.place.open()?;
        self.run.go(&study, Some(&self.file), &*store)
    }
}

impl RunArgs {
    /// All parts of a study, in this store, with a page.
    pub(in crate::commands) fn new(
        place: StoreArgs,
        (threads, tui): (ThreadsArgs, TuiArgs),
        output: ReportArgs,
        html: PathBuf,
        data: PlaceArgs,
    ) -> RunArgs {
        RunArgs { shard: None, place, threads, tui, output, html: Some(html), data }
    }

    /// Runs a study in a store, and shows the outcome; `file` is the study's, if it is of one.
    pub(in crate::commands) fn go(
        &self,
        study: &Study,
        file: Option<&Path>,
        store: &dyn Store,
    ) -> Result<(), Failure> {
        self.tui.check()?;
        let (json, wanted) = (self.output.json(), self.output.wanted()?);
        let page = self.page(study, file)?;
        // A signal ends the program at once while data are fetched; a later fetch goes on from there.
        let tasks = self.tasks(study)?;
        let cores = tensor::parallel::cores();
        let threads = self.threads.given().or(study.threads).unwrap_or(cores).min(cores);
        let shard = self.shard.unwrap_or(Shard::WHOLE);
        let engine = Engine::new(study, &tasks, store)?.with_threads(threads).with_shard(shard);
        for (task, entry, warning) in engine.warnings() {
            console::note(&format!("warning: {task}, {entry}: {warning}"));
        }
        let stop = Stop::listen()?;
        let planned = engine.planned()?;
        let screen = self.tui.open(&format!("study {}", study.name), false, &stop)?;
        let keep_claims = || drop(lab::store::keep_claims(store));
        let progress =
            Progress::new(study, planned, json || screen.is_some()).on(screen.as_ref(), &keep_claims);
        let (stopped, told) = (AtomicBool::new(false), Once::new());
        let asked = || {
            let asked = stop.asked();
            stopped.fetch_or(asked, Ordering::Relaxed);
            asked
        };
        let watch = |position: &Position, event: &Event| {
            let word = progress.read(position, event);
            if asked() { ControlFlow::Break(Halt::All) } else { word }
        };
        let waiting = |holder: &Holder| {
            if !holder.is_of_this_process() {
                told.call_once(|| console::note(&format!("waiting for runs of {holder}")));
            }
            if asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let outcome = engine.run(&watch, &waiting)?;
        progress.finish();
        let ended = screen.map_or(Vec::new(), Screen::finish);
        let shown = Shown { place: &self.place, study, outcome: &outcome, store };
        let written = page.as_ref().map_or(Ok(()), |file| shown.write(file));
        shown.print(json, wanted.as_ref())?;
        written?;
        if let Some(file) = &page {
            console::note(&format!("page: {}", files::text::path(file.path())));
        }
        if let Some(code) = stop.code().filter(|_| stopped.into_inner() && !all_complete(&outcome)) {
            return Err(signaled(code, &super::resume_command(study, &self.place), &outcome));
        }
        if !ended.is_empty() {
            let hint = format!("`{}` trains what is missing", super::resume_command(study, &self.place));
            return Err(Failure::ended(&ended, hint));
        }
        part_done(shard, &outcome);
        Ok(())
    }

    /// The page that is named, or the usual one where nothing else than a table is asked for.
    fn page(&self, study: &Study, file: Option<&Path>) -> Result<Option<Output>, Failure> {
        if let Some(html) = &self.html {
            return super::named_page(html, &self.place, file).map(Some);
        }
        let is_usual = !self.output.json() && self.output.wanted()?.is_none() && self.shard.is_none();
        Ok(is_usual.then(|| super::usual_page(study)).flatten())
    }

    /// The tasks of a study with their data; tuning runs need validation examples.
    fn tasks(&self, study: &Study) -> Result<Vec<Task>, Failure> {
        let setup = Setup::new(|set| self.data.load(set));
        let mut setup = if study.tunes() { setup.with_validation() } else { setup };
        study.specs()?.iter().map(|spec| Ok(spec.build(&mut setup)?)).collect()
    }
}

fn all_complete(outcome: &Outcome) -> bool {
    outcome.cells.iter().all(|cell| cell.complete)
}

/// The end of a study that a signal stopped.
fn signaled(code: u8, command: &str, outcome: &Outcome) -> Failure {
    let done = outcome.cells.iter().filter(|cell| cell.complete).count();
    let message = format!(
        "stopped: {done} of {} cells are complete and all finished runs are kept; `{command}` goes on with them",
        outcome.cells.len(),
    );
    Failure::signal(code, message)
}

/// The next step after a part.
fn part_done(shard: Shard, outcome: &Outcome) {
    if shard != Shard::WHOLE && !outcome.is_complete() {
        console::note(&format!(
            "part {shard} is complete; bring the stores of all parts together with `descent runs merge`"
        ));
    }
}
