//! Folder that a set is fetched into, in torchvision's layout.

use std::fs;
use std::path::{Path, PathBuf};

use files::Lock;

use crate::bounded;
use crate::check;
use crate::error::Error;
use crate::event::Event;
use crate::folder::{self, Folder, STAMP};
use crate::gzip;
use crate::network::{Cancel, TICK};
use crate::sets::{File, Set};

/// Name endings of partial downloads and their notes.
pub(crate) const PART: &str = ".part";
pub(crate) const NOTE: &str = ".part.note";

/// A set's folder, locked by this process.
pub(crate) struct Store {
    pub(crate) set: &'static Set,
    pub(crate) folder: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Creates the folder below a root and takes its lock, waiting for another process until `cancel`.
    pub(crate) fn open(
        root: &Path,
        set: &'static Set,
        cancel: &Cancel,
        progress: &mut dyn FnMut(Event),
    ) -> Result<Store, Error> {
        let folder = folder::raw(root, set);
        fs::create_dir_all(&folder).map_err(|source| Error::Create { path: folder.clone(), source })?;
        let lock = lock(&folder.join(".lock"), cancel, &mut || {
            progress(Event::Waiting { what: set.title.into() });
        })?;
        let store = Store { set, folder, _lock: lock };
        files::sweep(&store.folder);
        Ok(store)
    }

    /// Files that are missing or invalid.
    pub(crate) fn wanted(&self) -> Vec<&'static File> {
        let folder = Folder::at(self.folder.clone(), self.set);
        let here = |(file, path): (&File, &Option<PathBuf>)| {
            path.as_ref().is_some_and(|path| folder.read_file(file, path).is_ok())
        };
        let files = self.set.files.iter().zip(&folder.files);
        files.filter(|&pair| !here(pair)).map(|(file, _)| file).collect()
    }

    /// Unpacks a file's bytes, checks them, and stores them under the file's name. `path` is their source.
    pub(crate) fn keep(
        &self,
        file: &File,
        path: &Path,
        bytes: Vec<u8>,
        progress: &mut dyn FnMut(Event),
    ) -> Result<(), Error> {
        let bytes = gzip::unpack(path, bytes, file.bytes)?;
        let idx = check::idx(self.set, file, path, bytes, None)?;
        let bytes = idx.write().map_err(|fault| Error::Idx { file: path.into(), fault })?;
        files::atomic_write(&self.folder.join(file.name), &bytes)?;
        progress(Event::Verified { file: file.name.into(), bytes: file.bytes });
        Ok(())
    }

    /// Copies the wanted files from another folder.
    pub(crate) fn copy(
        &self,
        root: &Path,
        wanted: &[&'static File],
        progress: &mut dyn FnMut(Event),
    ) -> Result<(), Error> {
        let set = self.set;
        let folder = Folder::find(root, set).unwrap_or_else(|| Folder::at(root.into(), set));
        for file in wanted {
            let Some(path) = folder.path_of(file) else {
                let missing = folder.missing();
                return Err(Error::Missing { set: set.name, folder: root.into(), missing });
            };
            self.keep(file, path, bounded::read_at_most(path, file.bytes)?, progress)?;
        }
        Ok(())
    }

    /// Ends a fetch. Records the checksums of the four files, so that later damage is detected even for sets without
    /// published ones, and removes partial downloads of other sources.
    pub(crate) fn complete(&self) -> Result<(), Error> {
        let mut list = String::new();
        for file in &self.set.files {
            let path = Folder::at(self.folder.clone(), self.set).path_of(file).map(PathBuf::from);
            let path = path.unwrap_or_else(|| self.folder.join(file.name));
            let bytes = gzip::unpack(&path, bounded::read_at_most(&path, file.bytes)?, file.bytes)?;
            list.push_str(&format!("{}  {}\n", check::sha256(&bytes), file.name));
        }
        files::atomic_write(&self.folder.join(STAMP), list.as_bytes())?;
        self.remove(|name| name.ends_with(PART) || name.ends_with(NOTE));
        Ok(())
    }

    /// Removes the files of these names; failures are ignored.
    fn remove(&self, which: fn(&str) -> bool) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if which(&entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Takes the lock, after calling `waiting` once if another process has it.
fn lock(path: &Path, cancel: &Cancel, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
    let mut said = false;
    loop {
        if let Some(lock) = Lock::try_acquire(path)? {
            return Ok(lock);
        }
        if !said {
            waiting();
            said = true;
        }
        cancel.sleep(TICK)?;
    }
}
