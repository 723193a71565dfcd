//! What can be wrong with settings given by name.

use thiserror::Error as ThisError;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, ThisError)]
pub enum Error {
    /// No such rule, schedule, hyperparameter or state array.
    #[error("there is no {kind} `{name}`{}", suggestion(nearest))]
    Unknown {
        /// What was looked for: `optimizer`, `hyperparameter of adam`, …
        kind: String,
        /// The name as given.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<String>,
        /// All names that exist.
        known: Vec<String>,
    },
    /// A value outside its range.
    #[error("{of}: {name}={value} is not allowed: {name} is {allowed}")]
    OutOfRange {
        /// The rule or schedule.
        of: String,
        /// The hyperparameter.
        name: String,
        /// The value as given.
        value: String,
        /// The range in words.
        allowed: String,
    },
    /// Values that are each in range but do not go together.
    #[error("{of}: {why}")]
    Conflict {
        /// The rule.
        of: String,
        /// What does not go together, and what to do.
        why: String,
    },
    /// Text that is no `name=value`.
    #[error("`{text}` is not understood: {expected}")]
    Syntax {
        /// The part that is not understood.
        text: String,
        /// What was expected in its place.
        expected: String,
    },
    /// A state dict of another optimizer.
    #[error("this state does not fit: {why}")]
    State {
        /// What differs.
        why: String,
    },
}

impl Error {
    /// An unknown name, with the nearest of those that exist.
    pub(crate) fn unknown(
        kind: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Error {
        let known: Vec<String> = known.into_iter().map(str::to_string).collect();
        let similar = known.iter().map(|k| (strsim::damerau_levenshtein(k, name), k)).min();
        let nearest = similar.filter(|(distance, k)| *distance <= 1 + k.len() / 4).map(|(_, k)| k.clone());
        Error::Unknown { kind: kind.into(), name: name.to_string(), nearest, known }
    }

    /// The next step for a person, beside the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Unknown { known, .. } => Some(format!("there are: {}", known.join(", "))),
            _ => None,
        }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}
