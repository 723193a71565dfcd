//! Errors of lessons.

use files::text::{nearest, visible};

/// An error of this crate; [`Error::hint`] has the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A run, a data set or a recipe.
    #[error(transparent)]
    Lab(#[from] lab::Error),
    /// An unknown name.
    #[error("unknown {kind} `{}`{}", visible(name), nearest.map_or(String::new(), |near| format!("; did you mean `{near}`?")))]
    Unknown {
        /// `lesson`, `function` or `preset`.
        kind: &'static str,
        /// Name as given.
        name: String,
        /// The most similar name.
        nearest: Option<&'static str>,
    },
    /// The reader of the progress asked to stop.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// [`Error::Unknown`] with the most similar of the names that there are.
    pub(crate) fn unknown(kind: &'static str, name: &str, names: &[&'static str]) -> Error {
        Error::Unknown { kind, name: name.to_string(), nearest: nearest(name, names) }
    }

    /// The next step for a person.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Lab(error) => error.hint(),
            Error::Unknown { kind: "function", .. } => {
                Some("`descent tasks` lists the test functions".to_string())
            }
            Error::Unknown { kind: "preset", .. } => {
                Some("`descent race --help` lists the presets".to_string())
            }
            Error::Unknown { .. } => Some("`descent lessons` lists them".to_string()),
            Error::Stopped => None,
        }
    }
}

impl From<train::Error> for Error {
    fn from(error: train::Error) -> Error {
        Error::Lab(error.into())
    }
}

impl From<optim::Error> for Error {
    fn from(error: optim::Error) -> Error {
        Error::Lab(error.into())
    }
}

impl From<data::Error> for Error {
    fn from(error: data::Error) -> Error {
        train::Error::from(error).into()
    }
}
