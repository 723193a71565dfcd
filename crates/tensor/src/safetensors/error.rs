//! Faults of safetensors files.

use std::fmt;
use std::path::{Path, PathBuf};

use files::text;

/// Names that a message lists.
const LISTED: usize = 8;
/// Characters of a reason that a message shows.
const SHOWN: usize = 300;

/// Why a safetensors file cannot be used. Its text is short, whatever the file holds.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    fault: Fault,
}

/// A fault of a safetensors file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be opened, read or written.
    File(files::Error),
    /// It was written by `torch.save`, which is another format.
    TorchSave,
    /// It is no safetensors file, or not all of one.
    Format {
        /// The first thing that does not hold.
        why: String,
    },
    /// Its content is not what was written.
    Checksum {
        /// The difference.
        why: String,
    },
    /// A tensor is missing, is one too many, or has another shape or dtype than it must have.
    Tensor {
        /// The tensor at fault, and its fault.
        why: String,
    },
}

impl Error {
    pub(super) fn format(why: impl fmt::Display) -> Error {
        Error { path: None, fault: Fault::Format { why: text::shorten(&why.to_string(), SHOWN) } }
    }

    pub(super) fn checksum(why: impl Into<String>) -> Error {
        Error { path: None, fault: Fault::Checksum { why: why.into() } }
    }

    pub(super) fn tensor(why: impl Into<String>) -> Error {
        Error { path: None, fault: Fault::Tensor { why: why.into() } }
    }

    pub(super) fn torch_save() -> Error {
        Error { path: None, fault: Fault::TorchSave }
    }

    pub(super) fn at(mut self, path: &Path) -> Error {
        self.path = Some(path.into());
        self
    }

    /// The sort of fault.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// What is wrong, without the file's path.
    pub fn why(&self) -> String {
        match &self.fault {
            Fault::File(error) => error.to_string(),
            Fault::TorchSave => {
                "this is a file of torch.save; save with safetensors.torch.save_file".to_string()
            }
            Fault::Format { why } => format!("is damaged or not a whole safetensors file: {why}"),
            Fault::Checksum { why } => format!("is damaged: {why}"),
            Fault::Tensor { why } => why.clone(),
        }
    }

    /// The next step for a person.
    pub fn hint(&self) -> String {
        match &self.fault {
            Fault::File(error) => error.hint(),
            Fault::TorchSave => {
                "in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
                    .to_string()
            }
            Fault::Format { .. } => "check that it is the right file, and all of it".to_string(),
            Fault::Checksum { .. } => format!(
                "take a copy of it from elsewhere, or make it once more; a program that changes it must \
                 leave out the metadata entry {CHECKSUM}",
                CHECKSUM = super::CHECKSUM
            ),
            Fault::Tensor { .. } => "check that it is the file of this model".to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", text::path(path), self.why()),
            None => f.write_str(&self.why()),
        }
    }
}

impl std::error::Error for Error {}

impl From<files::Error> for Error {
    fn from(error: files::Error) -> Error {
        Error { path: None, fault: Fault::File(error) }
    }
}

/// The first of some names, and how many there are.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut listed = Vec::new();
    let mut count = 0;
    for name in names {
        count += 1;
        if count <= LISTED {
            listed.push(format!("`{}`", text::name(name)));
        }
    }
    match count {
        0 => "none".to_string(),
        _ if count > LISTED => format!("{}, … ({count} in all)", listed.join(", ")),
        _ => listed.join(", "),
    }
}

/// A shape in a message: at most so many sizes.
pub(super) fn show(shape: &[usize]) -> String {
    match shape.get(..LISTED) {
        Some(first) if shape.len() > LISTED => format!("{first:?} and {} more", shape.len() - LISTED),
        _ => format!("{shape:?}"),
    }
}
