//! Studies that are started from a page.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::store::Holder;
use lab::study::{Engine, Facts, Outcome, Position, Study};
use lab::{Comparison, Halt, Store};
use report::StudyParts;
use report::document::Format;
use serde_json::{Value, json};
use train::{Event, Task};

use crate::numbers::number;
use crate::problem::Problem;
use crate::run::Status;
use crate::session::Session;

/// Time between two changes that pages are told.
const TOLD: Duration = Duration::from_millis(100);

/// A study of this process.
#[derive(Debug)]
pub(crate) struct StudyRun {
    pub(crate) id: u64,
    pub(crate) study: Study,
    is_stopped: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    status: Status,
    trouble: Option<(String, String)>,
    revision: u64,
    /// Runs that are over, and those that are planned.
    runs: usize,
    planned: usize,
    /// Fraction of the work that is done.
    fraction: f64,
    /// Cost that is done, of all.
    done: f64,
    cost: f64,
    /// The run that was last heard of.
    what: String,
    told: Instant,
}

impl StudyRun {
    pub(crate) fn new(id: u64, study: Study) -> StudyRun {
        let state = State {
            status: Status::Loading,
            trouble: None,
            revision: 1,
            runs: 0,
            planned: 0,
            fraction: 0.0,
            done: 0.0,
            cost: 1.0,
            what: String::new(),
            told: Instant::now(),
        };
        StudyRun { id, study, is_stopped: AtomicBool::new(false), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().status.is_over()
    }

    /// Stops it after the batches under way; finished runs are in the store.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.is_stopped.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// All that pages are told, with the number of its version.
    pub(crate) fn told(&self) -> (u64, Value) {
        let State { status, trouble, revision, runs, planned, fraction, what, .. } = &*self.state();
        let value = json!({
            "id": self.id,
            "name": self.study.name,
            "status": status,
            "is_over": status.is_over(),
            "error": trouble.as_ref().map(|(error, _)| error),
            "hint": trouble.as_ref().map(|(_, hint)| hint),
            "runs": runs,
            "planned": planned,
            "fraction": number(*fraction),
            "what": what,
        });
        (*revision, value)
    }

    /// The page of the study, as far as it is known.
    pub(crate) fn page(&self, store: &dyn Store) -> Result<String, Problem> {
        let outcome = Outcome::of_store(&self.study, &Facts::of_registry(&self.study)?, store)?;
        let mut runs = Vec::new();
        for task in 0..outcome.tasks.len() {
            for ruleset in 0..outcome.rulesets.len() {
                runs.push(Comparison::of_study(&outcome, (task, ruleset), store, String::new())?);
            }
        }
        let command = format!("descent study resume '{}'", self.study.name.replace('\'', r"'\''"));
        let parts = StudyParts { study: &self.study, outcome: &outcome, runs: &runs, command: &command };
        Ok(report::study_document(&parts).render(Format::Html))
    }

    /// Takes note of an event of a run; true if pages are to be told.
    fn read(&self, Position { cell, run, cost, .. }: &Position, event: &Event) -> bool {
        let mut state = self.state();
        match event {
            Event::RunStarted { .. } => {
                state.what = report::prose::study::run(&self.study.cell_name(*cell), *run);
            }
            Event::RunFinished { .. } => {
                state.runs += 1;
                state.done += cost;
                state.fraction = (state.done / state.cost).min(1.0);
            }
            Event::Progress { .. } | Event::Evaluated { .. } => return false,
        }
        let is_due = state.told.elapsed() >= TOLD;
        if is_due {
            state.told = Instant::now();
            state.revision += 1;
        }
        is_due
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.revision += 1;
    }
}

/// Starts the thread of a study.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn start(
    session: &Arc<Session>,
    study: &Arc<StudyRun>,
) -> std::io::Result<thread::JoinHandle<()>> {
    let (session, study) = (session.clone(), study.clone());
    thread::Builder::new().name(format!("study-{}", study.id)).spawn(move || {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&session, &study)));
        let mistake =
            || Problem::failed("the study ended by a mistake of the program", "the terminal has its place");
        match ended.unwrap_or_else(|_| Err(mistake())) {
            Ok(status) => study.change(|state| state.status = status),
            Err(Problem { error, hint, .. }) => {
                study.change(|state| (state.status, state.trouble) = (Status::Failed, Some((error, hint))));
            }
        }
        session.tell();
    })
}

fn run(session: &Session, study: &StudyRun) -> Result<Status, Problem> {
    let setup = session.setup();
    let mut setup = if study.study.tunes() { setup.with_validation() } else { setup };
    let specs = study.study.specs()?;
    let tasks =
        specs.iter().map(|spec| Ok(spec.build(&mut setup)?)).collect::<Result<Vec<Task>, Problem>>()?;
    let store = session.store_of_studies();
    let threads = study.study.threads.unwrap_or(session.threads).min(session.threads);
    let engine = Engine::new(&study.study, &tasks, &*store)?.with_threads(threads);
    let planned = engine.planned()?;
    study.change(|state| {
        state.status = Status::Running;
        (state.runs, state.planned) = (planned.known_runs, planned.runs);
        (state.done, state.cost) = (planned.known_cost, planned.cost.max(f64::MIN_POSITIVE));
        state.fraction = planned.known_cost / state.cost;
    });
    session.tell();
    let watch = |position: &Position, event: &Event| {
        if study.read(position, event) {
            session.tell();
        }
        match study.flow() {
            ControlFlow::Break(()) => ControlFlow::Break(Halt::All),
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
        }
    };
    let waiting = |holder: &Holder| {
        study.change(|state| state.what = format!("waiting for runs of {holder}"));
        session.tell();
        study.flow()
    };
    let outcome = engine.run(&watch, &waiting)?;
    if !outcome.is_complete() {
        return Ok(Status::Stopped);
    }
    // What halving and early choices saved is not missing.
    study.change(|state| (state.fraction, state.what) = (1.0, String::new()));
    Ok(Status::Finished)
}
