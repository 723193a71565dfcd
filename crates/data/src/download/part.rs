//! A file that is half here: its bytes so far, and which version of which URL they belong to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::store::{NOTE, PART};

/// `NAME.gz.part` and, beside it, `NAME.gz.part.note`.
pub(super) struct Part {
    pub(super) path: PathBuf,
    note: PathBuf,
}

/// What the bytes of a part belong to.
#[derive(Debug, PartialEq)]
pub(super) struct Note {
    pub(super) url: String,
    /// A strong `ETag` or a `Last-Modified` date: what `If-Range` asks the server to compare.
    pub(super) validator: String,
    /// The size of the whole file, where the server said it.
    pub(super) total: Option<u64>,
}

impl Part {
    /// The part of the file of that name in the folder.
    pub(super) fn of(folder: &Path, name: &str) -> Part {
        Part { path: folder.join(format!("{name}{PART}")), note: folder.join(format!("{name}{NOTE}")) }
    }

    /// How many bytes are here and what they belong to, if a download from this URL can go on
    /// behind them.
    pub(super) fn resumable(&self, url: &str) -> Option<(u64, Note)> {
        let length = fs::metadata(&self.path).ok()?.len();
        let note = Note::parse(&fs::read_to_string(&self.note).ok()?)?;
        let usable = length > 0 && note.url == url && !note.validator.is_empty();
        usable.then_some((length, note))
    }

    /// An empty file for a version of which nothing is here. The old bytes go before the new
    /// note comes, so that bytes and note never belong to different versions.
    pub(super) fn start(&self, note: &Note) -> Result<File, Error> {
        self.remove();
        let create = |path: &Path, source| Error::Create { path: path.into(), source };
        fs::write(&self.note, note.text()).map_err(|source| create(&self.note, source))?;
        File::create(&self.path).map_err(|source| create(&self.path, source))
    }

    /// The file, to write on at its end.
    pub(super) fn go_on(&self) -> Result<File, Error> {
        File::options().append(true).open(&self.path).map_err(|e| self.failed("write", e))
    }

    /// All bytes that are here.
    pub(super) fn read(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.path).map_err(|e| self.failed("read", e))
    }

    /// Removes what is here. That nothing is here is no error, and what cannot be removed will
    /// not be resumed: its note is gone, or says what it is.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.note);
    }

    pub(super) fn failed(&self, action: &'static str, source: io::Error) -> Error {
        Error::Io { action, path: self.path.clone(), source }
    }
}

impl Note {
    fn text(&self) -> String {
        let total = self.total.map_or(String::new(), |total| total.to_string());
        format!("{}\n{}\n{total}\n", self.url, self.validator)
    }

    fn parse(text: &str) -> Option<Note> {
        let mut lines = text.lines();
        let url = lines.next()?.to_string();
        let validator = lines.next()?.to_string();
        let total = lines.next()?.parse().ok();
        Some(Note { url, validator, total })
    }
}
