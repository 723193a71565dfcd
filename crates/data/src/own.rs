//! A user's own data: tables, arrays, text and, with the feature `pictures`, folders of pictures.
//!
//! Each reader returns [`Samples`](crate::Samples); [`Description`] combines readers, held-out parts and
//! normalization from flags or a TOML file.
//!
//! | module | reads |
//! |---|---|
//! | [`mod@csv`] | tables as comma-separated values |
//! | [`mod@array`] | `.npy` and IDX files |
//! | `pictures` | folders of PNG and JPEG files, a sub-folder for each class |
//! | [`description`] | `dataset.toml` |
//! | [`keys`] | the keys of a TOML table, with places in errors |

pub mod array;
mod classes;
pub mod csv;
pub mod description;
mod elements;
pub mod keys;
mod normalization;
mod npy;
#[cfg(feature = "pictures")]
pub mod pictures;
mod record;

pub use description::{Description, Known, Loaded};
pub use normalization::Normalization;

use std::fmt;
use std::path::Path;

use crate::error::Error;

/// Mismatch at a place of a file: expected, found, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Place within the file, such as `line 3, column 2`; empty for the whole file.
    pub place: String,
    /// The mismatch.
    pub message: String,
    /// The next step for a person.
    pub hint: String,
}

/// Place and mismatch.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_empty() {
            true => f.write_str(&self.message),
            false => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

impl Fault {
    pub(crate) fn expected(place: impl Into<String>, expected: &str, found: &str, hint: &str) -> Fault {
        Fault {
            place: place.into(),
            message: format!("expected {expected}, found {found}"),
            hint: hint.into(),
        }
    }

    pub(crate) fn of(self, file: &Path) -> Error {
        let Fault { place, message, hint } = self;
        Error::Own { file: file.into(), place, message, hint }
    }
}

/// Quotes text from a file for a message: control characters escaped, at most 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
