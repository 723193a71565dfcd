//! Folders for results.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Makes a folder and those above it.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::create(folder, &error))
}

/// The folders of `parent/name-1`, `parent/name-2`, … that are there, the last one first.
pub(crate) fn numbered(parent: &Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let number = |file: &str| file.strip_prefix(name)?.strip_prefix('-')?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> =
        entries.filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path()))).collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Makes the first folder of `parent/name-1`, `parent/name-2`, … that is not there yet.
pub(crate) fn make_next(parent: &Path, name: &str) -> Result<PathBuf, Failure> {
    make(parent)?;
    for number in 1_u32.. {
        let folder = parent.join(format!("{name}-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Failure::create(&folder, &error)),
            Ok(()) => return Ok(folder),
        }
    }
    unreachable!("there is a number that is not taken")
}
