//! All runs and studies of this process.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use lab::Store;
use lab::store::Memory;
use lab::tasks::{Setup, TaskSpec};
use tokio::sync::watch;
use train::Task;

use crate::cores::Cores;
use crate::problem::Problem;
use crate::run::Run;
use crate::saved;
use crate::settings::{Load, Settings};
use crate::study::StudyRun;

/// Maximum number of runs, and of studies, that a process lists.
const MOST: usize = 300;

/// A drawing, and what was read from it.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) drawing: Vec<u8>,
    pub(crate) digit: Vec<u8>,
}

/// All that pages look at.
pub(crate) struct Session {
    load: Load,
    /// The store of the user, if there is one.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Where studies put their runs where there is none.
    memory: Arc<Memory>,
    pub(crate) folder: PathBuf,
    pub(crate) cores: Cores,
    pub(crate) threads: usize,
    runs: Mutex<BTreeMap<u64, Arc<Run>>>,
    studies: Mutex<BTreeMap<u64, Arc<StudyRun>>>,
    next: AtomicU64,
    tasks: Mutex<BTreeMap<String, Arc<Task>>>,
    /// The picture that was read last.
    pub(crate) reading: Mutex<Option<Reading>>,
    threads_at_work: Mutex<Vec<JoinHandle<()>>>,
    is_closing: AtomicBool,
    /// Number of changes, for pages that wait for one.
    changes: watch::Sender<u64>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves whole lists.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(crate) fn new(settings: Settings) -> Session {
        let Settings { load, store, folder, runs, threads, .. } = settings;
        let found = saved::all_in(&folder);
        let session = Session {
            load,
            store,
            memory: Arc::default(),
            folder,
            cores: Cores::new(runs, threads),
            threads,
            runs: Mutex::default(),
            studies: Mutex::default(),
            next: AtomicU64::new(1),
            tasks: Mutex::default(),
            reading: Mutex::default(),
            threads_at_work: Mutex::default(),
            is_closing: AtomicBool::new(false),
            changes: watch::Sender::new(0),
        };
        for (request, saved, record) in found {
            let id = session.next_id();
            lock(&session.runs).insert(id, Arc::new(Run::of_saved(id, request, saved, &record)));
        }
        session
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Wakes all pages that wait for a change.
    pub(crate) fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn runs(&self) -> Vec<Arc<Run>> {
        lock(&self.runs).values().cloned().collect()
    }

    pub(crate) fn studies(&self) -> Vec<Arc<StudyRun>> {
        lock(&self.studies).values().cloned().collect()
    }

    pub(crate) fn run(&self, id: u64) -> Result<Arc<Run>, Problem> {
        let found = lock(&self.runs).get(&id).cloned();
        found.ok_or_else(|| Problem::missing(format!("unknown run {id}"), "load the page again"))
    }

    pub(crate) fn study(&self, id: u64) -> Result<Arc<StudyRun>, Problem> {
        let found = lock(&self.studies).get(&id).cloned();
        found.ok_or_else(|| Problem::missing(format!("unknown study {id}"), "load the page again"))
    }

    /// The task of this name, loaded when it is first wanted.
    pub(crate) fn task(&self, spec: TaskSpec) -> Result<Arc<Task>, Problem> {
        // Held while data are loaded, so that two runs do not load them twice.
        let mut tasks = lock(&self.tasks);
        let name = spec.to_string();
        if let Some(task) = tasks.get(&name) {
            return Ok(task.clone());
        }
        let task = Arc::new(spec.build(&mut self.setup())?);
        tasks.insert(name, task.clone());
        Ok(task)
    }

    /// The data that tasks are built with.
    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup::new(|set| (self.load)(set))
    }

    /// The store of studies: the user's, or one that ends with the process.
    pub(crate) fn store_of_studies(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap_or_else(|| self.memory.clone())
    }

    fn refuse_if(&self, count: usize, what: &str) -> Result<(), Problem> {
        if self.is_closing.load(Ordering::Relaxed) {
            return Err(Problem::conflict("the program is about to end", "start it again"));
        }
        if count > MOST {
            let message = format!("expected at most {MOST} {what}, found {count}");
            return Err(Problem::conflict(message, "take some off the list, or start the program again"));
        }
        Ok(())
    }

    /// Refuses this number of further runs if the list has no place for them or the program is about to end.
    pub(crate) fn admit_runs(&self, count: usize) -> Result<(), Problem> {
        let listed = if count == 0 { 0 } else { lock(&self.runs).len() };
        self.refuse_if(listed + count, "runs")
    }

    /// Refuses a further study, also while one of this name is under way.
    pub(crate) fn admit_study(&self, name: &str) -> Result<(), Problem> {
        self.refuse_if(lock(&self.studies).len() + 1, "studies")?;
        let is_under_way = |other: &Arc<StudyRun>| other.study.name == name && !other.is_over();
        if lock(&self.studies).values().any(is_under_way) {
            let name = files::text::name(name);
            return Err(Problem::conflict(
                format!("study `{name}` is under way"),
                "stop it first, or change the name",
            ));
        }
        Ok(())
    }

    /// Puts a run on the list.
    pub(crate) fn list(&self, run: Arc<Run>) {
        lock(&self.runs).insert(run.id, run);
        self.tell();
    }

    /// Puts a study on the list.
    pub(crate) fn list_study(&self, study: Arc<StudyRun>) {
        lock(&self.studies).insert(study.id, study);
        self.tell();
    }

    /// Starts a thread, for whose end [`close`](Session::close) waits.
    ///
    /// # Errors
    /// If the system refuses it.
    pub(crate) fn spawn(
        self: &Arc<Session>,
        name: String,
        work: impl FnOnce(&Arc<Session>) + Send + 'static,
    ) -> Result<(), Problem> {
        let session = self.clone();
        let thread = thread::Builder::new().name(name).spawn(move || work(&session)).map_err(|error| {
            Problem::failed(
                format!("cannot start a thread: {error}"),
                "wait until other runs are over, or raise the limit (`ulimit -u`)",
            )
        })?;
        let mut threads = lock(&self.threads_at_work);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Takes a run that is over off the list; its files stay.
    pub(crate) fn remove(&self, id: u64) -> Result<(), Problem> {
        if !self.run(id)?.status().is_over() {
            return Err(Problem::conflict("this run is under way", "stop it first"));
        }
        lock(&self.runs).remove(&id);
        self.tell();
        Ok(())
    }

    /// Stops all runs and studies, and waits until what they have come to is kept.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        self.runs().iter().for_each(|run| run.control.stop());
        self.studies().iter().for_each(|study| study.stop());
        let threads = std::mem::take(&mut *lock(&self.threads_at_work));
        // One that panicked has said so.
        threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}
