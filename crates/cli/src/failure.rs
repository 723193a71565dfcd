//! Errors as a person sees them, and the exit code.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use files::text::visible_lines;

use crate::{console, text};

/// The end of a command that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Description of the error; empty where nothing needs saying.
    message: String,
    /// The next step.
    hint: Option<String>,
    code: u8,
}

impl Failure {
    /// The command line asks for something that cannot be: code 2.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: Some(hint.into()), code: 2 }
    }

    /// A command that failed: code 1.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: Some(hint.into()), code: 1 }
    }

    /// Data that are there but not what they should be: code 65.
    pub(crate) fn bad_data(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: Some(hint.into()), code: 65 }
    }

    /// A file or folder that is needed and cannot be read: code 66.
    pub(crate) fn missing(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: Some(hint.into()), code: 66 }
    }

    /// A folder for results that cannot be made where no `--out` names one: code 73.
    pub(crate) fn create(path: &Path, error: &io::Error) -> Failure {
        let hint = "choose an existing folder that can be written, with --out";
        Failure {
            message: format!("cannot create {}: {error}", files::text::path(path)),
            hint: Some(hint.into()),
            code: 73,
        }
    }

    /// The end after a signal, with everything finished so far kept: 130 or 143.
    pub(crate) fn signal(code: u8, message: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: None, code }
    }

    /// The end of a command whose reader has ended some of its runs: code 1, because their results are missing.
    pub(crate) fn ended(runs: &[String], hint: impl Into<String>) -> Failure {
        let names = files::text::list(runs.iter().map(String::as_str));
        let message = match runs {
            [_] => format!("stopped by a key: {names}; its result is missing, and all others are kept"),
            _ => format!("stopped by a key: {names}; their results are missing, and all others are kept"),
        };
        Failure::failed(message, hint)
    }

    /// Prints it to standard error.
    pub(crate) fn report(self) -> ExitCode {
        let Failure { message, hint, code } = self;
        // Nothing is left to be done where standard error is closed.
        use io::Write;
        let mut stderr = anstream::stderr().lock();
        let error = (!message.is_empty()).then(|| format!("error: {}", visible_lines(&message)));
        let hint = hint.map(|hint| format!("hint: {}", visible_lines(&hint)));
        // Where a program reads, lines stay as they are.
        let columns = if console::is_live() { console::width() } else { usize::MAX };
        for said in [error, hint].iter().flatten() {
            let _ = write!(stderr, "{}", text::fitted(said, columns));
        }
        ExitCode::from(code)
    }
}

/// Settings by name are usage.
impl From<optim::Error> for Failure {
    fn from(error: optim::Error) -> Failure {
        let hint =
            error.hint().or_else(|| Some("`descent explain NAME` shows each setting with its range".into()));
        Failure { message: error.to_string(), hint, code: 2 }
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Failure {
        Failure { message: error.to_string(), hint: Some(error.hint()), code: code_of(error.kind()) }
    }
}

impl From<lab::store::Error> for Failure {
    fn from(error: lab::store::Error) -> Failure {
        Failure { message: error.to_string(), hint: Some(error.hint()), code: code_of(error.kind()) }
    }
}

fn code_of(kind: files::Kind) -> u8 {
    match kind {
        files::Kind::Usage => 2,
        files::Kind::BadData => 65,
        files::Kind::Missing => 66,
        files::Kind::Create => 73,
        files::Kind::Io => 74,
    }
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Failure {
        let code = match error.kind() {
            data::Kind::Usage => 2,
            data::Kind::BadData => 65,
            data::Kind::MissingInput => 66,
            data::Kind::Unreachable => 69,
            data::Kind::CannotCreate => 73,
            data::Kind::Io => 74,
            data::Kind::Cancelled => 130,
        };
        Failure { message: error.to_string(), hint: Some(error.hint()), code }
    }
}

impl From<lab::run_matrix::KeptError> for Failure {
    fn from(error: lab::run_matrix::KeptError) -> Failure {
        use lab::run_matrix::KeptError;
        let code = match error {
            KeptError::Access(error) => return error.with_flag("--out").into(),
            KeptError::Other { .. } => 2,
            KeptError::Damaged { .. } => 65,
            KeptError::Foreign { .. } => 73,
        };
        Failure { message: error.to_string(), hint: Some(error.hint()), code }
    }
}

impl From<lab::Error> for Failure {
    fn from(error: lab::Error) -> Failure {
        let hint = error.hint();
        match error {
            lab::Error::Train(error) => error.into(),
            lab::Error::Store(error) => error.into(),
            lab::Error::Threads(error) => error.into(),
            lab::Error::RangeTest { .. } | lab::Error::Study { .. } => {
                Failure { message: error.to_string(), hint, code: 2 }
            }
        }
    }
}

impl From<train::Error> for Failure {
    fn from(error: train::Error) -> Failure {
        let hint = error.hint();
        match error {
            train::Error::Data(error) => error.into(),
            train::Error::Access(error) => error.into(),
            train::Error::Optim(error) => error.into(),
            train::Error::File { .. } => Failure { message: error.to_string(), hint, code: 65 },
            train::Error::Widths { .. }
            | train::Error::Images { .. }
            | train::Error::Unfit { .. }
            | train::Error::Memory { .. }
            | train::Error::OtherRun { .. } => Failure { message: error.to_string(), hint, code: 2 },
        }
    }
}

/// Writing to standard output failed: code 74, or a quiet end where the reader has left.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure { message: String::new(), hint: None, code: 0 };
        }
        Failure { message: format!("cannot write: {error}"), hint: None, code: 74 }
    }
}
