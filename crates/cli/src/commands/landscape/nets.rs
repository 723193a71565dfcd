//! The networks of a landscape: from model files, or from a stored run that is trained again.

#[cfg(feature = "store")]
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lessons::landscape::Point;
#[cfg(feature = "store")]
use train::{Record, Training};
use train::{Split, Task, weights};

use crate::args::DataArgs;
#[cfg(feature = "store")]
use crate::args::ThreadsArgs;
#[cfg(feature = "store")]
use crate::commands::lessons::Watch;
#[cfg(feature = "store")]
use crate::commands::runs::{StoreArgs, find, task_and_recipe};
use crate::failure::Failure;
use crate::trained::{Trained, TrainedTask, load_for};

/// A task and networks of it.
pub(super) struct Nets {
    pub(super) task: Task,
    pub(super) points: Vec<Point>,
}

impl Nets {
    /// The networks in these files, which must be of one task.
    pub(super) fn read(models: &[PathBuf], data: &DataArgs) -> Result<Nets, Failure> {
        let nets = match TrainedTask::read(&models[0], &data.place)? {
            Some(first) => of_task(first, models)?,
            None => classifiers(models, data)?,
        };
        nets.with_examples()
    }

    /// The same, unless the task is a function without examples.
    fn with_examples(self) -> Result<Nets, Failure> {
        if !self.task.examples.is_empty(Split::Train) {
            return Ok(self);
        }
        let name = files::text::name(&self.task.name);
        let message = format!("{name}: expected a task with examples, found a function");
        Err(Failure::usage(message, format!("`descent race {name} sgd adam` draws paths on it")))
    }
}

/// Networks of a task of the registry, the first of which is read.
fn of_task(first: TrainedTask, models: &[PathBuf]) -> Result<Nets, Failure> {
    let TrainedTask { task, weights, buffers, .. } = first;
    let mut points = vec![Point { name: name(&models[0]), weights, buffers }];
    for path in &models[1..] {
        if weights::task_name(path)?.as_deref() != Some(&*task.name) {
            return Err(other_network(path, &models[0]));
        }
        let (weights, buffers) = load_for(path, &task)?;
        points.push(Point { name: name(path), weights, buffers });
    }
    Ok(Nets { task, points })
}

/// Classifiers, on the data that the flags name or the first was trained on.
fn classifiers(models: &[PathBuf], data: &DataArgs) -> Result<Nets, Failure> {
    let trained = models.iter().map(|path| Trained::read(path.clone())).collect::<Result<Vec<_>, _>>()?;
    let point = |(model, path): (&Trained, &PathBuf)| {
        if model.weights().layout() != trained[0].weights().layout() {
            return Err(other_network(path, &models[0]));
        }
        let (weights, buffers) = (model.weights().clone(), model.buffers().clone());
        Ok(Point { name: name(path), weights, buffers })
    };
    let points = trained.iter().zip(models).map(point).collect::<Result<_, Failure>>()?;
    Ok(Nets { task: trained[0].examine(data)?.task, points })
}

fn other_network(path: &Path, first: &Path) -> Failure {
    let message = format!("{}: expected the same network as in {}", name(path), name(first));
    Failure::usage(message, "compare models of one architecture")
}

/// Name of a file in pictures.
fn name(path: &Path) -> String {
    files::text::visible(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned()
}

/// Networks of the path of a run: the start, and as many at equal distances in updates.
#[cfg(feature = "store")]
const POINTS: u64 = 30;

/// The run whose key begins with this text, unless it is the path of a file.
#[cfg(feature = "store")]
pub(super) fn stored(text: &Path, store: &StoreArgs) -> Result<Option<Record>, Failure> {
    let is_key = |id: &&str| (4..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(id) = text.to_str().filter(is_key) else { return Ok(None) };
    if text.symlink_metadata().is_ok() {
        return Ok(None);
    }
    let store = store.open_existing()?;
    let run = find(&*store, id)?;
    Ok(Some(store.get(&run.key)?.expect("a listed run is there")))
}

#[cfg(feature = "store")]
impl Nets {
    /// The path of a stored run, which is trained again.
    pub(super) fn of_run(
        record: &Record,
        data: &DataArgs,
        threads: &ThreadsArgs,
        watch: &Watch<'_>,
    ) -> Result<Nets, Failure> {
        let (task, recipe) = task_and_recipe(record, &data.place)?;
        let mut training = Training::new(&task, &recipe, record.seed, record.budget)?;
        let total = training.total_steps();
        let every = total.div_ceil(POINTS).max(1);
        let mut points = vec![];
        let mut keep = |training: &Training<'_>| {
            let weights = training.evaluation_weights().into_owned();
            let name = format!("{} after {} updates", recipe.name(), training.progress().steps);
            points.push(Point { name, weights, buffers: training.buffers().clone() });
        };
        keep(&training);
        watch.begin("training again");
        let mut flow = ControlFlow::Continue(());
        threads.start()?.run(|| {
            training.run(&mut |training| {
                let steps = training.progress().steps;
                if (steps.is_multiple_of(every) || steps == total) && !training.has_diverged() {
                    keep(training);
                }
                flow = watch.progress(steps as usize, total as usize);
                flow
            });
        });
        if flow.is_break() {
            return Err(watch.failure(lessons::Error::Stopped));
        }
        let diverged = training.has_diverged();
        drop(training);
        if diverged {
            let message = "the run diverged: expected one that was trained to its end".to_string();
            return Err(Failure::usage(message, "`descent runs list --status finished` lists others"));
        }
        Nets { task, points }.with_examples()
    }
}
