//! Files that will be written at the end, tried at the start.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::atomic::{Temporary, atomic_write, folder_of, same_file, sweep};
use crate::error::Error;
use crate::read::kind_of;

/// Links that may follow each other, as on Linux.
const MAX_LINKS: usize = 40;

/// A file that an option asked for. It is tried before hours of work rather than after them, and written
/// whole or not at all, as often as there is something to write.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    /// The file that links of this path lead to.
    target: PathBuf,
    flag: String,
}

impl Output {
    /// Tries whether a file can be written at this path, which the option `flag` named, and removes what
    /// killed processes left in its folder. The path is a new name or a regular file, or a link to either:
    /// then the link remains, and what it leads to is written.
    ///
    /// # Errors
    /// If the folder is not there or does not take files, if the file is write-protected, or if the path
    /// leads to a folder, a device, a pipe or a socket.
    pub fn claim(path: &Path, flag: &str) -> Result<Output, Error> {
        let create = |source| Error::Create { path: path.into(), flag: Some(flag.into()), source };
        let target = follow(path).map_err(create)?;
        match fs::metadata(&target) {
            Ok(found) => {
                if let Some(found) = kind_of(&found) {
                    let (path, flag) = (path.into(), Some(flag.into()));
                    return Err(Error::Irregular { path, flag, found, written: true });
                }
                File::options().append(true).open(&target).map_err(create)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(create(error)),
        }
        try_folder(folder_of(&target)).map_err(create)?;
        Ok(Output { path: path.into(), target, flag: flag.into() })
    }

    /// Writes the file: afterwards it has all of these bytes, or is as it was before.
    ///
    /// # Errors
    /// If it cannot be created or written.
    pub fn commit(&self, bytes: &[u8]) -> Result<(), Error> {
        atomic_write(&self.target, bytes).map_err(|error| error.with_flag(&self.flag))
    }

    /// Makes sure that another file of the same command, named by the option `flag`, is another file.
    ///
    /// # Errors
    /// If it is this one, under whatever name.
    pub fn differs_from(&self, other: &Path, flag: &str) -> Result<(), Error> {
        if is_same(&self.target, &follow(other).unwrap_or_else(|_| other.into())) {
            let flags = [flag.to_string(), self.flag.clone()];
            return Err(Error::Same { path: self.path.clone(), flags });
        }
        Ok(())
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The option that named it.
    pub fn flag(&self) -> &str {
        &self.flag
    }
}

/// Makes a folder and those above it, tries whether it takes files, and removes what killed processes
/// left there.
///
/// # Errors
/// If it cannot be made or does not take files.
pub fn claim_folder(path: &Path, flag: &str) -> Result<(), Error> {
    fs::create_dir_all(path).and_then(|()| try_folder(path)).map_err(|source| Error::Create {
        path: path.into(),
        flag: Some(flag.into()),
        source,
    })
}

/// Makes a file in a folder and removes it again.
fn try_folder(folder: &Path) -> io::Result<()> {
    sweep(folder);
    Temporary::create(folder).map(drop)
}

/// The path that the links of a path lead to, whether a file is there or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(found) if found.is_symlink() => {
                target = folder_of(&target).join(fs::read_link(&target)?);
            }
            // `file/` and `..` name no file, and a rename to them would fail in the end.
            Err(error) if error.kind() == ErrorKind::NotFound && !names_a_file(&target) => {
                return Err(ErrorKind::IsADirectory.into());
            }
            _ => return Ok(target),
        }
    }
    fs::metadata(path).and(Ok(target))
}

fn names_a_file(path: &Path) -> bool {
    let ends_as_folder = path
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| char::from(byte) == std::path::MAIN_SEPARATOR || byte == b'/');
    path.file_name().is_some() && !ends_as_folder
}

/// If two paths without links at their ends are one file, or would be.
fn is_same(a: &Path, b: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (fs::metadata(a), fs::metadata(b))
        && cfg!(unix)
    {
        return same_file(&a, &b);
    }
    let place = |path: &Path| Some((fs::canonicalize(folder_of(path)).ok()?, path.file_name()?.to_owned()));
    a == b || place(a).is_some_and(|place_of_a| Some(place_of_a) == place(b))
}
