//! The way between runs and screen: news in one direction, pauses and ends in the other. No run waits for drawing: it
//! adds to a list, at most a few hundred entries a run, and the screen takes the list.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::Halt;
use train::{Event, RunInfo};

use super::part::{Label, Part};
use super::state::{Latest, Message};
use crate::stop::Stop;

/// Points of a curve of losses, evenly over the run, and batches at its beginning that each have one.
const POINTS: u64 = 256;
const FIRST: u64 = 16;

#[derive(Debug, Default)]
pub(super) struct Feed {
    inbox: Mutex<Inbox>,
    paused: Mutex<bool>,
    /// Told when a pause ends and when runs are to end.
    changed: Condvar,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Inbox {
    messages: Vec<Message>,
    /// The run of each worker.
    slots: Vec<Slot>,
    runs: usize,
    /// Runs that are to end.
    endings: BTreeSet<usize>,
    /// Names of runs that were ended.
    ended: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    latest: Latest,
    name: String,
    under_way: bool,
    /// Batches before this process, and in the whole run.
    before: u64,
    batches: u64,
    per_epoch: u64,
    /// Losses since the last point, and their number.
    sum: f64,
    count: u64,
}

impl Feed {
    pub(super) fn begin(&self, part: Part) {
        self.inbox().messages.push(Message::Begun(part));
    }

    /// Takes an event of a worker's run, and holds it while the reader has paused; `meanwhile` is called now and then
    /// during a pause. Says if the run is to end.
    pub(super) fn read(
        &self,
        worker: usize,
        label: &dyn Fn(&RunInfo) -> Label,
        event: &Event,
        (stop, meanwhile): (&Stop, &dyn Fn()),
    ) -> ControlFlow<Halt> {
        if !self.is_closed() {
            self.inbox().read(worker, label, event);
        }
        if !matches!(event, Event::RunStarted { .. } | Event::Progress { .. }) {
            return ControlFlow::Continue(());
        }
        self.wait(worker, stop, meanwhile);
        self.inbox().word(worker)
    }

    fn wait(&self, worker: usize, stop: &Stop, meanwhile: &dyn Fn()) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !stop.asked() && !self.is_closed() && !self.inbox().ends(worker) {
            let (guard, waited) =
                self.changed.wait_timeout(paused, MEANWHILE).unwrap_or_else(PoisonError::into_inner);
            paused = guard;
            if waited.timed_out() {
                drop(paused);
                meanwhile();
                paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Takes the news, and the places of the runs under way.
    pub(super) fn news(&self) -> (Vec<Message>, Vec<Latest>) {
        let mut inbox = self.inbox();
        let under_way = inbox.slots.iter().filter(|slot| slot.under_way).map(|slot| slot.latest).collect();
        (std::mem::take(&mut inbox.messages), under_way)
    }

    /// Holds all runs after their batches, or lets them go on.
    pub(super) fn pause(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.changed.notify_all();
    }

    /// Ends a run after its batch.
    pub(super) fn end(&self, run: usize) {
        self.inbox().endings.insert(run);
        // Those who wait have looked at the endings under this lock.
        drop(self.paused.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Lets all runs go on, without a screen.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.pause(false);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Names of the runs that the reader has ended.
    pub(super) fn ended(&self) -> Vec<String> {
        self.inbox().ended.clone()
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // A panic elsewhere leaves whole messages.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time between two calls of whoever has something to do during a pause.
const MEANWHILE: Duration = lab::store::BEAT;

impl Inbox {
    fn read(&mut self, worker: usize, label: &dyn Fn(&RunInfo) -> Label, event: &Event) {
        if self.slots.len() <= worker {
            self.slots.resize(worker + 1, Slot::default());
        }
        let slot = &mut self.slots[worker];
        let run = slot.latest.run;
        match event {
            Event::RunStarted { run: info, batches } => {
                let (label, run) = (label(info), self.runs);
                self.runs += 1;
                *slot = Slot {
                    latest: Latest { run, batches: *batches, loss: f64::NAN, ..Latest::default() },
                    name: label.name.clone(),
                    under_way: true,
                    before: *batches,
                    batches: info.total_batches().max(1),
                    per_epoch: info.batches_per_epoch.max(1),
                    sum: 0.0,
                    count: 0,
                };
                self.messages.push(Message::Started { run, label, info: info.clone(), batches: *batches });
            }
            Event::Progress { batches, examples, seconds, loss, learning_rate } => {
                let (batches, loss) = (*batches, *loss);
                slot.latest = Latest { run, batches, examples: *examples, seconds: *seconds, loss };
                (slot.sum, slot.count) = (slot.sum + loss, slot.count + 1);
                if slot.has_point() {
                    let (epoch, loss) = (slot.epoch(), slot.sum / slot.count as f64);
                    (slot.sum, slot.count) = (0.0, 0);
                    self.messages.push(Message::Point { run, epoch, loss, learning_rate: *learning_rate });
                }
            }
            Event::Evaluated { split, batches, metric, .. } => {
                let epoch = *batches as f64 / slot.per_epoch as f64;
                self.messages.push(Message::Evaluated { run, epoch, split: *split, metric: *metric });
            }
            Event::RunFinished { record } => {
                slot.under_way = false;
                self.messages.push(Message::Finished { run, record: record.clone() });
            }
        }
    }

    fn ends(&self, worker: usize) -> bool {
        let slot = self.slots.get(worker);
        slot.is_some_and(|slot| slot.under_way && self.endings.contains(&slot.latest.run))
    }

    /// The word on the run of a worker; its end is said once.
    fn word(&mut self, worker: usize) -> ControlFlow<Halt> {
        if !self.ends(worker) {
            return ControlFlow::Continue(());
        }
        let slot = &mut self.slots[worker];
        slot.under_way = false;
        self.endings.remove(&slot.latest.run);
        self.ended.push(slot.name.clone());
        self.messages.push(Message::Ended { run: slot.latest.run });
        ControlFlow::Break(Halt::Run)
    }
}

impl Slot {
    /// True if the curve has a point after this batch: the first batches have, and then ever fewer until the run has
    /// come to its first even part, which may take minutes.
    fn has_point(&self) -> bool {
        let batches = self.latest.batches;
        let place = |batches: u64| u128::from(batches) * u128::from(POINTS) / u128::from(self.batches);
        let here = batches.saturating_sub(self.before);
        here <= FIRST || here.is_power_of_two() || place(batches) > place(batches.saturating_sub(1))
    }

    fn epoch(&self) -> f64 {
        self.latest.batches as f64 / self.per_epoch as f64
    }
}
