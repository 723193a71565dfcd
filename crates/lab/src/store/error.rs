//! Reasons why a store cannot give or take something.

use std::io;
use std::path::{Path, PathBuf};

use files::text;
use thiserror::Error as ThisError;

/// An error of a store; [`Error::hint`] has the next step.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be had.
    #[error(transparent)]
    Access(#[from] files::Error),
    /// Reading or writing failed.
    #[error("cannot {action} {}: {source}", text::path(path))]
    Io {
        /// `read`, `write`, …
        action: &'static str,
        /// The store's file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A store that this process may read but not write.
    #[error("cannot write {}: {why}", text::path(path))]
    ReadOnly {
        /// The store's file.
        path: PathBuf,
        /// Owner and mode of the file or its folder.
        why: String,
    },
    /// Another process writes for longer than one waits.
    #[error("{}: busy: another process has been writing for {seconds} seconds", text::path(path))]
    Busy {
        /// The store's file.
        path: PathBuf,
        /// Time that was waited.
        seconds: u64,
    },
    /// A file that is no store.
    #[error("{}: expected a store of runs, found {found}", text::path(path))]
    NoStore {
        /// The file.
        path: PathBuf,
        /// Its content.
        found: String,
    },
    /// A store that a newer version wrote.
    #[error("{}: expected a store of schema 1 to {newest}, found schema {found}", text::path(path))]
    Schema {
        /// The store's file.
        path: PathBuf,
        /// The newest schema that is known.
        newest: u32,
        /// The schema that it names.
        found: u32,
    },
    /// A store whose content is not as it was written.
    #[error("{}: damaged: {why}", text::path(path))]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// The first thing that does not hold.
        why: String,
    },
    /// Something with the same name and other content.
    #[error(
        "{} conflicts with {}:\n{}",
        text::shorten(new, 200),
        text::shorten(old, 200),
        visible(differences)
    )]
    Conflict {
        /// The newcomer: `run 1f2e3d4c (adam lr=0.001, seed 3) of other.db`.
        new: String,
        /// Value in the store.
        old: String,
        /// One line a difference.
        differences: Vec<String>,
    },
    /// Two definitions of a study, each in a store.
    #[error(
        "{} conflicts with {}:\n{}",
        text::shorten(new, 200),
        text::shorten(old, 200),
        visible(differences)
    )]
    Definitions {
        /// The newcomer, with its file.
        new: String,
        /// The one in the store.
        old: String,
        /// Lines that differ.
        differences: Vec<String>,
    },
    /// A study whose definition has changed.
    #[error("study `{}` has another definition in the store:\n{}", text::name(name), visible(differences))]
    Changed {
        /// Name of the study.
        name: String,
        /// Lines that differ: `- ` in the store, `+ ` now.
        differences: Vec<String>,
    },
    /// Something that is not there.
    #[error("unknown {kind} `{}`{}", text::name(name), nearest(near))]
    Unknown {
        /// `study`, `run`.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
        /// The nearest name that is there.
        near: Option<String>,
    },
    /// A record that cannot be used.
    #[error("{place}: expected a record of a run: {source}")]
    Record {
        /// File and line, or run.
        place: String,
        /// The fault.
        source: train::record::ParseError,
    },
}

impl Error {
    /// The sort of failure.
    pub fn kind(&self) -> files::Kind {
        match self {
            Error::Access(error) => error.kind(),
            Error::Io { .. } | Error::ReadOnly { .. } | Error::Busy { .. } => files::Kind::Io,
            Error::NoStore { .. }
            | Error::Schema { .. }
            | Error::Damaged { .. }
            | Error::Conflict { .. }
            | Error::Definitions { .. }
            | Error::Record { .. } => files::Kind::BadData,
            Error::Changed { .. } | Error::Unknown { .. } => files::Kind::Usage,
        }
    }

    /// The same error with the option that named the store.
    #[must_use]
    pub fn with_flag(self, name: &str) -> Error {
        match self {
            Error::Access(error) => Error::Access(error.with_flag(name)),
            other => other,
        }
    }

    /// The same error with the file that the newcomer is from, and the store that it was to go into.
    #[must_use]
    pub fn between(self, from: &Path, into: &Path) -> Error {
        let [from, into] = [from, into].map(text::path);
        match self {
            Error::Conflict { new, old, differences } => {
                Error::Conflict { new: format!("{from}: {new}"), old: format!("{into}: {old}"), differences }
            }
            Error::Changed { name, differences } => Error::Definitions {
                new: format!("{from}: study `{name}`"),
                old: format!("{into}: study `{name}`"),
                differences,
            },
            other => other,
        }
    }

    /// The next step for a person.
    pub fn hint(&self) -> String {
        match self {
            Error::Access(error) => return error.hint(),
            Error::Io { .. } => "check the disk (full, write-protected?), or choose another store",
            Error::ReadOnly { .. } => {
                "reading it works; to write, take a store of yours with --store, and bring both together there with \
                 `descent runs merge`"
            }
            Error::Busy { .. } => "try again when it has finished",
            Error::NoStore { .. } => "name another file; a store that is not there yet is made",
            Error::Schema { .. } => "use the version of descent that wrote it, or a newer one",
            Error::Damaged { path, .. } if path.extension().is_some_and(|extension| extension == "jsonl") => {
                "the lines before are as they were written: go on with a copy that ends there, or with a new store"
            }
            Error::Damaged { .. } => {
                "what it still holds can be read with `sqlite3 FILE .recover`; go on with a copy, or with a new store"
            }
            Error::Definitions { .. } => {
                "parts of a study have one definition: run both from the same file, or keep them in two stores"
            }
            Error::Conflict { .. } => {
                "the same run should have the same results: compare versions and machines, and keep them in two stores"
            }
            Error::Changed { .. } => {
                "give it another name, or go back to the definition that the store has; its runs stay in any case"
            }
            Error::Unknown { kind: "study", .. } => "`descent study list` shows those that are there",
            Error::Unknown { .. } => "`descent runs list` shows those that are there",
            Error::Record { .. } => "check that it was written by descent, by this version or an older one",
        }
        .to_string()
    }
}

fn visible(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| text::shorten(line, 200)).collect();
    lines.join("\n")
}

fn nearest(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("; did you mean `{}`?", text::name(near))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_definition_and_another_result_have_a_hint_each() {
        let differences = || vec!["- trials = 4".to_string()];
        let between = |error: Error| error.between(Path::new("part.db"), Path::new("all.db")).hint();
        let changed = Error::Changed { name: "rates".into(), differences: differences() };
        assert!(between(changed).starts_with("parts of a study have one definition"));
        let run =
            Error::Conflict { new: "run 1f2e".into(), old: "run 1f2e".into(), differences: differences() };
        assert!(between(run).starts_with("the same run should have the same results"));
    }
}
