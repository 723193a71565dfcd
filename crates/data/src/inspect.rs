//! Inspection of the data sets on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::folder::{Evidence, Folder};
use crate::places::Origin;
use crate::request::Request;
use crate::sets::Set;

/// Folder with a data set, or part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Kind of folder.
    pub origin: Origin,
    /// The set's four files, in order.
    pub files: [FoundFile; 4],
}

/// One of the four files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Unpacked name.
    pub name: &'static str,
    /// Path, plain or packed; `None` if it is missing, empty or no regular file.
    pub path: Option<PathBuf>,
    /// Size on disk in bytes, 0 if it is missing.
    pub bytes: u64,
}

impl Found {
    /// True if all four files exist and are not empty. Their contents are checked by [`verify`].
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.path.is_some())
    }

    /// Total size on disk in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Every folder with files of the set, the one that [`load`](crate::load) prefers first. Only names and sizes
/// are read.
pub fn locate(request: &Request) -> Vec<Found> {
    let set = request.set;
    let named = request.data_dir.iter().map(|path| (path.clone(), Origin::Folder as fn(_) -> _));
    let known = request.places.roots(set).into_iter().map(|root| (root.path, root.origin));
    let folders = named.chain(known);
    folders.filter_map(|(path, origin)| Some(found(&Folder::find(&path, set)?, origin))).collect()
}

/// A file that passed its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Unpacked size in bytes.
    pub bytes: u64,
    /// Evidence.
    pub evidence: Evidence,
}

/// Reads the four files of a folder and checks every byte; returns for each its unpacked size and the evidence,
/// or the error.
pub fn verify(set: &'static Set, found: &Found) -> [Result<Verified, Error>; 4] {
    let path = found.origin.folder().unwrap_or(Path::new(""));
    let folder = Folder::at(path.into(), set);
    set.files.each_ref().map(|file| match folder.path_of(file) {
        Some(path) => {
            let verified = Verified { bytes: file.bytes, evidence: folder.evidence(file) };
            folder.read_file(file, path).map(|_| verified)
        }
        None => Err(Error::Missing { set: set.name, folder: folder.path.clone(), missing: vec![file.name] }),
    })
}

/// True if the test labels are a file of another set; several sets have files of the same names. Only that small file
/// is read.
pub fn is_foreign(set: &'static Set, found: &Found) -> bool {
    let Some(path) = &found.files[3].path else { return false };
    let folder = Folder::at(found.origin.folder().unwrap_or(Path::new("")).into(), set);
    matches!(folder.read_file(&set.files[3], path), Err(Error::Content { .. }))
}

/// Checked folder of a data set.
#[derive(Debug)]
pub struct Checked {
    /// The set.
    pub set: &'static Set,
    /// The folder.
    pub found: Found,
    /// Each file in the set's order.
    pub files: [Result<Verified, Error>; 4],
}

/// Finds and verifies all sets in the places of the requests, which differ in their set.
///
/// Several sets have files of the same names. A folder belongs to the set whose checksum one of its files has; or
/// else to the set in its path; or else to the first set with the fewest errors.
pub fn verify_all(requests: &[Request]) -> Vec<Checked> {
    let mut all: Vec<Checked> = Vec::new();
    for request in requests {
        for found in locate(request) {
            let files = verify(request.set, &found);
            all.push(Checked { set: request.set, found, files });
        }
    }
    let folder = |checked: &Checked| checked.found.origin.folder().map(Path::to_path_buf);
    let keep: Vec<bool> = all
        .iter()
        .map(|checked| {
            let rank = |other: &Checked| other.rank();
            let rivals = all.iter().filter(|other| folder(other) == folder(checked));
            let best = rivals.min_by_key(|other| rank(other)).expect("the list includes the folder itself");
            best.set == checked.set || (best.rank().0 == 0 && checked.rank().0 == 0)
        })
        .collect();
    let mut keep = keep.into_iter();
    all.retain(|_| keep.next().expect("one flag per folder"));
    all
}

impl Checked {
    /// Rank of the set for the folder; the smallest is the best match.
    fn rank(&self) -> (usize, usize) {
        let known = |file: &&Result<Verified, Error>| {
            file.as_ref().is_ok_and(|file| file.evidence != Evidence::Shape)
        };
        let faults = self.files.iter().filter(|file| file.is_err()).count();
        let path = self.found.origin.folder().unwrap_or(Path::new(""));
        let is_named = path.components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            [self.set.torchvision, self.set.name].iter().any(|known| name.eq_ignore_ascii_case(known))
        });
        match self.files.iter().filter(known).count() {
            0 if is_named => (1, faults),
            0 => (2, faults),
            _ => (0, faults),
        }
    }
}

fn found(folder: &Folder, origin: fn(PathBuf) -> Origin) -> Found {
    let files = folder.set.files.each_ref().map(|file| {
        let path = folder.path_of(file);
        let size = |path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map_or(0, |meta| meta.len());
        let bytes = path.map_or(0, size);
        FoundFile { name: file.name, path: path.filter(|_| bytes > 0).map(PathBuf::from), bytes }
    });
    Found { origin: origin(folder.path.clone()), files }
}
