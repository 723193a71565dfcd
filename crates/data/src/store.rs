//! The folder that a set is fetched into, as torchvision lays it out.

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

/// How the names of half-downloaded files end, and of the notes beside them.
pub(crate) const PART: &str = ".part";
pub(crate) const NOTE: &str = ".part.note";

/// A set's folder, which this process alone is filling.
pub(crate) struct Store {
    pub(crate) set: &'static Set,
    pub(crate) folder: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Makes the folder below a root and takes its lock, waiting if another process has it, until `cancel`.
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

    /// The files that are not here, whole and right.
    pub(crate) fn wanted(&self) -> Vec<&'static File> {
        let folder = Folder::at(self.folder.clone(), self.set);
        let here = |(file, path): (&File, &Option<PathBuf>)| {
            path.as_ref().is_some_and(|path| folder.read_file(file, path).is_ok())
        };
        let files = self.set.files.iter().zip(&folder.files);
        files.filter(|&pair| !here(pair)).map(|(file, _)| file).collect()
    }

    /// Unpacks a file's bytes, checks them, and stores them under the file's name. `path` is
    /// where they came from.
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

    /// Ends a fetch. Writes down the checksums of the four files as they are now, so that later
    /// damage shows even where none were published, and removes what other sources left unfinished.
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

    /// Removes the files of these names. Failing to is harmless.
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
