//! Contents of the screen as plain data: runs with their curves, the reader's choices, the time left. No clock, no
//! terminal, no thread.

use train::record::Status;
use train::{Record, RunInfo, Split};

use super::part::{Label, Part};

/// News of the runs, in the order in which they happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// A part of the work begins.
    Begun(Part),
    /// A run begins, after the batches of an earlier process; `run` is its number, counted from 0.
    Started { run: usize, label: Label, info: RunInfo, batches: u64 },
    /// Mean loss over some batches up to this epoch, and the learning rate there.
    Point { run: usize, epoch: f64, loss: f64, learning_rate: Option<f64> },
    /// A split was evaluated.
    Evaluated { run: usize, epoch: f64, split: Split, metric: f64 },
    /// A run is over.
    Finished { run: usize, record: Box<Record> },
    /// A run was ended without a result.
    Ended { run: usize },
}

/// Position of a run under way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Latest {
    pub(super) run: usize,
    pub(super) batches: u64,
    pub(super) examples: u64,
    /// Seconds of training.
    pub(super) seconds: f64,
    /// Of the last batch.
    pub(super) loss: f64,
}

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Running,
    /// The reader has asked for its end.
    Ending,
    /// Ended by the reader, without a result.
    Ended,
    Finished,
    /// Its result was there before.
    Kept,
    Diverged {
        batch: u64,
    },
}

/// A run with its curves over epochs.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) label: Label,
    pub(super) info: RunInfo,
    pub(super) stage: Stage,
    /// Batches of an earlier process.
    before: u64,
    pub(super) latest: Latest,
    pub(super) losses: Vec<(f64, f64)>,
    /// Of the split that is watched during training.
    pub(super) metrics: Vec<(f64, f64)>,
    pub(super) rates: Vec<(f64, f64)>,
    pub(super) split: Option<Split>,
    /// Loss and metric of a run that is over.
    result: Option<(Option<f64>, Option<f64>)>,
}

/// Curves that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Loss,
    Metric,
    LearningRate,
}

/// Scale of the axis up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpScale {
    /// Logarithmic over more than a decade.
    Fitting,
    Log,
    Linear,
}

/// A question that the same key answers with yes, and any other with no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Shall this run end?
    End(usize),
    /// Shall everything stop?
    Quit,
}

/// A key of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Pause,
    End,
    Quit,
    /// Ctrl-C: stops everything without a question.
    Interrupt,
    Up(usize),
    Down(usize),
    First,
    Newest,
    NextMeasure,
    LastMeasure,
    Scale,
    OneOrAll,
    Help,
    Escape,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Redraw,
    Other,
}

/// An effect of a key on the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Holds all runs, or lets them go on.
    Pause(bool),
    /// Ends this run.
    End(usize),
    /// Stops everything, as Ctrl-C does.
    Stop,
    /// Suspends the program until the shell goes on with it.
    Suspend,
    /// Draws everything, also what has not changed.
    Redraw,
}

/// Finished runs that keep their curves; of older ones the row stays.
const MOST_CURVES: usize = 400;

/// Seconds after which a pace is believed although no run is over.
const BELIEVED: f64 = 2.0;

#[derive(Debug)]
pub(super) struct State {
    pub(super) title: String,
    pub(super) part: Part,
    pub(super) runs: Vec<Run>,
    /// First run of the part that is under way.
    first: usize,
    /// Number of the selected run.
    pub(super) selected: usize,
    /// True while the newest run is selected.
    follows: bool,
    pub(super) measure: Measure,
    pub(super) scale: UpScale,
    /// True if the picture shows the selected run alone.
    pub(super) one: bool,
    pub(super) help: bool,
    pub(super) question: Option<Question>,
    pub(super) paused: bool,
    pub(super) note: Option<String>,
    /// True if there is one run: its end is that of everything.
    single: bool,
    /// Seconds since the beginning, and those without pauses since the first run of this part began.
    pub(super) elapsed: f64,
    active: f64,
}

impl State {
    /// Nothing has begun; `single` if there is one run.
    pub(super) fn new(title: String, single: bool) -> State {
        State {
            title,
            part: Part::default(),
            runs: Vec::new(),
            first: 0,
            selected: 0,
            follows: true,
            measure: Measure::Loss,
            scale: UpScale::Fitting,
            one: false,
            help: false,
            question: None,
            paused: false,
            note: None,
            single,
            elapsed: 0.0,
            active: 0.0,
        }
    }

    /// Takes news of the runs, and then where those under way are.
    pub(super) fn take(&mut self, messages: Vec<Message>, latest: &[Latest]) {
        messages.into_iter().for_each(|message| self.message(message));
        for latest in latest {
            if let Some(run) = self.runs.get_mut(latest.run).filter(|run| run.is_under_way()) {
                run.latest = *latest;
            }
        }
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Begun(part) => {
                (self.part, self.first, self.active) = (part, self.runs.len(), 0.0);
                self.follows = true;
            }
            Message::Started { run, label, info, batches } => {
                debug_assert_eq!(run, self.runs.len(), "runs are counted as they begin");
                self.runs.push(Run::new(label, info, batches, run));
                if self.follows {
                    self.selected = run;
                }
                self.forget_old_curves();
            }
            Message::Point { run, epoch, loss, learning_rate } => {
                let run = &mut self.runs[run];
                run.losses.push((epoch, loss));
                run.rates.extend(learning_rate.map(|rate| (epoch, rate)));
            }
            Message::Evaluated { run, epoch, split, metric } => {
                let run = &mut self.runs[run];
                // The test examples of a task that is watched on others come once, at the end.
                if *run.split.get_or_insert(split) == split {
                    run.metrics.push((epoch, metric));
                }
            }
            Message::Finished { run, record } => self.runs[run].finish(&record),
            Message::Ended { run } => self.runs[run].stage = Stage::Ended,
        }
    }

    fn forget_old_curves(&mut self) {
        if let Some(old) = self.runs.len().checked_sub(MOST_CURVES + 1)
            && !self.runs[old].is_under_way()
        {
            let run = &mut self.runs[old];
            (run.losses, run.metrics, run.rates) = Default::default();
        }
    }

    /// Tells that this many seconds have passed.
    pub(super) fn pass(&mut self, seconds: f64) {
        self.elapsed += seconds;
        if !self.paused && self.runs.len() > self.first {
            self.active += seconds;
        }
    }

    /// Changes what is shown, and says what the runs are to do.
    pub(super) fn press(&mut self, key: Key) -> Option<Act> {
        self.note = None;
        let asked = self.question.take();
        match key {
            Key::Interrupt => return Some(Act::Stop),
            Key::Suspend => return Some(Act::Suspend),
            Key::Redraw => return Some(Act::Redraw),
            Key::Pause => {
                self.paused = !self.paused;
                return Some(Act::Pause(self.paused));
            }
            Key::Quit if asked == Some(Question::Quit) => return Some(Act::Stop),
            Key::Quit => self.question = Some(Question::Quit),
            Key::End => return self.end(asked),
            Key::Up(by) => self.select(self.selected.saturating_sub(by)),
            Key::Down(by) => self.select((self.selected + by).min(self.last())),
            Key::First => self.select(0),
            Key::Newest => {
                self.selected = self.last();
                self.follows = true;
            }
            Key::NextMeasure => self.measure = self.measure.next(),
            Key::LastMeasure => self.measure = self.measure.next().next(),
            Key::Scale => self.scale = self.scale.next(),
            Key::OneOrAll => self.one = !self.one,
            Key::Help => self.help = !self.help,
            Key::Escape => self.help = false,
            Key::Other => {}
        }
        None
    }

    fn end(&mut self, asked: Option<Question>) -> Option<Act> {
        let selected = self.selected;
        let run = self.runs.get_mut(selected)?;
        match run.stage {
            Stage::Running if asked == Some(Question::End(selected)) => {
                run.stage = Stage::Ending;
                return Some(if self.single { Act::Stop } else { Act::End(selected) });
            }
            Stage::Running => self.question = Some(Question::End(selected)),
            _ => self.note = Some(format!("{} is not running", run.label.name)),
        }
        None
    }

    fn select(&mut self, run: usize) {
        self.selected = run;
        self.follows = false;
    }

    fn last(&self) -> usize {
        self.runs.len().saturating_sub(1)
    }

    /// The runs of the picture: those that are comparable with the selected one, or that alone. The selected one is the
    /// last, in front of the others.
    pub(super) fn pictured(&self) -> Vec<&Run> {
        let Some(selected) = self.runs.get(self.selected) else { return Vec::new() };
        let same =
            |run: &&Run| run.label.group == selected.label.group && run.info.metric == selected.info.metric;
        let others = self.runs.iter().filter(same).filter(|run| !self.one && !std::ptr::eq(*run, selected));
        others.chain([selected]).collect()
    }

    /// Runs of this part that are over, and all of it.
    pub(super) fn counted(&self) -> (usize, usize) {
        let over = self.runs[self.first..].iter().filter(|run| !run.is_under_way()).count();
        (self.part.known.0 + over, self.part.runs)
    }

    /// Fraction of this part that is done.
    pub(super) fn done(&self) -> f64 {
        let fraction = self.work_done() / self.part.work;
        if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Seconds until the end of this part, if its pace is known.
    pub(super) fn seconds_left(&self) -> Option<f64> {
        let of_run = |run: &Run| run.label.work * run.fraction(run.latest.batches.saturating_sub(run.before));
        let trained: f64 = self.runs[self.first..].iter().map(of_run).sum();
        let has_pace = self.active > BELIEVED || self.runs[self.first..].iter().any(Run::has_result);
        let left = (self.part.work - self.work_done()).max(0.0);
        Some(self.active / trained * left).filter(|seconds| has_pace && seconds.is_finite())
    }

    fn work_done(&self) -> f64 {
        let of_run = |run: &Run| {
            run.label.work * if run.is_under_way() { run.fraction(run.latest.batches) } else { 1.0 }
        };
        self.part.known.1 + self.runs[self.first..].iter().map(of_run).sum::<f64>()
    }
}

impl Run {
    fn new(label: Label, info: RunInfo, before: u64, number: usize) -> Run {
        let latest = Latest { run: number, batches: before, loss: f64::NAN, ..Latest::default() };
        Run {
            label,
            info,
            stage: Stage::Running,
            before,
            latest,
            losses: Vec::new(),
            metrics: Vec::new(),
            rates: Vec::new(),
            split: None,
            result: None,
        }
    }

    fn finish(&mut self, record: &Record) {
        let metric = record.task.metric;
        let curve = |split| record.metric_curve(split).iter().map(|point| (point.epoch, point.value));
        if self.losses.is_empty() && self.latest.batches == self.before {
            // Not trained: it was there.
            self.stage = Stage::Kept;
            self.losses =
                record.curve(Record::TRAIN_LOSS).iter().map(|point| (point.epoch, point.value)).collect();
            let split = [Split::Validation, Split::Test].into_iter().find(|&split| curve(split).len() > 1);
            self.split = split;
            self.metrics = split.map_or(Vec::new(), |split| curve(split).collect());
        } else {
            self.stage = Stage::Finished;
        }
        self.latest.batches = record.counts.batches;
        self.latest.examples = record.counts.examples;
        self.latest.seconds = record.curve(Record::EPOCH_LOSS).last().map_or(f64::NAN, |point| point.seconds);
        if let Status::Diverged { step } = record.status {
            self.stage = Stage::Diverged { batch: step };
        }
        debug_assert_eq!(metric, self.info.metric, "the record is of this run");
        self.result = Some((record.final_train_loss(), record.final_metric()));
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Running | Stage::Ending)
    }

    /// True if it was trained here, to its end.
    fn has_result(&self) -> bool {
        matches!(self.stage, Stage::Finished | Stage::Diverged { .. })
    }

    fn fraction(&self, batches: u64) -> f64 {
        batches as f64 / self.info.total_batches().max(1) as f64
    }

    /// Epochs so far.
    pub(super) fn epochs(&self) -> f64 {
        self.latest.batches as f64 / self.info.batches_per_epoch.max(1) as f64
    }

    /// The loss at the end, or the last one.
    pub(super) fn loss(&self) -> Option<f64> {
        let last = self.losses.last().map(|point| point.1).or(Some(self.latest.loss));
        self.result.map_or(last, |(loss, _)| loss).filter(|loss| !loss.is_nan())
    }

    /// The metric at the end, or the last one.
    pub(super) fn metric(&self) -> Option<f64> {
        let last = self.metrics.last().map(|point| point.1);
        self.result.map_or(last, |(_, metric)| metric)
    }

    /// Examples in a second of training.
    pub(super) fn speed(&self) -> Option<f64> {
        let speed = self.latest.examples as f64 / self.latest.seconds;
        Some(speed).filter(|speed| speed.is_finite() && *speed > 0.0)
    }

    /// A curve over epochs.
    pub(super) fn curve(&self, measure: Measure) -> &[(f64, f64)] {
        match measure {
            Measure::Loss => &self.losses,
            Measure::Metric => &self.metrics,
            Measure::LearningRate => &self.rates,
        }
    }
}

impl Measure {
    fn next(self) -> Measure {
        match self {
            Measure::Loss => Measure::Metric,
            Measure::Metric => Measure::LearningRate,
            Measure::LearningRate => Measure::Loss,
        }
    }
}

impl UpScale {
    fn next(self) -> UpScale {
        match self {
            UpScale::Fitting => UpScale::Log,
            UpScale::Log => UpScale::Linear,
            UpScale::Linear => UpScale::Fitting,
        }
    }

    /// True for a logarithmic one; `None` for the one that fits.
    pub(super) fn log(self) -> Option<bool> {
        match self {
            UpScale::Fitting => None,
            UpScale::Log => Some(true),
            UpScale::Linear => Some(false),
        }
    }
}
