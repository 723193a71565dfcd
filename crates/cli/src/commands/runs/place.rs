//! Where the store is.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;
use etcetera::BaseStrategy;
use files::{Output, text};
use lab::Store;
use lab::store::{Filter, Summary};

use crate::failure::Failure;
use crate::shell;

/// `--store`.
#[derive(Args, Debug, Clone)]
pub(crate) struct StoreArgs {
    /// The store [default: DESCENT_STORE, or descent/runs.db in your folder for state]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// The store in a file.
    pub(crate) fn at(path: PathBuf) -> StoreArgs {
        StoreArgs { store: Some(path) }
    }

    /// The flag as it is written in a command, with a space before; nothing where it was left out.
    pub(crate) fn flag(&self) -> String {
        self.store.as_ref().map_or(String::new(), |path| {
            let path = path.to_string_lossy();
            let is_plain = path.chars().all(|c| c.is_alphanumeric() || "-_./=".contains(c));
            format!(" --store {}", if is_plain { path.into_owned() } else { shell::quoted(&path) })
        })
    }

    /// Refuses an output that would take the place of the store, or of a file that is kept next to it: SQLite's
    /// write-ahead log has runs that the store itself does not have yet, and a lock that is replaced locks nobody out.
    pub(crate) fn spared_by(&self, output: &Output) -> Result<(), Failure> {
        let path = self.path();
        for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
            let mut beside = path.clone().into_os_string();
            beside.push(suffix);
            output.differs_from(Path::new(&beside), "--store")?;
        }
        Ok(())
    }

    /// The file: that of the flag, of the environment, or the user's.
    pub(crate) fn path(&self) -> PathBuf {
        if let Some(path) = &self.store {
            return path.clone();
        }
        if let Some(path) = of_environment() {
            return path;
        }
        // Without a home folder there is still the folder for temporary files.
        let folder = etcetera::choose_base_strategy()
            .map_or_else(|_| env::temp_dir(), |user| user.state_dir().unwrap_or_else(|| user.data_dir()));
        folder.join("descent").join("runs.db")
    }

    /// Opens the store, or makes it.
    pub(crate) fn open(&self) -> Result<Box<dyn Store>, Failure> {
        open(&self.path())
    }

    /// Opens the store, which must be there.
    pub(crate) fn open_existing(&self) -> Result<Box<dyn Store>, Failure> {
        self.must_exist()?;
        Ok(store::open_existing(&self.path())?)
    }

    /// The file of a store that must be there as SQLite.
    pub(crate) fn sqlite(&self) -> Result<PathBuf, Failure> {
        self.must_exist()?;
        let path = self.path();
        match store::is_json_lines(&path) {
            false => Ok(path),
            true => Err(Failure::usage(
                format!("{}: expected a SQLite store, found one as JSON lines", text::path(&path)),
                "bring it into one: descent runs merge FILE.jsonl --store runs.db",
            )),
        }
    }

    /// Makes sure that there is a file.
    pub(crate) fn must_exist(&self) -> Result<(), Failure> {
        let path = self.path();
        if path.symlink_metadata().is_ok() {
            return Ok(());
        }
        Err(Failure::missing(
            format!("no store {}", text::path(&path)),
            "name one with --store, or make it: descent runs import results.jsonl",
        ))
    }
}

/// Opens the store at this path, or makes it.
pub(in crate::commands) fn open(path: &Path) -> Result<Box<dyn Store>, Failure> {
    Ok(store::open(path).map_err(|error| error.with_flag("--store"))?)
}

/// The store that `DESCENT_STORE` names.
pub(in crate::commands) fn of_environment() -> Option<PathBuf> {
    env::var_os("DESCENT_STORE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The one run whose key begins with `id`.
pub(crate) fn find(store: &dyn Store, id: &str) -> Result<Summary, Failure> {
    let filter = Filter { key: Some(id.to_ascii_lowercase()), ..Filter::default() };
    let mut runs = if id.is_empty() { Vec::new() } else { store.list(&filter)? };
    match runs.len() {
        1 => Ok(runs.remove(0)),
        0 => Err(Failure::usage(
            format!("unknown run `{}`", text::name(id)),
            "`descent runs list` shows the first digits of each run's key",
        )),
        count => {
            let keys = text::list(runs.iter().map(|run| &run.key[..(id.len() + 6).min(64)]));
            Err(Failure::usage(
                format!("expected the key of one run, found {count} that begin with `{id}`: {keys}"),
                "give more digits",
            ))
        }
    }
}
