//! A user's own data: tables, arrays, text and, with the feature `pictures`, folders of pictures.
//!
//! Each reader gives [`Samples`](crate::Samples); [`Description`] puts them together from flags or a
//! TOML file, with parts held out, normalization and the names of the classes.
//!
//! | module | reads |
//! |---|---|
//! | [`mod@csv`] | tables as comma-separated values |
//! | [`mod@array`] | `.npy` and IDX files |
//! | [`description`] | `dataset.toml` |

pub mod array;
mod classes;
pub mod csv;
pub mod description;
mod keys;
mod normalization;
mod npy;
mod record;

pub use description::{Description, Loaded};
pub use normalization::Normalization;

use std::path::Path;

use crate::error::Error;

/// What a reader expected at a place of a file, and found there.
pub(crate) struct Fault {
    /// The place within the file, as in `line 3, column 2`; empty for the file as a whole.
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) hint: String,
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

/// Text from a file for a message: quoted, control characters visible, at most 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
