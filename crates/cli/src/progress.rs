//! Live progress of one or many runs, read from their events: bars on a terminal, plain lines elsewhere.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::Halt;
use lab::run_matrix::RunId;
use train::{Event, Record, RunInfo};

use crate::console;
use crate::text;
use crate::tui::{Label, Part, Screen};

/// Between two plain lines of a run that is under way.
const QUIET: Duration = Duration::from_secs(5);

/// Between two updates of a bar.
const REDRAW: Duration = Duration::from_millis(100);

/// Shows what runs, at which epoch and loss, how fast, and how long all will take.
pub(crate) struct Progress<'s> {
    /// Batches in all runs together, and those done.
    total: u64,
    done: AtomicU64,
    start: Instant,
    /// Number of runs, and of those that are over.
    runs: usize,
    over: AtomicU64,
    quiet: bool,
    live: Option<(ProgressBar, Vec<ProgressBar>)>,
    workers: Vec<Mutex<Worker>>,
    /// Names of the recipes; those of their optimizers where there are none.
    names: Vec<String>,
    /// A screen that shows all this instead.
    screen: Option<&'s Screen>,
    /// Called now and then while the reader of the screen has paused.
    meanwhile: &'s (dyn Fn() + Sync),
}

/// The run of a worker.
struct Worker {
    run: Option<RunInfo>,
    /// Batches done before and after its last event.
    batches: u64,
    told: Instant,
}

impl<'s> Progress<'s> {
    /// For these many runs of `batches` in all, `workers` at a time; `quiet` shows nothing.
    pub(crate) fn new(runs: usize, batches: u64, workers: usize, quiet: bool) -> Progress<'s> {
        let start = Instant::now();
        let live = (console::is_live() && !quiet).then(|| bars(workers));
        if let Some((all, _)) = &live {
            all.set_length(batches);
        }
        let idle = || Mutex::new(Worker { run: None, batches: 0, told: start });
        let workers = (0..workers).map(|_| idle()).collect();
        let (done, over) = (AtomicU64::new(0), AtomicU64::new(0));
        let (names, screen, meanwhile) = (Vec::new(), None, &|| ());
        Progress { total: batches, done, start, runs, over, quiet, live, workers, names, screen, meanwhile }
    }

    /// The same with a name for each recipe.
    pub(crate) fn with_names(self, names: Vec<String>) -> Progress<'s> {
        Progress { names, ..self }
    }

    /// The same on a screen, if there is one, as a part of its work with this name and number of batches, those of an
    /// earlier process too.
    pub(crate) fn on(self, screen: Option<&'s Screen>, part: &str, batches: u64) -> Progress<'s> {
        if let Some(screen) = screen {
            let (name, work) = (part.to_string(), batches as f64);
            screen.begin(Part { name, runs: self.runs, work, known: (0, 0.0) });
        }
        Progress { screen, ..self }
    }

    /// The same with something that is done every few seconds of a pause.
    pub(crate) fn meanwhile(self, meanwhile: &'s (dyn Fn() + Sync)) -> Progress<'s> {
        Progress { meanwhile, ..self }
    }

    fn name<'p>(&'p self, id: RunId, optimizer: &'p str) -> &'p str {
        self.names.get(id.recipe).map_or(optimizer, String::as_str)
    }

    /// Reads an event of a run, and says if the reader of the screen has ended it.
    pub(crate) fn read(&self, id: RunId, event: &Event) -> ControlFlow<Halt> {
        let names =
            |run: &RunInfo| (format!("{} seed {}", self.name(id, &run.optimizer), run.seed), String::new());
        self.read_as(id, &names, event)
    }

    /// The same of a run with this name, and on the screen the name of those that share its picture.
    pub(crate) fn read_as(
        &self,
        id: RunId,
        names: &dyn Fn(&RunInfo) -> (String, String),
        event: &Event,
    ) -> ControlFlow<Halt> {
        let Some(screen) = self.screen else {
            self.tell_event(id, names, event);
            return ControlFlow::Continue(());
        };
        let label = |run: &RunInfo| {
            let (name, group) = names(run);
            Label { name, group, look: id.recipe, work: run.total_batches() as f64 }
        };
        screen.read(id.worker, &label, event, self.meanwhile)
    }

    fn tell_event(&self, id: RunId, names: &dyn Fn(&RunInfo) -> (String, String), event: &Event) {
        let mut worker = self.workers[id.worker].lock().expect("no thread panicked");
        match event {
            Event::RunStarted { run, batches } => {
                (worker.run, worker.batches) = (Some(run.clone()), *batches);
            }
            Event::Progress { batches, examples, seconds, loss, .. } => {
                self.advance(&mut worker, *batches);
                let due = if self.live.is_some() { REDRAW } else { QUIET };
                if !self.quiet && worker.told.elapsed() >= due {
                    let line = worker.run.as_ref().map(|run| {
                        let rate = *examples as f64 / seconds;
                        under_way(&names(run).0, run, *batches, *loss, rate)
                    });
                    self.tell(id, &mut worker, line.unwrap_or_default());
                }
            }
            Event::Evaluated { .. } => {}
            Event::RunFinished { record } => {
                // A diverged run skips what was left of it.
                let total = worker.run.as_ref().map_or(0, RunInfo::total_batches);
                self.advance(&mut worker, total);
                self.over.fetch_add(1, Ordering::Relaxed);
                if !self.quiet {
                    let name = worker.run.as_ref().map_or(record.optimizer.clone(), |run| names(run).0);
                    self.tell(id, &mut worker, over(&name, record));
                }
            }
        }
    }

    /// Counts the batches of a run up to this one.
    fn advance(&self, worker: &mut Worker, batches: u64) {
        let before = std::mem::replace(&mut worker.batches, batches);
        self.done.fetch_add(batches.saturating_sub(before), Ordering::Relaxed);
    }

    fn tell(&self, id: RunId, worker: &mut Worker, line: String) {
        worker.told = Instant::now();
        match &self.live {
            Some((all, workers)) => {
                all.set_position(self.done.load(Ordering::Relaxed));
                all.set_message(format!("{} of {} runs", self.over.load(Ordering::Relaxed), self.runs));
                workers[id.worker].set_message(line);
            }
            None => console::note(&format!("{line}; {}", self.left())),
        }
    }

    /// Runs that are over, and the time that the others will take.
    fn left(&self) -> String {
        let (done, over) = (self.done.load(Ordering::Relaxed), self.over.load(Ordering::Relaxed));
        let seconds = match self.total.saturating_sub(done) {
            0 => 0.0,
            left => self.start.elapsed().as_secs_f64() * left as f64 / done as f64,
        };
        format!("{over} of {} runs done, {}", self.runs, text::time_left(seconds))
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
        (0..workers).map(|_| board.add(ProgressBar::no_length().with_style(style("  {wide_msg}")))).collect();
    let all = board.add(ProgressBar::new(0).with_style(style("  {wide_bar} {msg}, {eta} left")));
    (all, workers)
}

/// `adam seed 3: epoch 2 of 5, loss 0.1532, 210k examples/s`.
fn under_way(name: &str, run: &RunInfo, batches: u64, loss: f64, rate: f64) -> String {
    let RunInfo { epochs, batches_per_epoch, .. } = run;
    let epoch = (batches / batches_per_epoch.max(&1) + 1).min(u64::from(*epochs));
    let speed = if rate.is_finite() { format!(", {:.0}k examples/s", rate / 1e3) } else { String::new() };
    format!("{name}: epoch {epoch} of {epochs}, loss {}{speed}", text::loss(loss))
}

/// `adam seed 3: training loss 0.0812, accuracy 97.31%, 4.2 s`.
fn over(name: &str, record: &Record) -> String {
    let metric = record.task.metric;
    let seconds = record.curve(Record::EPOCH_LOSS).last().map_or(0.0, |point| point.seconds);
    match (record.final_train_loss(), record.final_metric()) {
        (Some(loss), Some(score)) => {
            let score = match metric.is_fraction() {
                true => format!("{:.2}%", 100.0 * score),
                false => text::loss(score),
            };
            format!("{name}: training loss {}, {} {score}, {seconds:.1} s", text::loss(loss), metric.name())
        }
        _ => format!("{name}: diverged at update {}", record.counts.batches),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(crate) fn run() -> RunInfo {
        RunInfo {
            task: "digits".into(),
            metric: train::Metric::Accuracy,
            optimizer: "adam".into(),
            recipe: "adam lr=0.001, batch=64".into(),
            seed: 3,
            epochs: 5,
            batches_per_epoch: 100,
        }
    }

    pub(crate) fn record() -> Record {
        let point = |value| vec![train::record::Point { epoch: 5.0, updates: 500, seconds: 4.2, value }];
        let curves = [(Record::EPOCH_LOSS, 0.0812), ("test_accuracy", 0.9731)];
        let json = serde_json::json!({
            "schema": 2, "optimizer": "adam", "recipe": "adam lr=0.001, batch=64", "seed": 3, "batch": 64,
            "task": {
                "name": "digits", "data": {"name": "mnist", "origin": "here", "sample": false}, "examples": {"test": 10},
                "model": "784-10", "weights": 7850, "loss": "cross-entropy", "metric": "accuracy",
            },
            "budget": {"epochs": 5, "evaluations": 1}, "status": {"is": "finished"},
            "counts": {"batches": 500, "updates": 500, "gradients": 500, "examples": 32000},
            "state_bytes_per_weight": 8,
            "environment": {"kernel": "portable", "threads": 1},
            "curves": curves.map(|(name, value)| (name, point(value))).into_iter().collect::<BTreeMap<_, _>>(),
        });
        Record::parse(&json.to_string()).expect("a record")
    }

    #[test]
    fn a_stream_that_was_kept_is_shown_like_the_run() {
        let progress = |batches| Event::Progress {
            batches,
            examples: 64 * batches,
            seconds: 1.0,
            loss: 0.5,
            learning_rate: Some(0.001),
        };
        let events = [
            Event::RunStarted { run: run(), batches: 150 },
            progress(151),
            progress(152),
            Event::RunFinished { record: Box::new(record()) },
        ];
        let id = RunId { recipe: 0, seed: 3, worker: 0 };
        for kept in [false, true] {
            let shown = Progress::new(1, 500, 1, true);
            for event in &events {
                let text = serde_json::to_string(event).expect("plain data");
                let replayed = serde_json::from_str(&text).expect("as written");
                assert_eq!(event, &replayed);
                let _ = shown.read(id, if kept { &replayed } else { event });
            }
            assert_eq!(shown.done.load(Ordering::Relaxed), 350, "what was done before does not count");
            assert_eq!(shown.over.load(Ordering::Relaxed), 1);
        }
    }

    #[test]
    fn the_time_left_is_a_number_where_nothing_is_left_to_be_done() {
        assert_eq!(Progress::new(1, 0, 1, true).left(), "0 of 1 runs done, about 0 s left");
        assert_eq!(Progress::new(2, 5, 1, true).left(), "0 of 2 runs done, time left not known yet");
    }

    #[test]
    fn lines_say_who_how_far_and_how_well() {
        assert_eq!(
            under_way("adam seed 3", &run(), 152, 0.15321, 210_400.0),
            "adam seed 3: epoch 2 of 5, loss 0.1532, 210k examples/s"
        );
        assert_eq!(
            over("adam trial 2, seed 0", &record()),
            "adam trial 2, seed 0: training loss 0.0812, accuracy 97.31%, 4.2 s"
        );
    }
}
