//! Live progress of a study: all of its runs, and the time that they will take.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::Halt;
use lab::study::{Planned, Position, Study};
use train::{Event, RunInfo};

use crate::console;
use crate::text::time_left;
use crate::tui::{Label, Part, Screen};

/// Between two plain lines.
const QUIET: Duration = Duration::from_secs(5);

/// Between two updates of the bar.
const REDRAW: Duration = Duration::from_millis(100);

/// Steps of the bar.
const STEPS: f64 = 10_000.0;

/// Shows how many runs are over, what is under way, and how long the rest will take.
pub(super) struct Progress<'s> {
    study: &'s Study,
    planned: Planned,
    quiet: bool,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
    /// A screen that shows all this instead, and what is done every few seconds while its reader has paused.
    screen: Option<(&'s Screen, &'s (dyn Fn() + Sync))>,
}

struct State {
    /// The start of the first run: reading data before it says nothing of the pace.
    first: Option<Instant>,
    /// Runs that are over, those that were known too.
    runs: usize,
    /// Cost of what was known.
    known: f64,
    /// Cost of what was trained.
    trained: f64,
    /// Runs under way by worker: batches so far and in all, and their cost.
    under_way: Vec<Option<UnderWay>>,
    told: Instant,
}

#[derive(Clone, Copy)]
struct UnderWay {
    batches: u64,
    total: u64,
    cost: f64,
}

impl<'s> Progress<'s> {
    /// Of a study with this work; `quiet` shows nothing.
    pub(super) fn new(study: &'s Study, planned: Planned, quiet: bool) -> Progress<'s> {
        let bar = (console::is_live() && !quiet).then(|| {
            let style = ProgressStyle::with_template("  {wide_bar} {prefix}\n  {wide_msg}")
                .expect("the template is right");
            let bar = ProgressBar::with_draw_target(Some(STEPS as u64), ProgressDrawTarget::stderr());
            bar.with_style(style)
        });
        let state = State {
            first: None,
            runs: planned.known_runs,
            known: planned.known_cost,
            trained: 0.0,
            under_way: vec![None; planned.workers.max(1)],
            told: Instant::now(),
        };
        Progress { study, planned, quiet, bar, state: Mutex::new(state), screen: None }
    }

    /// The same on a screen, if there is one; `meanwhile` is called every few seconds of a pause.
    pub(super) fn on(self, screen: Option<&'s Screen>, meanwhile: &'s (dyn Fn() + Sync)) -> Progress<'s> {
        if let Some(screen) = screen {
            let Planned { runs, cost, known_runs, known_cost, .. } = self.planned;
            screen.begin(Part { name: String::new(), runs, work: cost, known: (known_runs, known_cost) });
        }
        Progress { screen: screen.map(|screen| (screen, meanwhile)), ..self }
    }

    /// Reads an event of a run, and says if the reader of the screen has ended it.
    pub(super) fn read(&self, position: &Position, event: &Event) -> ControlFlow<Halt> {
        let Some((screen, meanwhile)) = self.screen else {
            self.tell_event(position, event);
            return ControlFlow::Continue(());
        };
        let label = |run: &RunInfo| Label {
            name: what(self.study, position),
            // Trials see validation examples, and reported runs the test examples.
            group: format!(
                "{} {}s",
                files::text::name(&run.task),
                report::prose::study::phase(position.run.phase)
            ),
            look: position.cell.entry,
            work: position.cost,
        };
        screen.read(position.worker, &label, event, meanwhile)
    }

    fn tell_event(&self, position: &Position, event: &Event) {
        if self.quiet {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = position.worker + 1;
        if state.under_way.len() < slots {
            state.under_way.resize(slots, None);
        }
        match event {
            Event::RunStarted { run, .. } => {
                state.first.get_or_insert_with(Instant::now);
                let total = run.total_batches().max(1);
                state.under_way[position.worker] = Some(UnderWay { batches: 0, total, cost: position.cost });
            }
            Event::Progress { batches, .. } => {
                if let Some(run) = &mut state.under_way[position.worker] {
                    run.batches = *batches;
                }
            }
            Event::Evaluated { .. } => return,
            Event::RunFinished { .. } => {
                let trained = state.under_way[position.worker].take().is_some_and(|run| run.batches > 0);
                *(if trained { &mut state.trained } else { &mut state.known }) += position.cost;
                state.runs += 1;
            }
        }
        let due = if self.bar.is_some() { REDRAW } else { QUIET };
        if state.told.elapsed() >= due {
            state.told = Instant::now();
            self.tell(&state, position);
        }
    }

    fn tell(&self, state: &State, position: &Position) {
        let under_way = state.under_way.iter().flatten();
        let begun: f64 = under_way.map(|run| run.cost * run.batches as f64 / run.total as f64).sum();
        let trained = state.trained + begun;
        let left = (self.planned.cost - state.known - trained).max(0.0);
        // The first batches are slower than the rest: a pace needs a whole run.
        let pace =
            state.first.filter(|_| state.trained > 0.0).map(|first| first.elapsed().as_secs_f64() / trained);
        let seconds = pace.map_or(f64::NAN, |pace| pace * left);
        let runs = format!("{} of {} runs, {}", state.runs, self.planned.runs, time_left(seconds));
        let what = what(self.study, position);
        match &self.bar {
            Some(bar) => {
                let share = (state.known + trained) / self.planned.cost;
                bar.set_position((STEPS * share.clamp(0.0, 1.0)) as u64);
                bar.set_prefix(runs);
                bar.set_message(what);
            }
            None => console::note(&format!("{runs}; {what}")),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `simplenn/lr/adam trial 3, seed 1`.
fn what(study: &Study, Position { cell, run, .. }: &Position) -> String {
    report::prose::study::run(&files::text::name(&study.cell_name(*cell)), *run)
}
