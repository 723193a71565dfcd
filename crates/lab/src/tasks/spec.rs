//! A task by name, with another data set where it takes one.

use std::fmt;
use std::str::FromStr;

use data::Set;
use data::characters::Vocabulary;
use files::text::{nearest, visible};
use train::{Error, Task, weights};

use super::{Data, Info, Setup, all, text};

/// A task and its data set: `char-lstm`, `simplenn`, `simplenn:fashion-mnist`.
#[derive(Debug, Clone, Copy)]
pub struct TaskSpec {
    /// The entry of the registry.
    pub info: &'static Info,
    /// The data set of a task on images.
    pub dataset: Option<&'static Set>,
}

impl TaskSpec {
    /// Loads or generates the data, and builds the task under its name.
    ///
    /// # Errors
    /// If the data cannot be loaded, or do not fit the model.
    pub fn build(&self, setup: &mut Setup<'_>) -> Result<Task, Error> {
        let &TaskSpec { info, dataset } = self;
        if let Some(dataset) = dataset {
            setup.use_dataset(dataset);
        }
        let task = (info.build)(info, setup)?;
        let mut notes = task.notes;
        // Notes of a classifier say all that is needed to use it; others need the task.
        if notes.is_empty() {
            notes.insert(weights::TASK.to_string(), self.to_string());
        }
        Ok(Task { name: self.to_string(), target: info.target, notes, ..task })
    }

    /// Characters by token, of a task on the text of the crate `data`.
    ///
    /// ```
    /// let spec: lab::tasks::TaskSpec = "char-rnn".parse()?;
    /// assert!(spec.vocabulary().is_some_and(|vocabulary| vocabulary.symbols().contains(&'q')));
    /// # Ok::<(), lab::tasks::UnknownTask>(())
    /// ```
    pub fn vocabulary(&self) -> Option<Vocabulary> {
        matches!(self.info.data, Data::Generated(text::NAME)).then(|| Vocabulary::of(data::text()))
    }

    /// The same task on another data set; `None` if it is not a task on images.
    pub fn on(self, dataset: &'static Set) -> Option<TaskSpec> {
        self.dataset.map(|_| TaskSpec { dataset: Some(dataset), ..self })
    }
}

/// The name; the data set only where it is not the usual one.
impl fmt::Display for TaskSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.name)?;
        match (self.dataset, self.info.data) {
            (Some(set), Data::Images(usual)) if set.name != usual => write!(f, ":{}", set.name),
            _ => Ok(()),
        }
    }
}

/// A name that no task has.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnknownTask {
    /// An unknown task.
    #[error("unknown task `{}`{}", visible(name), did_you_mean(*nearest))]
    Task {
        /// The name as given.
        name: String,
        /// The nearest one that exists.
        nearest: Option<&'static str>,
    },
    /// A data set for a task that has its own data.
    #[error("task `{task}` takes no data set; found `{}`", visible(dataset))]
    NoDataset {
        /// The task.
        task: &'static str,
        /// The data set as given.
        dataset: String,
    },
    /// An unknown data set.
    #[error("unknown data set `{}` of task `{task}`{}", visible(dataset), did_you_mean(*nearest))]
    Dataset {
        /// The task.
        task: &'static str,
        /// The data set as given.
        dataset: String,
        /// The nearest one that exists.
        nearest: Option<&'static str>,
    },
}

impl FromStr for TaskSpec {
    type Err = UnknownTask;

    /// Underscores are taken for hyphens.
    fn from_str(text: &str) -> Result<TaskSpec, UnknownTask> {
        let (name, dataset) = match text.trim().split_once(':') {
            Some((name, dataset)) => (name.trim(), Some(dataset.trim())),
            None => (text.trim(), None),
        };
        let spelled = name.replace('_', "-");
        let info = all().find(|info| info.name == spelled).ok_or_else(|| UnknownTask::Task {
            name: name.to_string(),
            nearest: nearest(&spelled, &all().map(|info| info.name).collect::<Vec<_>>()),
        })?;
        let set = |name: &str| data::SETS.iter().find(|set| set.name == name);
        let dataset = match (info.data, dataset) {
            (Data::Images(usual), None) => set(usual),
            (Data::Images(_), Some(dataset)) => Some(set(dataset).ok_or_else(|| UnknownTask::Dataset {
                task: info.name,
                dataset: dataset.to_string(),
                nearest: nearest(dataset, &data::SETS.iter().map(|set| set.name).collect::<Vec<_>>()),
            })?),
            (_, None) => None,
            (_, Some(dataset)) => {
                return Err(UnknownTask::NoDataset { task: info.name, dataset: dataset.to_string() });
            }
        };
        Ok(TaskSpec { info, dataset })
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
