//! Errors of reading digits from pictures, with hints.

use std::io;
use std::path::PathBuf;

use png::DecodingError;
use zune_jpeg::errors::DecodeErrors;

use super::picture::{MAX_DECODED, MAX_PIXELS};

/// Failure to read a digit from a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read, or exceeds the bounds.
    #[error(transparent)]
    File(#[from] files::Error),
    /// The content is not a digit.
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

    /// Next step for the user, in one line.
    pub fn hint(&self) -> String {
        match self {
            Error::File(error) => error.hint(),
            Error::Picture { fault, .. } => fault.hint().to_string(),
        }
    }
}

/// Reason why no digit can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Unsupported format.
    #[error("expected PNG or JPEG, found {found}")]
    Format {
        /// The format.
        found: &'static str,
    },
    /// Too many pixels.
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
    /// Too many bytes per pixel.
    #[error("expected at most {} MiB once decoded, found {} MiB ({width} × {height} of {} bytes)",
        MAX_DECODED >> 20, bytes >> 20, bytes / (u64::from(*.width) * u64::from(*.height)))]
    Decoded {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Size of the decoded pixels in bytes.
        bytes: u64,
    },
    /// Too much memory, as detected by the decoder.
    #[error("expected at most {} MiB once decoded, found more", MAX_DECODED >> 20)]
    Memory,
    /// The file ends inside the picture.
    #[error("truncated: the file ends before the picture does")]
    Truncated,
    /// The decoder failed.
    #[error("damaged picture: {why}")]
    Damaged {
        /// Message of the decoder.
        why: String,
    },
    /// The picture is blank.
    #[error("no digit found: nothing on it differs from the background")]
    Blank,
    /// More than one digit.
    #[error("expected one digit, found {digits}")]
    Several {
        /// Number of parts that may be a digit.
        digits: usize,
    },
}

impl Fault {
    /// Next step for the user, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Fault::Format { .. } => "save it as PNG or JPEG",
            Fault::Pixels { .. } | Fault::Decoded { .. } | Fault::Memory => {
                "crop to the digit, or save a smaller picture"
            }
            Fault::Truncated | Fault::Damaged { .. } => "copy the file again: it is incomplete",
            Fault::Blank => "expected one digit, darker or lighter than an even background",
            Fault::Several { .. } => "crop each digit to a separate picture",
        }
    }
}

impl From<DecodingError> for Fault {
    fn from(error: DecodingError) -> Fault {
        match error {
            DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Fault::Truncated,
            DecodingError::LimitsExceeded => Fault::Memory,
            error => Fault::Damaged { why: format!("Format error decoding Png: {error}") },
        }
    }
}

impl From<DecodeErrors> for Fault {
    fn from(error: DecodeErrors) -> Fault {
        Fault::Damaged { why: format!("Format error decoding Jpeg: {error}") }
    }
}
