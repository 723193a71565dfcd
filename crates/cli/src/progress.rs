//! Live progress of one or many runs: bars on a terminal, plain lines elsewhere.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::run_matrix::RunId;
use train::Training;

use crate::console;

/// Between two plain lines of a run that is under way.
const QUIET: Duration = Duration::from_secs(5);

/// Between two updates of a bar.
const REDRAW: Duration = Duration::from_millis(100);

/// Shows what runs, at which epoch and loss, how fast, and how long all will take.
pub(crate) struct Progress {
    /// Updates in all runs together, and those made.
    total: u64,
    done: AtomicU64,
    start: Instant,
    /// Number of runs, and of those that are over.
    runs: usize,
    over: AtomicU64,
    live: Option<(ProgressBar, Vec<ProgressBar>)>,
    /// When each worker last told something.
    told: Vec<Mutex<Instant>>,
}

impl Progress {
    /// For these many runs of `steps` updates in all, `workers` at a time; `quiet` shows nothing.
    pub(crate) fn new(runs: usize, steps: u64, workers: usize, quiet: bool) -> Progress {
        let start = Instant::now();
        let live = (console::is_live() && !quiet).then(|| bars(workers));
        if let Some((all, _)) = &live {
            all.set_length(steps);
        }
        let told = (0..workers).map(|_| Mutex::new(start)).collect();
        Progress { total: steps, done: AtomicU64::new(0), start, runs, over: AtomicU64::new(0), live, told }
    }

    /// Tells of an update of a run called `name`.
    pub(crate) fn step(&self, name: impl Display, place: RunId, training: &Training<'_>, quiet: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let over = training.is_over();
        if over {
            self.over.fetch_add(1, Ordering::Relaxed);
            // A diverged run skips what was left of it.
            self.done.fetch_add(training.total_steps() - training.progress().steps, Ordering::Relaxed);
        }
        if quiet {
            return;
        }
        let mut told = self.told[place.worker].lock().expect("no thread panicked");
        let due = if self.live.is_some() { REDRAW } else { QUIET };
        if !over && told.elapsed() < due {
            return;
        }
        *told = Instant::now();
        let line = describe(&name, training);
        match &self.live {
            Some((all, workers)) => {
                all.set_position(done);
                all.set_message(format!("{} of {} runs", self.over.load(Ordering::Relaxed), self.runs));
                workers[place.worker].set_message(line);
            }
            None => console::note(&format!("{line}; {}", self.left())),
        }
    }

    /// Runs that are over, and the time that the others will take.
    fn left(&self) -> String {
        let (done, over) = (self.done.load(Ordering::Relaxed), self.over.load(Ordering::Relaxed));
        let seconds =
            self.start.elapsed().as_secs_f64() * (self.total.saturating_sub(done)) as f64 / done as f64;
        format!("{over} of {} runs done, about {seconds:.0} s left", self.runs)
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        if let Some((all, workers)) = &self.live {
            workers.iter().for_each(ProgressBar::finish_and_clear);
            all.finish_and_clear();
        }
    }
}

fn bars(workers: usize) -> (ProgressBar, Vec<ProgressBar>) {
    let style = |template| ProgressStyle::with_template(template).expect("the template is right");
    let board = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let workers =
        (0..workers).map(|_| board.add(ProgressBar::no_length().with_style(style("  {msg}")))).collect();
    let all = board.add(ProgressBar::new(0).with_style(style("  {wide_bar} {msg}, {eta} left")));
    (all, workers)
}

/// `adam seed 3: epoch 2 of 5, loss 0.1532, 210k images/s`.
fn describe(name: &impl Display, training: &Training<'_>) -> String {
    let progress = training.progress();
    let per_epoch = training.steps_per_epoch();
    let epochs = training.total_steps() / per_epoch;
    let rate = progress.examples as f64 / progress.seconds;
    let head = format!("{name} seed {}", training.seed());
    if training.is_over() {
        let record = training.record();
        let loss = record.final_train_loss().unwrap_or(f64::NAN);
        return match record.final_metric() {
            Some(score) => {
                let metric = record.task.metric;
                let score = match metric.is_fraction() {
                    true => format!("{:.2}%", 100.0 * score),
                    false => format!("{score:.4}"),
                };
                format!("{head}: loss {loss:.4}, {} {score}, {:.1} s", metric.name(), progress.seconds)
            }
            None => format!("{head}: diverged at update {}", progress.steps),
        };
    }
    let epoch = progress.steps / per_epoch + 1;
    let speed =
        if progress.examples > 0 { format!(", {:.0}k examples/s", rate / 1e3) } else { String::new() };
    format!("{head}: epoch {epoch} of {epochs}, loss {:.4}{speed}", progress.last_loss)
}
