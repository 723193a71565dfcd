//! Partial downloads: the bytes so far, and the URL and version that they belong to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::store::{NOTE, PART};

/// Partial file `NAME.gz.part` with its note `NAME.gz.part.note`.
pub(super) struct Part {
    pub(super) path: PathBuf,
    note: PathBuf,
}

/// URL and version of the bytes of a part.
#[derive(Debug, PartialEq)]
pub(super) struct Note {
    pub(super) url: String,
    /// Strong `ETag` or `Last-Modified` date, for `If-Range`.
    pub(super) validator: String,
    /// Size of the whole file in bytes, if the server declared it.
    pub(super) total: Option<u64>,
}

impl Part {
    /// Part of the file with this name in the folder.
    pub(super) fn of(folder: &Path, name: &str) -> Part {
        Part { path: folder.join(format!("{name}{PART}")), note: folder.join(format!("{name}{NOTE}")) }
    }

    /// Number of bytes and their version, if a download from this URL can resume after them.
    pub(super) fn resumable(&self, url: &str) -> Option<(u64, Note)> {
        let length = fs::metadata(&self.path).ok()?.len();
        let note = Note::parse(&fs::read_to_string(&self.note).ok()?)?;
        let usable = length > 0 && note.url == url && !note.validator.is_empty();
        usable.then_some((length, note))
    }

    /// Starts an empty part of a new version. The old bytes are removed before the new note is written, so that both
    /// always belong to one version.
    pub(super) fn start(&self, note: &Note) -> Result<File, Error> {
        self.remove();
        let create = |path: &Path, source| Error::Create { path: path.into(), source };
        fs::write(&self.note, note.text()).map_err(|source| create(&self.note, source))?;
        File::create(&self.path).map_err(|source| create(&self.path, source))
    }

    /// Opens the file for appending.
    pub(super) fn go_on(&self) -> Result<File, Error> {
        File::options().append(true).open(&self.path).map_err(|e| self.failed("write", e))
    }

    /// All bytes so far.
    pub(super) fn read(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.path).map_err(|e| self.failed("read", e))
    }

    /// Removes the part; failures are ignored, because a part is resumed only with a matching note.
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
