//! Errors of safetensors files.

use std::fmt;
use std::path::{Path, PathBuf};

use files::text;

/// Maximum number of characters of a reason in a message.
const SHOWN: usize = 300;

/// Error of a safetensors file. Its text is short for any file content.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    fault: Fault,
}

/// Kind of error of a safetensors file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be opened, read or written.
    File(files::Error),
    /// It was written by `torch.save`, in another format.
    TorchSave,
    /// It has another known format.
    Kind {
        /// Name of the format with an article.
        found: &'static str,
    },
    /// It is not a safetensors file, or is truncated.
    Format {
        /// First violation of the format.
        why: String,
    },
    /// Its content does not match the checksum.
    Checksum {
        /// The difference.
        why: String,
    },
    /// A tensor is missing, unknown, or has an unexpected shape or dtype.
    Tensor {
        /// The tensor and its error.
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

    /// Names the kind of the file, if it is known, in place of a violation of the format.
    pub(super) fn or_kind(self, kind: impl FnOnce() -> Option<&'static str>) -> Error {
        let Fault::Format { .. } = self.fault else { return self };
        let fault = match kind() {
            Some(files::TORCH_SAVE) => Fault::TorchSave,
            Some(files::SAFETENSORS) | None => self.fault,
            Some(found) => Fault::Kind { found },
        };
        Error { fault, ..self }
    }

    pub(super) fn at(mut self, path: &Path) -> Error {
        self.path = Some(path.into());
        self
    }

    /// Kind of error.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Kind of error, for conversion to a caller's error type.
    pub fn into_fault(self) -> Fault {
        self.fault
    }

    /// Description without the file's path.
    pub fn why(&self) -> String {
        match &self.fault {
            Fault::File(error) => error.to_string(),
            Fault::TorchSave => {
                "this is a file of torch.save; save with safetensors.torch.save_file".to_string()
            }
            Fault::Kind { found } => format!("expected a safetensors file, found {found}"),
            Fault::Format { why } => format!("is damaged or not a complete safetensors file: {why}"),
            Fault::Checksum { why } => format!("is damaged: {why}"),
            Fault::Tensor { why } => why.clone(),
        }
    }

    /// Next step for the user.
    pub fn hint(&self) -> String {
        match &self.fault {
            Fault::File(error) => error.hint(),
            Fault::TorchSave => {
                "in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
                    .to_string()
            }
            Fault::Kind { .. } | Fault::Format { .. } => {
                "check that it is the right file and complete".to_string()
            }
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
