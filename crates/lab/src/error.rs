//! Errors of work over many runs.

use tensor::parallel::StartError;
use thiserror::Error as ThisError;

/// An error of this crate; [`Error::hint`] has the next step.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A run that cannot begin.
    #[error(transparent)]
    Train(#[from] train::Error),
    /// A store that cannot give or take something.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Threads that cannot be started.
    #[error(transparent)]
    Threads(#[from] StartError),
    /// A study that cannot be.
    #[error("{message}")]
    Study {
        /// The fault.
        message: String,
        /// The next step.
        hint: String,
    },
    /// A range test that cannot be made.
    #[error("{why}")]
    RangeTest {
        /// The fault of its rates, or of the recipe that it is to find one for.
        why: String,
        /// The next step.
        hint: String,
    },
}

impl From<optim::Error> for Error {
    fn from(error: optim::Error) -> Error {
        Error::Train(error.into())
    }
}

impl Error {
    /// The next step for a person.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Train(error) => error.hint(),
            Error::Store(error) => Some(error.hint()),
            Error::Threads(error) => Some(error.hint()),
            Error::RangeTest { hint, .. } | Error::Study { hint, .. } => Some(hint.clone()),
        }
    }
}
