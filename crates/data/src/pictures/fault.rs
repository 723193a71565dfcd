//! Reasons why no digit can be read from a picture, and what to do then.

use std::io;
use std::path::PathBuf;

use image::ImageError;

use super::decode::{MAX_DECODED, MAX_PIXELS};

/// A file that no digit can be read from.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read at all, or not within the bounds.
    #[error(transparent)]
    File(#[from] files::Error),
    /// Its bytes show no digit.
    #[error("{}: {fault}", files::text::path(.path))]
    Picture {
        /// The file.
        path: PathBuf,
        /// The reason.
        fault: Fault,
    },
}

impl Error {
    /// The file does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Error::File(error) if error.kind() == files::Kind::Missing)
    }

    /// The next step to take, in one line.
    pub fn hint(&self) -> String {
        match self {
            Error::File(error) => error.hint(),
            Error::Picture { fault, .. } => fault.hint().to_string(),
        }
    }
}

/// The reason why no digit can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Another format.
    #[error("expected PNG or JPEG, found {found}")]
    Format {
        /// The format.
        found: &'static str,
    },
    /// More pixels than a picture may have.
    #[error(
        "expected at most {} megapixels, found {:.1} ({width} × {height})",
        MAX_PIXELS / 1_000_000,
        f64::from(*.width) * f64::from(*.height) / 1e6
    )]
    Pixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// More bytes a pixel than there is room for.
    #[error("expected at most {} MiB once decoded, found {} MiB ({width} × {height} of {} bytes)",
        MAX_DECODED >> 20, bytes >> 20, bytes / (u64::from(*.width) * u64::from(*.height)))]
    Decoded {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes of the decoded pixels.
        bytes: u64,
    },
    /// More memory than there is room for, which only the decoder knows.
    #[error("expected at most {} MiB once decoded, found more", MAX_DECODED >> 20)]
    Memory,
    /// The file ends before the picture does.
    #[error("truncated: the file ends before the picture does")]
    Truncated,
    /// The decoder cannot go on.
    #[error("damaged picture: {why}")]
    Damaged {
        /// What the decoder says.
        why: String,
    },
    /// Nothing is drawn on it.
    #[error("no digit found: nothing on it differs from the background")]
    Blank,
    /// More than one digit.
    #[error("expected one digit, found {digits}")]
    Several {
        /// Parts that may be a digit.
        digits: usize,
    },
}

impl Fault {
    /// The next step to take, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Fault::Format { .. } => "save it as PNG or JPEG",
            Fault::Pixels { .. } | Fault::Decoded { .. } | Fault::Memory => {
                "cut the digit out, or save the picture smaller"
            }
            Fault::Truncated | Fault::Damaged { .. } => "expected a whole PNG or JPEG file: copy it again",
            Fault::Blank => "expected one digit, darker or lighter than an even background",
            Fault::Several { .. } => "cut the digits out, one picture each",
        }
    }
}

impl From<ImageError> for Fault {
    fn from(error: ImageError) -> Fault {
        match error {
            ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Fault::Truncated,
            ImageError::Limits(_) => Fault::Memory,
            error => Fault::Damaged { why: error.to_string() },
        }
    }
}
