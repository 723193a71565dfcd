//! Stores of runs: records by key, claims on runs under way, studies and their trials.
//!
//! A run is asked for by its key ([`train::Record::key`]): what is there costs nothing, what another process
//! trains is left to it, and the rest is claimed, trained and put.
//!
//! ```
//! use lab::store::{Memory, Store, Turn, take};
//! use train::{Budget, NoExamples, Recipe, Task, Training};
//! # use autograd::{BufferPool, Var};
//! # use nn::{Builder, Context, Init, Model, Module};
//! # use tensor::{Kernels, ParamId, Role};
//! # #[derive(Debug)]
//! # struct Valley(ParamId);
//! # impl Module for Valley {
//! #     fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
//! #         x.tape().param(self.0).square().sum()
//! #     }
//! # }
//! # let mut builder = Builder::new();
//! # let point = builder.param("point", [2], Role::Matrix, Init::Constant(1.0), (1, 1));
//! # let model = Model::new(builder, Valley(point));
//! # let data = std::sync::Arc::new(NoExamples::new("valley"));
//! # let task = Task::new("valley", data, model, train::loss::Output, train::Metric::Loss);
//! let store = Memory::default();
//! let recipe: Recipe = "sgd lr=0.1".parse()?;
//! let mut trained = 0;
//! for _ in 0..2 {
//!     let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 1 })?;
//!     match take(&store, &training.record().key())? {
//!         Turn::Done(record) => assert!(record.finished()),
//!         Turn::Held(holder) => panic!("{holder} has it"),
//!         Turn::Ours(mut work) => {
//!             training.run(&mut |training| work.keep(training));
//!             let record = work.finish(&training)?;
//!             trained += usize::from(record.is_some());
//!         }
//!     }
//! }
//! assert_eq!(trained, 1);
//! # Ok::<(), lab::Error>(())
//! ```

mod diff;
mod error;
mod filter;
mod holder;
mod memory;
mod rules;
mod same;
mod work;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use train::Record;

pub use diff::lines as line_differences;
pub use error::Error;
pub use filter::Filter;
pub use holder::Holder;
pub use memory::Memory;
pub use rules::{put_runs, put_study, put_trials, unknown_study};
pub use same::differences;
pub use work::{Turn, Work, keep_claims, take};

/// Time between two signs of life of a claim.
pub const BEAT: Duration = Duration::from_secs(5);

/// Age of the last sign of life at which a claim is anyone's again.
pub const EXPIRES: Duration = Duration::from_secs(60);

/// Runs by key, shared by threads and processes. All methods are atomic: another process sees all of what one
/// did, or nothing.
pub trait Store: fmt::Debug + Send + Sync {
    /// The finished run with this key.
    ///
    /// # Errors
    /// If the store cannot be read, or is damaged.
    fn get(&self, key: &str) -> Result<Option<Record>, Error>;

    /// Keeps a run that is over, under its key, and ends the claim on it. Of two records with the same
    /// results the first stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a run with this key and other results is there; otherwise as for [`Store::get`].
    fn put(&self, record: &Record) -> Result<Put, Error> {
        Ok(self.put_all(std::slice::from_ref(record))?[0])
    }

    /// [`Store::put`] for many: all of them are kept, or with an error none.
    ///
    /// # Errors
    /// As for [`Store::put`].
    fn put_all(&self, records: &[Record]) -> Result<Vec<Put>, Error>;

    /// The finished runs that a filter lets through, in the order in which they were put.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn list(&self, filter: &Filter) -> Result<Vec<Summary>, Error>;

    /// The records of such runs, in the same order.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn records(&self, filter: &Filter) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        for summary in self.list(filter)? {
            records.extend(self.get(&summary.key)?);
        }
        Ok(records)
    }

    /// Takes a run for this holder, unless it is done or another one that is alive has it.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn claim(&self, key: &str, holder: &Holder) -> Result<Claim, Error>;

    /// Gives a sign of life, with the measurements so far if there are any. Says if the claim is still this
    /// holder's.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn beat(&self, key: &str, holder: &Holder, so_far: Option<&Record>) -> Result<bool, Error>;

    /// Ends a claim without a result, if it is this holder's.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn release(&self, key: &str, holder: &Holder) -> Result<(), Error>;

    /// All claims, those that have expired too, by key.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn running(&self) -> Result<Vec<Running>, Error>;

    /// Keeps a study, or finds it as it is.
    ///
    /// # Errors
    /// [`Error::Changed`] if one of this name has another definition; otherwise as for [`Store::get`].
    fn open_study(&self, study: &StudyText) -> Result<Put, Error>;

    /// Puts a study in place of the one with its name, whose trials are forgotten; its runs stay.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn replace_study(&self, study: &StudyText) -> Result<(), Error>;

    /// All studies, by name.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn studies(&self) -> Result<Vec<StudyText>, Error>;

    /// The study of this name.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn study(&self, name: &str) -> Result<Option<StudyText>, Error> {
        Ok(self.studies()?.into_iter().find(|study| study.name == name))
    }

    /// Keeps a trial of a study, or finds it as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the study has another trial of this name, [`Error::Unknown`] if the store has no such
    /// study; otherwise as for [`Store::get`].
    fn put_trial(&self, study: &str, trial: &Trial) -> Result<Put, Error> {
        Ok(self.put_trials(study, std::slice::from_ref(trial))?[0])
    }

    /// [`Store::put_trial`] for many: all of them are kept, or with an error none.
    ///
    /// # Errors
    /// As for [`Store::put_trial`].
    fn put_trials(&self, study: &str, trials: &[Trial]) -> Result<Vec<Put>, Error>;

    /// The trials of a study by name, numbers in the order in which people count.
    ///
    /// # Errors
    /// As for [`Store::get`].
    fn trials(&self, study: &str) -> Result<Vec<Trial>, Error>;
}

/// The outcome of putting something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was not there, and is now.
    New,
    /// The same was there already.
    Same,
}

/// The outcome of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// The run is the claimant's to do.
    Ours,
    /// It is done.
    Done(Box<Record>),
    /// Another one that is alive has it.
    Held(Holder),
}

/// A run under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// Key of the run.
    pub key: String,
    /// The process that has it.
    pub holder: Holder,
    /// Time of the claim, in milliseconds since 1970.
    pub since: u64,
    /// Time of the last sign of life, in milliseconds since 1970.
    pub beat: u64,
    /// Measurements until then.
    pub so_far: Option<Record>,
}

impl Running {
    /// If the claim is anyone's again at a time in milliseconds since 1970: its process has ended, or its
    /// signs of life have.
    pub fn has_expired(&self, now: u64) -> bool {
        self.holder.has_ended() || now.saturating_sub(self.beat) > EXPIRES.as_millis() as u64
    }
}

/// A study as a store keeps it: its text is its definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyText {
    /// Name, unique in a store.
    pub name: String,
    /// The definition, a setting a line, with defaults written out.
    pub text: String,
}

impl StudyText {
    /// SHA-256 of the definition, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(&self.text)
    }
}

/// A trial of a study: the runs that it consists of and what the study says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Name, unique in its study: `tune/mnist/adam/3`.
    pub name: String,
    /// Keys of its runs, in the study's order.
    pub runs: Vec<String>,
    /// Its result in the study's own words, JSON where there is more than a word.
    pub result: String,
}

/// A run in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Key of the run.
    pub key: String,
    /// Name of the task.
    pub task: String,
    /// Name of the data.
    pub data: String,
    /// The model in words.
    pub model: String,
    /// The optimizer's name.
    pub optimizer: String,
    /// The canonical spelling of all settings.
    pub recipe: String,
    /// The seed.
    pub seed: u64,
    /// Passes over the training set.
    pub epochs: u32,
    /// `finished` or `diverged`.
    pub status: String,
    /// Name of the measure.
    pub metric: String,
    /// The measure at the end, if it was measured and is finite.
    pub value: Option<f64>,
    /// The last epoch's training loss, if it was measured and is finite.
    pub train_loss: Option<f64>,
    /// Time at which it was put, in milliseconds since 1970.
    pub added: u64,
    /// Names of the studies that have it.
    pub studies: Vec<String>,
}

impl Summary {
    /// A record in a line, put at a time in milliseconds since 1970, in no study yet.
    pub fn new(key: String, record: &Record, added: u64) -> Summary {
        Summary {
            key,
            task: record.task.name.clone(),
            data: record.task.data.name.clone(),
            model: record.task.model.clone(),
            optimizer: record.optimizer.clone(),
            recipe: record.recipe.clone(),
            seed: record.seed,
            epochs: record.budget.epochs,
            status: if record.finished() { "finished" } else { "diverged" }.to_string(),
            metric: record.task.metric.name().to_string(),
            value: record.final_metric().filter(|value| value.is_finite()),
            train_loss: record.final_train_loss().filter(|loss| loss.is_finite()),
            added,
            studies: Vec::new(),
        }
    }
}

/// The time in milliseconds since 1970.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
