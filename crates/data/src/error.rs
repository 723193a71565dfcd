//! What can go wrong, and what to do then.

use std::io;
use std::path::PathBuf;

use crate::idx::IdxFault;

/// Why a data set could not be had. The text says what happened and what was expected;
/// [`Error::hint`] says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No data set has this name.
    #[error("there is no data set {name:?}; there are {known}", known = .known.join(", "))]
    UnknownSet {
        /// The name asked for.
        name: String,
        /// All names.
        known: Vec<&'static str>,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The bytes are not the IDX file that they should be.
    #[error("{}: {fault}", .file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: IdxFault,
    },
    /// The bytes are not the gzip file that they should be.
    #[error("{}: {fault}", .file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: GzipFault,
    },
    /// The bytes are a web page: a login page, or a server's error message.
    #[error("{}: this is a web page, not an IDX file", .file.display())]
    WebPage {
        /// The file.
        file: PathBuf,
    },
    /// The bytes are not those that were published.
    #[error("{}: wrong checksum: {algorithm} {expected} expected, {found} found", .file.display())]
    Checksum {
        /// The file.
        file: PathBuf,
        /// `SHA-256` of the unpacked bytes, or `MD5` of the packed ones.
        algorithm: &'static str,
        /// The published checksum, in hexadecimal.
        expected: String,
        /// The checksum of the bytes that are there.
        found: String,
    },
    /// A well-formed array, but not one of images or labels of this data set.
    #[error("{}: {expected} expected, {found} found", .file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What the data set has there.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// As many labels as images are needed.
    #[error("{} has {images} images, but {} has {labels} labels", .images_file.display(), .labels_file.display())]
    Counts {
        /// The file of images.
        images_file: PathBuf,
        /// How many it has.
        images: usize,
        /// The file of labels.
        labels_file: PathBuf,
        /// How many it has.
        labels: usize,
    },
    /// A label that names no class.
    #[error("{}: label {label} at position {index}: expected 0 to {}", .file.display(), .classes - 1)]
    Label {
        /// The file of labels.
        file: PathBuf,
        /// Which label, counted from 0.
        index: usize,
        /// Its value.
        label: i64,
        /// The number of classes.
        classes: usize,
    },
    /// Files that were asked for are not there.
    #[error("{set} is not in {}: {missing} not found there", .folder.display(), missing = .missing.join(", "))]
    Missing {
        /// The data set's name.
        set: &'static str,
        /// Where they should be.
        folder: PathBuf,
        /// The files that were looked for, each plain or with `.gz`.
        missing: Vec<&'static str>,
    },
    /// The data set is in none of the places on this machine, and only those were allowed.
    #[error("{set} is not on this machine; looked in {places}", places = .places.join(", "))]
    NotHere {
        /// The data set's name.
        set: &'static str,
        /// Where it was looked for.
        places: Vec<String>,
    },
    /// A server, or a program that fetches, did not give the file.
    #[error("{place}: {why}")]
    Server {
        /// The URL or program.
        place: String,
        /// What went wrong.
        why: String,
    },
    /// Every place that has the data set failed.
    #[error("{set} could not be fetched from anywhere:{}", lines(.tried))]
    Unreachable {
        /// The data set's name.
        set: &'static str,
        /// Each place and why it failed, in the order tried.
        tried: Vec<(String, String)>,
        /// The folder where the files may be put by hand.
        folder: PathBuf,
        /// Where the files may be had from, by hand.
        sources: Vec<String>,
        /// The files' names.
        files: Vec<&'static str>,
    },
    /// The fetch was asked to stop ([`Cancel`](crate::Cancel)).
    #[error("the fetch was stopped")]
    Cancelled,
    /// A file of the user's own data does not hold what it should.
    #[error("{}{comma}{place}: {message}", .file.display(), comma = if .place.is_empty() { "" } else { ", " })]
    Own {
        /// The file.
        file: PathBuf,
        /// Line and column, or another place within the file; empty for the file as a whole.
        place: String,
        /// What was expected there and what was found.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// A folder or file cannot be made.
    #[error("cannot create {}: {source}", .path.display())]
    Create {
        /// What was to be made.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// `read`, `write`, `lock`, …
        action: &'static str,
        /// Which file.
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
                let source = io::Error::other(format!("it is not a regular file but {found}"));
                Error::Io { action, path, source }
            }
            other => {
                let path = other.path().into();
                Error::Io { action: "use", path, source: io::Error::other(other.to_string()) }
            }
        }
    }
}

/// Why bytes are not a usable gzip file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GzipFault {
    /// The file ends before its data do.
    #[error(
        "cut short: the gzip data do not end within the {got} bytes that are there; at most {expected} unpacked bytes expected"
    )]
    Truncated {
        /// The most that was expected, unpacked.
        expected: u64,
        /// Bytes that are there, packed.
        got: u64,
    },
    /// It unpacks to more than it may.
    #[error("too long: it unpacks to more than the {max} bytes expected")]
    TooLong {
        /// The most that was expected, unpacked.
        max: u64,
    },
    /// Bytes behind the end of the gzip data.
    #[error("{extra} bytes follow the end of the gzip data; none expected")]
    Trailing {
        /// How many.
        extra: u64,
    },
    /// A second gzip file behind the first.
    #[error("a second gzip member follows the first; one expected")]
    SecondMember,
    /// The data or their checksum are wrong.
    #[error("damaged gzip data: {why}")]
    Corrupt {
        /// What the decoder says.
        why: String,
    },
}

/// What sort of failure an [`Error`] is, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name that does not exist was given.
    Usage,
    /// Bad data, or a wrong checksum.
    BadData,
    /// Files that were named or needed are not there.
    MissingInput,
    /// All mirrors failed.
    Unreachable,
    /// A file or folder cannot be created.
    CannotCreate,
    /// Reading or writing failed.
    Io,
    /// It was asked to stop.
    Cancelled,
}

impl Error {
    /// What sort of failure this is.
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

    /// The next step to take, in one or a few lines.
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
                "`descent data fetch --data-dir DIR` brings whole files into a folder of your choice".into()
            }
            Error::Own { hint, .. } => hint.clone(),
            Error::Cancelled => "the next fetch goes on where this one stopped".into(),
            Error::Missing { set, .. } => format!(
                "name a folder that holds the four files of {set}, plain or .gz, or a folder of \
                 torchvision, or leave --data-dir and DESCENT_DATA out"
            ),
            Error::NotHere { set, .. } => {
                format!("run `descent data fetch {set}` once while there is a network")
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

/// One line for each place that was tried.
fn lines(tried: &[(String, String)]) -> String {
    tried.iter().map(|(place, why)| format!("\n  {place}: {why}")).collect()
}
