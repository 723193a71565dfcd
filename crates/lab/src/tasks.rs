//! The registry of tasks: a file and a line each.
//!
//! ```
//! use lab::tasks::{Setup, TaskSpec};
//!
//! let spec: TaskSpec = "mnist1d-conv".parse()?;
//! let task = spec.build(&mut Setup::offline())?;
//! assert_eq!((task.model_name.as_str(), spec.info.batch), ("three convolutions and a dense layer", 100));
//!
//! let error = "mnist1d-cov".parse::<TaskSpec>().unwrap_err();
//! assert_eq!(error.to_string(), "unknown task `mnist1d-cov`; did you mean `mnist1d-conv`?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod functions;
mod mnist1d;
mod recorded;
mod setup;
mod spec;
mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use files::text::visible;
use nn::Model;
use train::loss::DynLoss;
use train::{Budget, Error, Examples, Metric, Task};

pub use recorded::{recorded, without_test};
pub use setup::{Setup, hold_out};
pub use spec::{TaskSpec, UnknownTask};

/// A task before its data are loaded.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Name on the command line and in records: `char-lstm`.
    pub name: &'static str,
    /// The question that it puts to an optimizer, in one line.
    pub why: &'static str,
    /// The examples.
    pub data: Data,
    /// The model in words.
    pub model: &'static str,
    /// The loss that is minimized.
    pub loss: &'static str,
    /// The measure by which recipes are compared, with its direction.
    pub metric: Metric,
    /// A value of the metric that is worth reaching.
    pub target: Option<f64>,
    /// The usual length of a run.
    pub budget: Budget,
    /// The usual batch size.
    pub batch: usize,
    /// The literature that it is from.
    pub source: &'static str,
    /// The task itself.
    pub build: Build,
}

impl Info {
    /// A task of one's own: a loss that is to be as low as possible, in 20 epochs of batches of 64;
    /// `Info { metric: Metric::Accuracy, ..Info::own(name, build) }` says more.
    pub const fn own(name: &'static str, build: Build) -> Info {
        Info {
            name,
            why: "a task of this program",
            data: Data::Generated("made by this program"),
            model: "",
            loss: "",
            metric: Metric::Loss,
            target: None,
            budget: Budget { epochs: 20, evaluations: 1 },
            batch: 64,
            source: "",
            build,
        }
    }

    /// The task with these examples and this model.
    pub fn task(
        &self,
        examples: impl Examples + 'static,
        model: Model,
        loss: impl DynLoss + 'static,
    ) -> Task {
        let task = Task::new(self.name, Arc::new(examples), model, loss, self.metric);
        if self.model.is_empty() { task } else { Task { model_name: self.model.to_string(), ..task } }
    }
}

/// Builds a task from its facts and its data.
pub type Build = fn(&Info, &mut Setup<'_>) -> Result<Task, Error>;

/// The examples of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Images and their classes: this set of [`data::SETS`], or another one of them.
    Images(&'static str),
    /// Generated or part of the program; no file is read.
    Generated(&'static str),
    /// None: the formula of a test function.
    Formula(&'static str),
}

/// Declares the files of tasks, each with an `INFO`, in the order of the lists.
macro_rules! registry {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        const WITH_EXAMPLES: &[Info] = &[$($file::INFO),+];
    };
}

registry! {
    simplenn,
    logreg,
    two_c_two_d,
    lenet,
    resnet_mini,
    deep_sigmoid,
    autoencoder,
    vae,
    mnist1d_logreg,
    mnist1d_mlp,
    mnist1d_conv,
    mnist1d_gru,
    friedman1,
    char_rnn,
    char_gru,
    char_lstm,
    char_lstm2,
    char_transformer,
    quadratic_deep,
}

/// Every task: those with examples, the [test functions](functions), then those that were [registered](register).
pub fn all() -> impl Iterator<Item = &'static Info> {
    built_in().chain(registered().clone())
}

fn built_in() -> impl Iterator<Item = &'static Info> {
    WITH_EXAMPLES.iter().chain(functions::TASKS)
}

fn registered() -> MutexGuard<'static, Vec<&'static Info>> {
    static REGISTERED: Mutex<Vec<&'static Info>> = Mutex::new(Vec::new());
    // A panic elsewhere leaves a whole list.
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a task of another crate: from then on its name is known in this process, to studies, tables and the command
/// line. The same task may be registered again.
///
/// # Errors
/// If another task has the name, or it is not of lower-case letters, digits and `-`.
pub fn register(info: &'static Info) -> Result<(), crate::Error> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fault = |message: String| crate::Error::Study {
        message,
        hint: "change the name in the task's `Info`".to_string(),
    };
    if info.name.is_empty() || !info.name.chars().all(letters) {
        let name = visible(info.name);
        return Err(fault(format!(
            "expected a task's name from lower-case letters, digits and -, found `{name}`"
        )));
    }
    let mut registered = registered();
    match built_in().chain(registered.iter().copied()).find(|known| known.name == info.name) {
        Some(known) if std::ptr::eq(known, info) => Ok(()),
        Some(_) => Err(fault(format!("duplicate task `{}`", info.name))),
        None => {
            registered.push(info);
            Ok(())
        }
    }
}
