//! Finding, reading and checking the four files of a set in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bounded;
use crate::check;
use crate::error::Error;
use crate::gzip;
use crate::idx::Idx;
use crate::sets::{File, Set};

/// Reference that a file was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The published SHA-256.
    Published,
    /// The SHA-256 recorded when it was stored.
    Stored,
    /// Size, element type and range of the labels, without a checksum.
    Shape,
}

/// A folder that holds at least one of a set's files.
pub(crate) struct Folder {
    pub(crate) set: &'static Set,
    pub(crate) path: PathBuf,
    /// Path of each file, in the set's order, plain or packed.
    pub(crate) files: [Option<PathBuf>; 4],
}

/// List of checksums for `sha256sum -c` in folders that we filled.
pub(crate) const STAMP: &str = "SHA256SUMS";

impl Folder {
    /// Searches below a root: torchvision's folder for the set, the root itself, `raw`. A folder with all four files
    /// is preferred to one with some.
    pub(crate) fn find(root: &Path, set: &'static Set) -> Option<Folder> {
        let places = [raw(root, set), root.to_path_buf(), root.join("raw")];
        let mut found = places.map(|path| Folder::at(path, set));
        found.sort_by_key(|folder| folder.missing().len());
        found.into_iter().next().filter(|folder| folder.files.iter().any(Option::is_some))
    }

    /// The folder itself, with any content.
    pub(crate) fn at(path: PathBuf, set: &'static Set) -> Folder {
        let files = set.files.map(|file| {
            // 7-Zip writes a dot before `idx`, where archives have a hyphen.
            let names = [file.name.to_string(), file.name.replace("-idx", ".idx")];
            let paths = names.iter().flat_map(|name| [path.join(name), path.join(format!("{name}.gz"))]);
            paths.into_iter().find(|path| path.exists())
        });
        Folder { set, path, files }
    }

    /// Path of one of the set's files.
    pub(crate) fn path_of(&self, file: &File) -> Option<&Path> {
        let index = self.set.files.iter().position(|other| other.name == file.name)?;
        self.files[index].as_deref()
    }

    /// Names of the missing files.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let pairs = self.set.files.iter().zip(&self.files);
        pairs.filter(|(_, path)| path.is_none()).map(|(file, _)| file.name).collect()
    }

    /// Reads and checks the four files, in the set's order.
    pub(crate) fn read(&self) -> Result<[Idx; 4], Error> {
        let [Some(a), Some(b), Some(c), Some(d)] = &self.files else {
            return Err(Error::Missing {
                set: self.set.name,
                folder: self.path.clone(),
                missing: self.missing(),
            });
        };
        let [e, f, g, h] = &self.set.files;
        Ok([self.read_file(e, a)?, self.read_file(f, b)?, self.read_file(g, c)?, self.read_file(h, d)?])
    }

    /// Evidence for a file of the set: its published checksum, or the one recorded when it was stored.
    pub(crate) fn evidence(&self, expected: &File) -> Evidence {
        match expected.sha256 {
            Some(_) => Evidence::Published,
            None if stamp(&self.path, expected.name).is_some() => Evidence::Stored,
            None => Evidence::Shape,
        }
    }

    /// Reads and checks one of the files.
    pub(crate) fn read_file(&self, expected: &File, path: &Path) -> Result<Idx, Error> {
        let bytes = bounded::read_at_most(path, expected.bytes)?;
        let bytes = gzip::unpack(path, bytes, expected.bytes)?;
        let stamp = stamp(&self.path, expected.name);
        check::idx(self.set, expected, path, bytes, stamp.as_deref())
    }
}

/// Folder of a set's files below a root in torchvision's layout.
pub(crate) fn raw(root: &Path, set: &Set) -> PathBuf {
    root.join(set.torchvision).join("raw")
}

/// Checksum recorded when we stored the file.
fn stamp(folder: &Path, name: &str) -> Option<String> {
    let list = fs::read_to_string(folder.join(STAMP)).ok()?;
    let lines = list.lines().filter_map(|line| line.split_once("  "));
    lines.filter(|(_, file)| *file == name).map(|(sum, _)| sum.to_string()).next()
}
