//! A run as pages see and control it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tensor::ParamVec;
use train::record::Point;
use train::{Record, Split, Task};

use crate::numbers::{number, row};
use crate::request::Request;
use crate::saved::Saved;

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// For a core that is free.
    Waiting,
    Loading,
    Running,
    Paused,
    Finished,
    Diverged,
    /// By a person, with a checkpoint to go on from.
    Stopped,
    Failed,
}

impl Status {
    /// True if no thread works on it.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Status::Finished | Status::Diverged | Status::Stopped | Status::Failed)
    }
}

/// A run of this process.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) request: Request,
    pub(crate) control: Control,
    feed: Mutex<Feed>,
    /// The weights as of a moment ago.
    learned: Mutex<Option<Arc<Learned>>>,
    /// True if somebody wants newer ones.
    pub(crate) wants_weights: AtomicBool,
}

/// Weights to answer with.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) task: Arc<Task>,
    pub(crate) weights: ParamVec,
    pub(crate) buffers: ParamVec,
    /// Batches trained on.
    pub(crate) batches: u64,
}

/// All that pages are told of a run. Curves of a generation only grow, so that a page needs what is after its last point.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) status: Status,
    /// The reason of a failure, with a hint.
    pub(crate) trouble: Option<(String, String)>,
    /// Number of changes of anything but the curves.
    pub(crate) revision: u64,
    pub(crate) facts: Option<Facts>,
    pub(crate) batches: u64,
    pub(crate) seconds: f64,
    pub(crate) lr: Option<f64>,
    /// True if the rate was changed by hand, now or before.
    pub(crate) is_changed: bool,
    /// Files of a run that can go on, or that the store does not have.
    pub(crate) saved: Option<Saved>,
    /// Key of its record in the store.
    pub(crate) stored: Option<String>,
    /// Number of times that the curves have begun again.
    pub(crate) generation: u64,
    pub(crate) losses: Vec<Spot>,
    pub(crate) evaluations: Vec<Measured>,
}

/// Facts that are known once the task is.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) batches_per_epoch: u64,
    pub(crate) data: train::DataInfo,
    pub(crate) metric: train::Metric,
    pub(crate) weights: usize,
    /// Names of the classes, of a task on pictures of digits' size.
    pub(crate) classes: Vec<String>,
    /// Warnings of the recipe.
    pub(crate) warnings: Vec<String>,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    /// Passes over the training set.
    pub(crate) epoch: f64,
    /// Seconds of training.
    pub(crate) seconds: f64,
    pub(crate) value: f64,
}

/// An evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) split: Split,
    pub(crate) loss: Spot,
    pub(crate) metric: f64,
}

impl Run {
    pub(crate) fn new(id: u64, request: Request) -> Run {
        let feed = Feed {
            status: Status::Waiting,
            trouble: None,
            revision: 1,
            facts: None,
            batches: 0,
            seconds: 0.0,
            lr: None,
            is_changed: false,
            saved: None,
            stored: None,
            generation: 1,
            losses: Vec::new(),
            evaluations: Vec::new(),
        };
        Run {
            id,
            request,
            control: Control::default(),
            feed: Mutex::new(feed),
            learned: Mutex::new(None),
            wants_weights: AtomicBool::new(true),
        }
    }

    /// A run of another process, with what it left.
    pub(crate) fn of_saved(id: u64, request: Request, saved: Saved, record: &Record) -> Run {
        let run = Run::new(id, request);
        run.change(|feed| {
            feed.status = match (&record.status, saved.checkpoint.is_some()) {
                (train::record::Status::Diverged { .. }, _) => Status::Diverged,
                (_, true) => Status::Stopped,
                (_, false) => Status::Finished,
            };
            feed.take_record(record);
            feed.saved = Some(saved);
        });
        run.control.scale(record.changes.last().map_or(1.0, |change| change.lr_scale));
        run
    }

    /// The feed for a moment: nothing slow may happen while it is held.
    pub(crate) fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something that is not a curve.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Feed)) {
        let mut feed = self.feed();
        change(&mut feed);
        feed.revision += 1;
    }

    pub(crate) fn status(&self) -> Status {
        self.feed().status
    }

    /// The weights as of a moment ago, and asks for newer ones.
    pub(crate) fn learned(&self) -> Option<Arc<Learned>> {
        self.wants_weights.store(true, Ordering::Relaxed);
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn learn(&self, learned: Learned) {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(learned));
    }

    /// All but the curves, for pages.
    pub(crate) fn head(&self, feed: &Feed) -> Value {
        let Request { task, recipe, seed, budget } = &self.request;
        let wanted = self.control.wanted();
        let facts = feed.facts.as_ref();
        let metric = facts.map_or(task.info.metric, |facts| facts.metric);
        json!({
            "task": task.to_string(),
            "data": facts.map(|facts| &facts.data),
            "recipe": recipe.to_string(),
            "optimizer": recipe.name(),
            "seed": seed.to_string(),
            "epochs": budget.epochs,
            "evaluations": budget.evaluations,
            "batch": recipe.batch,
            "batches_per_epoch": facts.map(|facts| facts.batches_per_epoch),
            "weights": facts.map(|facts| facts.weights),
            "metric": metric.name(),
            "is_fraction": metric.is_fraction(),
            "classes": facts.map(|facts| &facts.classes),
            "warnings": facts.map(|facts| &facts.warnings),
            "status": feed.status,
            "is_over": feed.status.is_over(),
            "can_resume": feed.status == Status::Stopped,
            "error": feed.trouble.as_ref().map(|(error, _)| error),
            "hint": feed.trouble.as_ref().map(|(_, hint)| hint),
            "lr": feed.lr.map(number),
            "lr_scale": number(wanted.lr_scale),
            "pace": wanted.pace.map(number),
            "is_changed": feed.is_changed,
            "stored": feed.stored,
            "file": feed.saved.as_ref().map(|saved| saved.name()),
        })
    }
}

/// Maximum number of evaluations in a feed; of more, every other is left out.
const MOST_EVALUATIONS: usize = 4000;

impl Feed {
    /// Adds what was measured since the last time.
    pub(crate) fn add(&mut self, losses: &mut Vec<Spot>, evaluations: &mut Vec<Measured>) {
        self.losses.append(losses);
        self.evaluations.append(evaluations);
        if self.evaluations.len() > MOST_EVALUATIONS {
            let mut place = 0;
            self.evaluations.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.generation += 1;
        }
    }

    /// Empties the curves of a run that begins at its start.
    pub(crate) fn begin(&mut self) {
        self.losses.clear();
        self.evaluations.clear();
        self.generation += 1;
    }

    /// The curves of a record, before any page has seen others.
    fn take_record(&mut self, record: &Record) {
        (self.losses, self.evaluations) = curves(record);
        self.batches = record.counts.batches;
        self.is_changed = !record.changes.is_empty();
        self.seconds = self.losses.last().map_or(0.0, |spot| spot.seconds);
    }
}

/// The training curve and the evaluations of a record.
pub(crate) fn curves(record: &Record) -> (Vec<Spot>, Vec<Measured>) {
    let spot = |point: &Point| {
        let Point { epoch, seconds, value, .. } = *point;
        Spot { epoch, seconds, value }
    };
    let mut evaluations = Vec::new();
    for split in [Split::Validation, Split::Test] {
        // A task whose metric is the loss has one curve for both.
        let metrics = match record.metric_curve(split) {
            [] => record.loss_curve(split),
            metrics => metrics,
        };
        let points = record.loss_curve(split).iter().zip(metrics);
        evaluations.extend(points.map(|(loss, metric)| Measured {
            split,
            loss: spot(loss),
            metric: metric.value,
        }));
    }
    (record.curve(Record::TRAIN_LOSS).iter().map(spot).collect(), evaluations)
}

/// Points as JSON: epoch, seconds, value.
pub(crate) fn spots(spots: &[Spot]) -> Value {
    spots.iter().map(|Spot { epoch, seconds, value }| row(&[*epoch, *seconds, *value])).collect()
}

/// Evaluations as JSON: epoch, seconds, loss, metric, split.
pub(crate) fn evaluations(measured: &[Measured]) -> Value {
    let one = |Measured { split, loss, metric }: &Measured| {
        let Spot { epoch, seconds, value } = *loss;
        json!([number(epoch), number(seconds), number(value), number(*metric), split.to_string()])
    };
    measured.iter().map(one).collect()
}

/// Wishes of whoever looks on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) paused: bool,
    pub(crate) stopped: bool,
    /// Factor of the rate.
    pub(crate) lr_scale: f64,
    /// Batches a second at most.
    pub(crate) pace: Option<f64>,
}

/// Control of a run, from pages to its thread.
#[derive(Debug)]
pub(crate) struct Control {
    wanted: Mutex<Wanted>,
    /// Told of each change.
    changed: Condvar,
    /// True from a change until the thread has looked: all that it reads after a batch.
    is_new: AtomicBool,
}

impl Default for Control {
    fn default() -> Control {
        let wanted = Wanted { paused: false, stopped: false, lr_scale: 1.0, pace: None };
        Control { wanted: Mutex::new(wanted), changed: Condvar::new(), is_new: AtomicBool::new(false) }
    }
}

impl Control {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wanted(&self) -> Wanted {
        *self.lock()
    }

    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.lock());
        self.is_new.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.change(|wanted| wanted.paused = paused);
    }

    pub(crate) fn stop(&self) {
        self.change(|wanted| wanted.stopped = true);
    }

    /// Before a stopped run goes on.
    pub(crate) fn revive(&self) {
        self.change(|wanted| (wanted.stopped, wanted.paused) = (false, false));
    }

    pub(crate) fn scale(&self, lr_scale: f64) {
        self.change(|wanted| wanted.lr_scale = lr_scale);
    }

    pub(crate) fn pace(&self, pace: Option<f64>) {
        self.change(|wanted| wanted.pace = pace);
    }

    /// The wishes, if they have changed since the last look.
    pub(crate) fn news(&self) -> Option<Wanted> {
        let is_new = self.is_new.load(Ordering::Relaxed) && self.is_new.swap(false, Ordering::Acquire);
        is_new.then(|| self.wanted())
    }

    /// Waits until this time is over or something has changed.
    pub(crate) fn wait(&self, time: Duration) {
        let wanted = self.lock();
        if !self.is_new.load(Ordering::Acquire) {
            drop(self.changed.wait_timeout(wanted, time));
        }
    }

    /// Waits while the run is paused, and returns what is wanted then.
    pub(crate) fn wait_while_paused(&self) -> Wanted {
        let is_paused = |wanted: &mut Wanted| wanted.paused && !wanted.stopped;
        let wanted = self.changed.wait_while(self.lock(), is_paused).unwrap_or_else(PoisonError::into_inner);
        *wanted
    }
}
