//! The thread that trains a run: it tells the feed, and does what pages want after the batch at which they want it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use data::samples::{Inputs, Targets};
use tensor::parallel::Threads;
use train::{Batch, Event, Metric, Split, Task, Training};

use crate::cores::Core;
use crate::problem::Problem;
use crate::request::Request;
use crate::run::{Facts, Learned, Measured, Run, Spot, Status, Wanted};
use crate::saved::Saved;
use crate::session::Session;

/// Time between two additions to the feed: ten a second at most.
const TOLD: Duration = Duration::from_millis(100);

/// Points of the training curve of a whole run, at most.
const POINTS: u64 = 2000;

/// Starts runs, one for each request; returns their numbers.
pub(crate) fn start(
    session: &Arc<Session>,
    requests: Vec<Request>,
    pace: Option<f64>,
) -> Result<Vec<u64>, Problem> {
    session.admit_runs(requests.len())?;
    requests
        .into_iter()
        .map(|request| {
            let run = Arc::new(Run::new(session.next_id(), request));
            run.control.pace(pace);
            spawn(session, &run)?;
            let id = run.id;
            session.list(run);
            Ok(id)
        })
        .collect()
}

/// Goes on with a run that was stopped.
pub(crate) fn resume(session: &Arc<Session>, run: &Arc<Run>) -> Result<(), Problem> {
    session.admit_runs(0)?;
    {
        // Looked at and taken in one step, so that of two pages that ask one starts it.
        let mut feed = run.feed();
        if feed.status != Status::Stopped {
            return Err(Problem::conflict("this run was not stopped", "load the page again"));
        }
        (feed.status, feed.trouble) = (Status::Waiting, None);
        feed.revision += 1;
    }
    run.control.revive();
    spawn(session, run)
}

/// Starts the thread of a run.
fn spawn(session: &Arc<Session>, run: &Arc<Run>) -> Result<(), Problem> {
    // Before its data are loaded, so that runs begin in the order in which they were asked for.
    session.cores.line_up(run.id);
    let run = run.clone();
    session.spawn(format!("run-{}", run.id), move |session| {
        let failure = Failure { session, run: &run };
        if let Err(Problem { error, hint, .. }) = train(session, &run) {
            run.change(|feed| (feed.status, feed.trouble) = (Status::Failed, Some((error, hint))));
        }
        drop(failure);
        session.cores.leave(run.id);
        session.tell();
    })
}

/// Says of a run whose thread panics that it failed, instead of leaving it as running for ever.
struct Failure<'a> {
    session: &'a Session,
    run: &'a Run,
}

impl Drop for Failure<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let why = (
                "the run ended by a mistake of the program".to_string(),
                "the terminal has its place".to_string(),
            );
            self.session.cores.leave(self.run.id);
            self.run.change(|feed| (feed.status, feed.trouble) = (Status::Failed, Some(why)));
            self.session.tell();
        }
    }
}

/// Sets the status and tells pages at once.
fn tell(session: &Session, run: &Run, status: Status) {
    run.change(|feed| feed.status = status);
    session.tell();
}

fn train(session: &Session, run: &Run) -> Result<(), Problem> {
    let request = &run.request;
    tell(session, run, Status::Loading);
    let task = session.task(request.task)?;
    let mut training = Training::new(&task, &request.recipe, request.seed, request.budget)?;
    let classes = classes(&task);
    let is_picture = !classes.is_empty();
    run.change(|feed| {
        feed.facts = Some(Facts {
            batches_per_epoch: training.steps_per_epoch(),
            data: task.examples.info().clone(),
            metric: task.metric,
            weights: task.model.layout().len(),
            classes,
            warnings: training.warnings().iter().map(ToString::to_string).collect(),
        });
    });
    let checkpoint = run.feed().saved.as_ref().and_then(|saved| saved.checkpoint.clone());
    match checkpoint {
        Some(file) => training.resume(&file, false)?,
        None => run.change(|feed| feed.begin()),
    }
    let mut teller = Teller::new(session, run, &training);
    let learn = |training: &Training<'_>| {
        if is_picture {
            run.learn(learned(&task, training));
        }
    };
    learn(&training);
    loop {
        let wanted = wait_for_turn(session, run);
        if wanted.stopped {
            break;
        }
        let core = Core::of(&session.cores);
        // Where the system refuses more, it trains on this one.
        teller.threads = session.cores.threads_each();
        let threads = Threads::start(teller.threads).or_else(|_| Threads::start(1));
        let threads = threads.map_err(|error| Problem::failed(error.to_string(), error.hint()))?;
        training.set_lr_scale(wanted.lr_scale);
        teller.pace = wanted.pace;
        teller.note_rate(&training);
        tell(session, run, Status::Running);
        threads.run(|| {
            training.run_events(&mut |training, event| {
                let flow = teller.read(training, event);
                if teller.has_just_told && run.wants_weights.swap(false, Ordering::Relaxed) {
                    learn(training);
                }
                flow
            });
        });
        teller.flush(&training);
        drop(core);
        if training.is_over() {
            break;
        }
    }
    learn(&training);
    end(session, run, &training)
}

/// Waits while the run is paused, then for a free core; a run that is to stop waits for neither.
fn wait_for_turn(session: &Session, run: &Run) -> Wanted {
    loop {
        let wanted = run.control.wanted();
        if wanted.stopped || wanted.paused {
            session.cores.leave(run.id);
        }
        if wanted.stopped {
            return wanted;
        }
        if wanted.paused {
            tell(session, run, Status::Paused);
            run.control.wait_while_paused();
            continue;
        }
        if session.cores.take(run.id) {
            return wanted;
        }
        if run.status() != Status::Waiting {
            tell(session, run, Status::Waiting);
        }
        run.control.news();
        run.control.wait(Duration::from_millis(20));
    }
}

/// Keeps what a run has come to: in the store if it is the plain recipe to its end, else as files.
fn end(session: &Session, run: &Run, training: &Training<'_>) -> Result<(), Problem> {
    let record = training.record();
    let status = match (training.has_diverged(), training.is_over()) {
        (true, _) => Status::Diverged,
        (false, true) => Status::Finished,
        (false, false) => Status::Stopped,
    };
    let (saved, mut trouble, mut stored) = (run.feed().saved.clone(), None, None);
    let saved = match &session.store {
        Some(store) if training.is_over() && record.changes.is_empty() => match store.put(&record) {
            Ok(_) => {
                stored = Some(record.key());
                saved.into_iter().for_each(Saved::forget);
                None
            }
            Err(error) => {
                trouble = Some((error.to_string(), error.hint()));
                saved
            }
        },
        // Nothing has been trained that would be lost.
        _ if record.counts.batches == 0 => saved,
        _ => {
            let checkpoint = if training.is_over() { None } else { training.checkpoint() };
            let written = saved.map_or_else(|| Saved::claim(&session.folder), Ok).and_then(|mut saved| {
                saved.write(&run.request, record.clone(), checkpoint.as_deref())?;
                Ok(saved)
            });
            written.map_err(|error| trouble = Some((error.to_string(), error.hint()))).ok()
        }
    };
    run.change(|feed| {
        (feed.status, feed.trouble, feed.saved, feed.stored) = (status, trouble, saved, stored)
    });
    Ok(())
}

/// Names of the classes of a task on pictures of digits' size; none of another task.
pub(crate) fn classes(task: &Task) -> Vec<String> {
    let mut first = Batch::default();
    let some = usize::from(!task.examples.is_empty(Split::Train));
    task.examples.gather(Split::Train, &[0][..some], &mut first);
    let side = data::pictures::SIDE;
    match (&first.inputs, first.targets, task.metric) {
        (Inputs::Bytes { shape, .. }, Targets::Classes { names, .. }, Metric::Accuracy)
            if shape[..] == [side, side, 1] =>
        {
            names
        }
        _ => Vec::new(),
    }
}

fn learned(task: &Arc<Task>, training: &Training<'_>) -> Learned {
    Learned {
        task: task.clone(),
        weights: training.evaluation_weights().into_owned(),
        buffers: training.buffers().clone(),
        batches: training.progress().steps,
    }
}

/// Reader of the events of a run, who gathers them and now and then tells the feed.
struct Teller<'a> {
    session: &'a Session,
    run: &'a Run,
    /// Batches of one point of the curve.
    stretch: u64,
    per_epoch: f64,
    /// Losses of the point under way.
    sum: f64,
    count: u64,
    losses: Vec<Spot>,
    evaluations: Vec<Measured>,
    told: Instant,
    has_just_told: bool,
    /// Threads of this turn.
    threads: usize,
    /// Batches a second at most, and when the next may begin.
    pace: Option<f64>,
    due: Instant,
}

impl<'a> Teller<'a> {
    fn new(session: &'a Session, run: &'a Run, training: &Training<'_>) -> Teller<'a> {
        Teller {
            session,
            run,
            stretch: training.total_steps().div_ceil(POINTS).max(1),
            per_epoch: training.steps_per_epoch() as f64,
            sum: 0.0,
            count: 0,
            losses: Vec::new(),
            evaluations: Vec::new(),
            told: Instant::now(),
            has_just_told: false,
            threads: 1,
            pace: None,
            due: Instant::now(),
        }
    }

    /// Takes note of an event; stops the run where pages want another rate, a pause or an end.
    fn read(&mut self, training: &Training<'_>, event: &Event) -> ControlFlow<()> {
        self.has_just_told = false;
        match *event {
            Event::Progress { batches, seconds, loss, .. } => {
                (self.sum, self.count) = (self.sum + loss, self.count + 1);
                // The points are where they are whether a run was stopped or not.
                if batches.is_multiple_of(self.stretch) || training.is_over() {
                    let value = self.sum / self.count as f64;
                    self.losses.push(self.spot(batches, seconds, value));
                    (self.sum, self.count) = (0.0, 0);
                }
                if self.told.elapsed() >= TOLD {
                    self.flush(training);
                    // Another run has begun or ended: the next turn has another number of threads.
                    if self.session.cores.threads_each() != self.threads {
                        return ControlFlow::Break(());
                    }
                }
                self.obey(training)
            }
            Event::Evaluated { split, batches, loss, metric } => {
                let seconds = training.progress().seconds;
                self.evaluations.push(Measured { split, loss: self.spot(batches, seconds, loss), metric });
                ControlFlow::Continue(())
            }
            Event::RunStarted { .. } | Event::RunFinished { .. } => ControlFlow::Continue(()),
        }
    }

    fn spot(&self, batches: u64, seconds: f64, value: f64) -> Spot {
        Spot { epoch: batches as f64 / self.per_epoch, seconds, value }
    }

    /// Looks at what pages want, and keeps the pace.
    fn obey(&mut self, training: &Training<'_>) -> ControlFlow<()> {
        loop {
            if let Some(wanted) = self.run.control.news() {
                self.pace = wanted.pace;
                if wanted.stopped || wanted.paused || wanted.lr_scale != training.lr_scale() {
                    return ControlFlow::Break(());
                }
            }
            let Some(pace) = self.pace else { return ControlFlow::Continue(()) };
            let now = Instant::now();
            let gap = Duration::from_secs_f64(1.0 / pace);
            // A pace that was raised does not wait for the old one's next batch.
            if now >= self.due || self.due - now > gap {
                self.due = now.max(self.due.min(now + gap)) + gap;
                return ControlFlow::Continue(());
            }
            if self.told.elapsed() >= TOLD && !self.losses.is_empty() {
                self.flush(training);
            }
            self.run.control.wait((self.due - now).min(TOLD));
        }
    }

    /// Adds all that was gathered to the feed.
    fn flush(&mut self, training: &Training<'_>) {
        self.told = Instant::now();
        self.has_just_told = true;
        let (progress, lr) = (training.progress(), training.optimizer().learning_rate());
        let mut feed = self.run.feed();
        feed.add(&mut self.losses, &mut self.evaluations);
        (feed.batches, feed.seconds) = (progress.steps, progress.seconds);
        feed.lr = lr;
        drop(feed);
        self.session.tell();
    }

    fn note_rate(&mut self, training: &Training<'_>) {
        let (lr, is_changed) = (training.optimizer().learning_rate(), training.lr_scale() != 1.0);
        self.run.change(|feed| {
            feed.lr = lr;
            feed.is_changed |= is_changed;
        });
    }
}
