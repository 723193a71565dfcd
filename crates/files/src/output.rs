//! Output files that are tried before work begins.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::atomic::{Temporary, atomic_write, folder_of, same_file, sweep};
use crate::error::Error;
use crate::read::kind_of;

/// Longest chain of symbolic links, as on Linux.
const MAX_LINKS: usize = 40;

/// Output file named by an option. It is tried before hours of work rather than after them, and every
/// [`commit`](Output::commit) is atomic.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    /// Target of `path` after resolving symbolic links.
    target: PathBuf,
    flag: String,
}

impl Output {
    /// Checks that a file can be written at `path`, which the option `flag` named, and removes the temporary
    /// files of killed processes from its folder. The path is a new name, a regular file, or a link to either; a
    /// link is kept and its target is written.
    ///
    /// # Errors
    /// If the folder is missing or read-only, if the file is write-protected, or if the path leads to a folder, a
    /// device, a pipe or a socket, or if it is what this process prints to: the file would replace the text.
    pub fn claim(path: &Path, flag: &str) -> Result<Output, Error> {
        let create = |source| Error::Create { path: path.into(), flag: Some(flag.into()), source };
        let irregular =
            |found| Error::Irregular { path: path.into(), flag: Some(flag.into()), found, written: true };
        // `/dev/stdout` leads to a pipe whose name in /proc cannot be followed.
        if let Some(found) = fs::metadata(path).ok().as_ref().and_then(kind_of) {
            return Err(irregular(found));
        }
        let target = follow(path).map_err(create)?;
        match fs::metadata(&target) {
            Ok(found) => {
                if let Some(found) = kind_of(&found) {
                    return Err(irregular(found));
                }
                if let Some(stream) = printed_to(&found) {
                    return Err(Error::Same { path: path.into(), flags: [stream.into(), flag.into()] });
                }
                File::options().append(true).open(&target).map_err(create)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(create(error)),
        }
        try_folder(folder_of(&target)).map_err(create)?;
        Ok(Output { path: path.into(), target, flag: flag.into() })
    }

    /// Replaces the file by these bytes; on an error it is unchanged.
    ///
    /// # Errors
    /// If it cannot be created or written.
    pub fn commit(&self, bytes: &[u8]) -> Result<(), Error> {
        atomic_write(&self.target, bytes).map_err(|error| error.with_flag(&self.flag))
    }

    /// Checks that `other`, named by the option `flag` of the same command, is a different file.
    ///
    /// # Errors
    /// If both are one file, under any name.
    pub fn differs_from(&self, other: &Path, flag: &str) -> Result<(), Error> {
        if is_same(&self.target, &follow(other).unwrap_or_else(|_| other.into())) {
            let flags = [flag.to_string(), self.flag.clone()];
            return Err(Error::Same { path: self.path.clone(), flags });
        }
        Ok(())
    }

    /// Checks that writing does not destroy an input that the option `flag` of the same command named: the input
    /// itself, or if it is a folder, a table, an array or a picture in it.
    ///
    /// # Errors
    /// If it would.
    pub fn spares(&self, input: &Path, flag: &str) -> Result<(), Error> {
        let inside = |folder: PathBuf| Some(fs::canonicalize(&self.target).ok()?.starts_with(folder));
        let is_within = input.is_dir() && fs::canonicalize(input).ok().and_then(inside).unwrap_or(false);
        match is_within && is_data(&self.target) {
            true => self.differs_from(&self.target, flag),
            false => self.differs_from(input, flag),
        }
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

/// Creates a folder with its parents, checks that files can be written in it, and removes the temporary
/// files of killed processes.
///
/// # Errors
/// If it cannot be created or is read-only.
pub fn claim_folder(path: &Path, flag: &str) -> Result<(), Error> {
    fs::create_dir_all(path).and_then(|()| try_folder(path)).map_err(|source| Error::Create {
        path: path.into(),
        flag: Some(flag.into()),
        source,
    })
}

/// Name of the stream of this process that leads to this file.
#[cfg(unix)]
fn printed_to(file: &fs::Metadata) -> Option<&'static str> {
    use std::os::fd::AsFd;
    let (output, errors) = (io::stdout(), io::stderr());
    let streams = [("standard output", output.as_fd()), ("standard error", errors.as_fd())];
    let leads_there = |stream: std::os::fd::BorrowedFd<'_>| {
        let found = stream.try_clone_to_owned().and_then(|stream| File::from(stream).metadata());
        found.is_ok_and(|found| same_file(&found, file))
    };
    streams.into_iter().find_map(|(name, stream)| leads_there(stream).then_some(name))
}

/// Streams have no identity to compare here.
#[cfg(not(unix))]
fn printed_to(_: &fs::Metadata) -> Option<&'static str> {
    None
}

/// Creates and removes a temporary file in a folder.
fn try_folder(folder: &Path) -> io::Result<()> {
    sweep(folder);
    Temporary::create(folder).map(drop)
}

/// Path after resolving symbolic links; the target need not exist.
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

/// True for a file of examples, by its first bytes or its name: IDX, gzip, NumPy, PNG, JPEG, a table.
fn is_data(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    let is_table = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let magic: [&[u8]; 5] = [&[0, 0], &[0x1f, 0x8b], b"\x93NUM", b"\x89PNG", &[0xff, 0xd8, 0xff]];
    is_table || read.is_ok() && magic.iter().any(|magic| start.starts_with(magic))
}

fn names_a_file(path: &Path) -> bool {
    let ends_as_folder = path
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| char::from(byte) == std::path::MAIN_SEPARATOR || byte == b'/');
    path.file_name().is_some() && !ends_as_folder
}

/// True if two resolved paths are, or would be, one file.
fn is_same(a: &Path, b: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (fs::metadata(a), fs::metadata(b))
        && cfg!(unix)
    {
        return same_file(&a, &b);
    }
    let place = |path: &Path| Some((fs::canonicalize(folder_of(path)).ok()?, path.file_name()?.to_owned()));
    a == b || place(a).is_some_and(|place_of_a| Some(place_of_a) == place(b))
}
