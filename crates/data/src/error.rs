//! Errors of data sets, with hints.

use std::io;
use std::path::PathBuf;

use crate::fault::{GzipFault, IdxFault};

/// Failure to find, fetch or read data. The text says what was expected and found; [`Error::hint`] says what to
/// do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Unknown name of a data set.
    #[error("unknown data set {name:?}; known are {known}", known = .known.join(", "))]
    UnknownSet {
        /// Requested name.
        name: String,
        /// All known names.
        known: Vec<&'static str>,
        /// Nearest known name, if any is similar.
        nearest: Option<&'static str>,
    },
    /// The file is not a valid IDX file.
    #[error("{}: {fault}", .file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// Violation of the format.
        fault: IdxFault,
    },
    /// The file is not a valid gzip file.
    #[error("{}: {fault}", .file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// Violation of the format.
        fault: GzipFault,
    },
    /// The file is a web page, such as a login page or a server's error message.
    #[error("{}: expected an IDX file, found a web page", .file.display())]
    WebPage {
        /// The file.
        file: PathBuf,
    },
    /// The checksum is not the published one.
    #[error("{}: wrong checksum: expected {algorithm} {expected}, found {found}", .file.display())]
    Checksum {
        /// The file.
        file: PathBuf,
        /// `SHA-256` of the unpacked bytes, or `MD5` of the packed ones.
        algorithm: &'static str,
        /// The published checksum, in hexadecimal.
        expected: String,
        /// Checksum of the file, in hexadecimal.
        found: String,
    },
    /// A valid array that does not belong to this data set.
    #[error("{}: expected {expected}, found {found}", .file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// Expected content.
        expected: String,
        /// Content of the file.
        found: String,
    },
    /// The numbers of images and labels differ.
    #[error("{} has {images} images, but {} has {labels} labels", .images_file.display(), .labels_file.display())]
    Counts {
        /// File of images.
        images_file: PathBuf,
        /// Number of entries.
        images: usize,
        /// The file of labels.
        labels_file: PathBuf,
        /// Number of entries.
        labels: usize,
    },
    /// A label is out of range.
    #[error("{}: label {label} at position {index}: expected 0 to {}", .file.display(), .classes - 1)]
    Label {
        /// The file of labels.
        file: PathBuf,
        /// Position of the label, from 0.
        index: usize,
        /// Value of the label.
        label: i64,
        /// The number of classes.
        classes: usize,
    },
    /// Files are missing from a named folder.
    #[error("{set} is not in {}: missing {missing}", .folder.display(), missing = .missing.join(", "))]
    Missing {
        /// The data set's name.
        set: &'static str,
        /// Folder that was searched.
        folder: PathBuf,
        /// Missing files, each plain or with `.gz`.
        missing: Vec<&'static str>,
    },
    /// The data set is not on this machine, and fetching was not allowed.
    #[error("{set} is not on this machine; looked in {places}", places = .places.join(", "))]
    NotHere {
        /// The data set's name.
        set: &'static str,
        /// Places that were searched.
        places: Vec<String>,
    },
    /// A server or a program failed to provide a file.
    #[error("{place}: {why}")]
    Server {
        /// URL or program.
        place: String,
        /// Reason.
        why: String,
    },
    /// Every source of the data set failed.
    #[error("{set} could not be fetched from anywhere:{}", lines(.tried))]
    Unreachable {
        /// The data set's name.
        set: &'static str,
        /// Each source with the reason, in the order tried.
        tried: Vec<(String, String)>,
        /// Folder for files installed by hand.
        folder: PathBuf,
        /// URL at which the files are published.
        sources: Vec<String>,
        /// Names of the files.
        files: Vec<&'static str>,
    },
    /// The fetch was cancelled ([`Cancel`](crate::Cancel)).
    #[error("the fetch was stopped")]
    Cancelled,
    /// A file of the user's data is invalid.
    #[error("{}{comma}{place}: {message}", .file.display(), comma = if .place.is_empty() { "" } else { ", " })]
    Own {
        /// The file.
        file: PathBuf,
        /// Line and column, or another place within the file; empty for the file as a whole.
        place: String,
        /// Expected and found content.
        message: String,
        /// Next step for the user.
        hint: String,
    },
    /// A folder or file cannot be created.
    #[error("cannot create {}: {source}", .path.display())]
    Create {
        /// Path to create.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// `read`, `write`, `lock`, …
        action: &'static str,
        /// File.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl From<files::Error> for Error {
    fn from(error: files::Error) -> Error {
        match error {
            files::Error::Create { path, source, .. } => Error::Create { path, source },
            files::Error::Io { action, path, source, .. } => Error::Io { action, path, source },
            files::Error::Irregular { path, found, written, .. } => {
                let action = if written { "write" } else { "read" };
                let source = io::Error::other(format!("expected a regular file, found {found}"));
                Error::Io { action, path, source }
            }
            other => {
                let path = other.path().into();
                Error::Io { action: "use", path, source: io::Error::other(other.to_string()) }
            }
        }
    }
}

/// Kind of an [`Error`], for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An unknown name.
    Usage,
    /// Invalid data, or a wrong checksum.
    BadData,
    /// Named or required files are missing.
    MissingInput,
    /// All sources failed.
    Unreachable,
    /// A file or folder cannot be created.
    CannotCreate,
    /// Reading or writing failed.
    Io,
    /// The fetch was cancelled.
    Cancelled,
}

impl Error {
    /// Kind of this error.
    pub fn kind(&self) -> Kind {
        match self {
            Error::UnknownSet { .. } => Kind::Usage,
            Error::Idx { .. }
            | Error::Gzip { .. }
            | Error::WebPage { .. }
            | Error::Checksum { .. }
            | Error::Content { .. }
            | Error::Counts { .. }
            | Error::Label { .. }
            | Error::Own { .. } => Kind::BadData,
            Error::Missing { .. } | Error::NotHere { .. } => Kind::MissingInput,
            Error::Server { .. } | Error::Unreachable { .. } => Kind::Unreachable,
            Error::Cancelled => Kind::Cancelled,
            Error::Create { .. } => Kind::CannotCreate,
            Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Kind::MissingInput,
            Error::Io { .. } => Kind::Io,
        }
    }

    /// Next step for the user, in one or a few lines.
    pub fn hint(&self) -> String {
        match self {
            Error::UnknownSet { nearest: Some(name), .. } => format!("did you mean {name:?}?"),
            Error::UnknownSet { .. } => "see `descent data list`".into(),
            Error::Idx { .. }
            | Error::Gzip { .. }
            | Error::WebPage { .. }
            | Error::Checksum { .. }
            | Error::Content { .. }
            | Error::Counts { .. }
            | Error::Label { .. } => {
                "`descent data fetch --data-dir DIR` fetches the whole set into a folder of your choice"
                    .into()
            }
            Error::Own { hint, .. } => hint.clone(),
            Error::Cancelled => "the next fetch resumes where this one stopped".into(),
            Error::Missing { set, .. } => format!(
                "name a folder that holds the four files of {set}, plain or .gz, or a folder of \
                 torchvision, or leave --data-dir and DESCENT_DATA out"
            ),
            Error::NotHere { set, .. } => {
                format!("run `descent data fetch {set}` once with a network connection")
            }
            Error::Server { .. } => "check the address and the network, or name a folder with --from".into(),
            Error::Unreachable { folder, sources, files, .. } => format!(
                "to install by hand, put {} (plain or .gz) into {}; they are published at {}",
                files.join(", "),
                folder.display(),
                sources.join(" and ")
            ),
            Error::Create { .. } => {
                "choose a folder that can be written, with --data-dir or DESCENT_DATA".into()
            }
            Error::Io { .. } => "check that the path exists, its permissions and the disk".into(),
        }
    }
}

/// One line per source that was tried.
fn lines(tried: &[(String, String)]) -> String {
    tried.iter().map(|(place, why)| format!("\n  {place}: {why}")).collect()
}
