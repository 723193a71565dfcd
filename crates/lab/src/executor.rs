//! Runs on workers, one a core: taken from an agenda, looked up or claimed in a store, trained, and kept.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use train::record::TaskRecord;
use train::{Budget, Event, Recipe, Record, RunInfo, Task, Training};

use crate::error::Error;
use crate::store::{Holder, Store, Turn, Work, take};
use crate::worker_pool::WorkerPool;

/// Time between two looks at runs that others have.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A run to be made.
#[derive(Debug)]
pub(crate) struct Request<'t> {
    /// The task, and how a record names it.
    pub(crate) task: (&'t Task, &'t TaskRecord),
    pub(crate) recipe: Recipe,
    pub(crate) seed: u64,
    pub(crate) budget: Budget,
}

/// Runs to be made: some from the start, others because of the records of those.
pub(crate) trait Agenda: Send {
    /// Name of a run in the agenda.
    type Job: Send;

    /// The next run among those that can begin.
    fn next(&mut self) -> Option<Self::Job>;

    /// Takes a run back that another process has; it comes again later.
    fn put_back(&mut self, job: Self::Job);

    /// Takes the record of a run that is over, with its key.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn done(&mut self, job: Self::Job, key: String, record: Record) -> Result<(), Error>;
}

/// Next action for a run.
pub(crate) enum Part<'s> {
    /// Nothing: it is done.
    Done(Box<Record>),
    /// Nothing for now: another process has it.
    Held(Holder),
    /// It is to be trained, and kept where it was claimed.
    Ours(Option<Work<'s>>),
}

impl<'s> Part<'s> {
    /// Asks a store.
    ///
    /// # Errors
    /// If the store cannot be read or written, or is damaged.
    pub(crate) fn of_store(store: &'s dyn Store, key: &str) -> Result<Part<'s>, Error> {
        Ok(match take(store, key)? {
            Turn::Done(record) => Part::Done(record),
            Turn::Held(holder) => Part::Held(holder),
            Turn::Ours(work) => Part::Ours(Some(work)),
        })
    }
}

/// An end before time, as those who watch runs ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// This run ends without a result, and the others go on.
    Run,
    /// No run goes on or begins. What is finished is kept.
    All,
}

/// A reader of the events of a run, who may end it or everything.
pub(crate) type Watch<'w> = dyn FnMut(&Event) -> ControlFlow<Halt> + 'w;

/// Asked now and then while nothing can be done but to wait for another process; may stop everything.
pub(crate) type Waiting<'w> = dyn Fn(&Holder) -> ControlFlow<()> + Sync + 'w;

/// The end of a run: its record, if it was not stopped, or who else has it.
pub(crate) type Ended = Result<Option<Record>, Holder>;

/// A run with its key, its end, and the word of those who watched it.
pub(crate) type Made = (String, Ended, ControlFlow<Halt>);

/// Looks a run up or trains it.
///
/// # Errors
/// If the recipe cannot be used, or the store fails.
pub(crate) fn run<'s>(
    Request { task: (task, task_record), recipe, seed, budget }: &Request<'_>,
    part: &(dyn Fn(&str) -> Result<Part<'s>, Error> + Sync),
    watch: &mut Watch<'_>,
) -> Result<Made, Error> {
    let key = Record::key_of(task_record, recipe, *seed, *budget);
    let (mut flow, mut record) = (ControlFlow::Continue(()), None);
    match part(&key)? {
        Part::Held(holder) => return Ok((key, Err(holder), flow)),
        Part::Done(known) => {
            let run = RunInfo::new(task, recipe, *seed, *budget);
            flow = watch(&Event::RunStarted { run, batches: 0 });
            if flow.is_continue() {
                flow = watch(&Event::RunFinished { record: known.clone() });
            }
            // What is there is a result also of work that is stopped.
            record = Some(*known);
        }
        Part::Ours(mut work) => {
            let mut training = Training::new(task, recipe, *seed, *budget)?;
            let mut lost = false;
            training.run_events(&mut |training, event| {
                let word = watch(event);
                flow = if flow.is_break() { flow } else { word };
                if let Event::RunFinished { record: finished } = event {
                    record = Some(Record::clone(finished));
                }
                lost = work.as_mut().is_some_and(|work| work.keep(training).is_break());
                if lost || flow.is_break() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let holder = work.as_ref().map(|work| work.holder().clone());
            let kept = work.map(|work| work.finish(&training)).transpose()?;
            // Another process took it over while this one was suspended.
            if let (Some(None), true, Some(holder)) = (kept, lost, holder) {
                return Ok((key, Err(holder), flow));
            }
        }
    }
    // A run has an end: a result, or someone's word.
    let flow = if record.is_none() && flow.is_continue() { ControlFlow::Break(Halt::All) } else { flow };
    Ok((key, Ok(record), flow))
}

/// Makes all runs of an agenda, also those that others have: these are waited for when nothing else is left.
/// Returns the agenda when it is empty or someone has stopped it.
///
/// # Errors
/// The first of a run, or if a thread cannot be started. Then no other run begins.
pub(crate) fn execute<A: Agenda>(
    pool: &WorkerPool,
    agenda: A,
    make: impl Fn(&A::Job, usize) -> Result<Made, Error> + Sync,
    waiting: &Waiting<'_>,
) -> Result<A, Error> {
    let state = State { agenda, under_way: 0, held: Vec::new(), news: false, stopped: false, error: None };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    pool.each_worker(|worker| {
        while let Some(job) = shared.next(waiting) {
            // Dropped in a panic, it stops the others, who would wait for this run for ever.
            let under_way = UnderWay(&shared);
            let made = make(&job, worker);
            under_way.end(job, made);
        }
    })?;
    let State { agenda, error, .. } = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    error.map_or(Ok(agenda), Err)
}

struct Shared<A: Agenda> {
    state: Mutex<State<A>>,
    /// Told whenever a run ends.
    changed: Condvar,
}

struct State<A: Agenda> {
    agenda: A,
    under_way: usize,
    /// Runs that others have.
    held: Vec<(A::Job, Holder)>,
    /// True if a run has ended since those were last looked at.
    news: bool,
    stopped: bool,
    error: Option<Error>,
}

impl<A: Agenda> Shared<A> {
    fn lock(&self) -> MutexGuard<'_, State<A>> {
        // A panic elsewhere has stopped everything.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next run, when there is one; `None` when all are done or everything is stopped.
    fn next(&self, waiting: &Waiting<'_>) -> Option<A::Job> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(job) = state.agenda.next() {
                state.under_way += 1;
                return Some(job);
            }
            let Some(holder) = state.held.first().map(|(_, holder)| holder.clone()) else {
                if state.under_way == 0 {
                    return None;
                }
                // What is under way may bring more.
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            // A run of this process may be the one that another of its workers had.
            if !state.news {
                if waiting(&holder).is_break() {
                    state.stopped = true;
                    self.changed.notify_all();
                    return None;
                }
                let waited = self.changed.wait_timeout(state, LOOK_AGAIN);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.news = false;
            for (job, _) in std::mem::take(&mut state.held) {
                state.agenda.put_back(job);
            }
        }
    }
}

/// A run under way.
struct UnderWay<'s, A: Agenda>(&'s Shared<A>);

impl<A: Agenda> UnderWay<'_, A> {
    fn end(self, job: A::Job, made: Result<Made, Error>) {
        let mut state = self.0.lock();
        let ends_all = |flow: ControlFlow<Halt>| flow == ControlFlow::Break(Halt::All);
        let (stops, error) = match made {
            Ok((_, Err(holder), flow)) => {
                state.held.push((job, holder));
                (ends_all(flow), None)
            }
            Ok((key, Ok(Some(record)), flow)) => {
                state.news = true;
                let kept = state.agenda.done(job, key, record);
                (ends_all(flow) || kept.is_err(), kept.err())
            }
            Ok((_, Ok(None), flow)) => (ends_all(flow), None),
            Err(error) => (true, Some(error)),
        };
        state.stopped |= stops;
        state.error = state.error.take().or(error);
    }
}

impl<A: Agenda> Drop for UnderWay<'_, A> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        state.stopped |= std::thread::panicking();
        drop(state);
        self.0.changed.notify_all();
    }
}
