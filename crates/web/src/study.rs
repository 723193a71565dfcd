//! A study as pages see and control it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lab::study::{Facts, Outcome, Position, Study};
use lab::{Comparison, Store};
use report::StudyParts;
use report::document::Format;
use serde_json::{Value, json};
use train::Event;

use crate::numbers::number;
use crate::problem::Problem;
use crate::run::Status;

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

/// State of a study.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) trouble: Option<(String, String)>,
    revision: u64,
    /// Runs that are over, and those that are planned.
    pub(crate) runs: usize,
    pub(crate) planned: usize,
    /// Fraction of the work that is done.
    pub(crate) fraction: f64,
    /// Cost that is done, of all.
    pub(crate) done: f64,
    pub(crate) cost: f64,
    /// The run that was last heard of.
    pub(crate) what: String,
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

    pub(crate) fn flow(&self) -> ControlFlow<()> {
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
    pub(crate) fn read(&self, Position { cell, run, cost, .. }: &Position, event: &Event) -> bool {
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

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.revision += 1;
    }
}
