//! Live progress of a study: all of its runs, and the time that they will take.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::study::{Phase, Planned, Position, Study};
use train::Event;

use crate::console;

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
            let style = ProgressStyle::with_template("  {wide_bar} {msg}").expect("the template is right");
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
        Progress { study, planned, quiet, bar, state: Mutex::new(state) }
    }

    /// Reads an event of a run.
    pub(super) fn read(&self, position: &Position, event: &Event) {
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
        let line = format!(
            "{} of {} runs, {}; {}",
            state.runs,
            self.planned.runs,
            time_left(seconds),
            what(self.study, position)
        );
        match &self.bar {
            Some(bar) => {
                let share = (state.known + trained) / self.planned.cost;
                bar.set_position((STEPS * share.clamp(0.0, 1.0)) as u64);
                bar.set_message(line);
            }
            None => console::note(&line),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `about 40 s left`, `about 12 min left`.
fn time_left(seconds: f64) -> String {
    match seconds {
        _ if !seconds.is_finite() => "time left not known yet".to_string(),
        0.0..100.0 => format!("about {seconds:.0} s left"),
        100.0..6000.0 => format!("about {:.0} min left", seconds / 60.0),
        _ => format!("about {:.1} h left", seconds / 3600.0),
    }
}

/// `simplenn/lr/adam trial 3, seed 1`.
fn what(study: &Study, Position { cell, run, .. }: &Position) -> String {
    let name = files::text::name(&study.cell_name(*cell));
    let seed = run.seed % lab::study::TUNING_SEEDS_FROM;
    match (run.phase, run.trial) {
        (Phase::Reporting, _) | (_, None) => {
            format!("{name} {}, seed {seed}", report::prose::study::phase(run.phase))
        }
        (phase, Some(trial)) => format!("{name} {} {trial}, seed {seed}", report::prose::study::phase(phase)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_unit_that_fits() {
        for (seconds, text) in [
            (0.4, "about 0 s left"),
            (99.0, "about 99 s left"),
            (300.0, "about 5 min left"),
            (7200.0, "about 2.0 h left"),
            (f64::NAN, "time left not known yet"),
            (f64::INFINITY, "time left not known yet"),
        ] {
            assert_eq!(time_left(seconds), text);
        }
    }
}
