//! What of a data set is where on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::folder::Folder;
use crate::load::Request;
use crate::places::Origin;
use crate::sets::Set;

/// A folder that holds a data set, or part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What sort of folder it is.
    pub origin: Origin,
    /// The set's four files, in its order.
    pub files: [FoundFile; 4],
}

/// One of the four files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its name when unpacked.
    pub name: &'static str,
    /// Where it is, plain or packed; none if it is not there.
    pub path: Option<PathBuf>,
    /// Its size on disk, 0 if it is not there.
    pub bytes: u64,
}

impl Found {
    /// Whether all four files are there. Their contents are not read; [`verify`] does that.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.path.is_some())
    }

    /// Bytes on disk in all.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Every folder that holds files of the set, the one that [`load`](crate::load) prefers first.
/// Nothing is read but names and sizes.
pub fn locate(request: &Request) -> Vec<Found> {
    let set = request.set;
    let named = request.data_dir.iter().map(|path| (path.clone(), Origin::Folder as fn(_) -> _));
    let known = request.places.roots(set).into_iter().map(|root| (root.path, root.origin));
    let folders = named.chain(known);
    folders.filter_map(|(path, origin)| Some(found(&Folder::find(&path, set)?, origin))).collect()
}

/// A file that holds what it should, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its size, unpacked.
    pub bytes: u64,
    /// The evidence.
    pub evidence: Evidence,
}

/// What a file was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The SHA-256 that is published for it.
    Published,
    /// The SHA-256 that was taken when it was stored.
    Stored,
    /// Size, element type and range of the labels alone: no checksum is known.
    Shape,
}

/// Reads the four files of a folder and checks every byte; says for each the size that it has
/// when unpacked and the evidence, or what is wrong.
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

/// A folder of a data set, checked.
#[derive(Debug)]
pub struct Checked {
    /// The set.
    pub set: &'static Set,
    /// The folder.
    pub found: Found,
    /// Each file in the set's order.
    pub files: [Result<Verified, Error>; 4],
}

/// Finds and verifies all sets that are in the places of the requests, which differ in their set.
///
/// Several sets have files of the same names. A folder is taken for a set that one of its files has the
/// checksum of; where there is none, for the set that its path is named after; and else for the first
/// with the fewest faults.
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
            let best = rivals.min_by_key(|other| rank(other)).expect("it is one itself");
            best.set == checked.set || (best.rank().0 == 0 && checked.rank().0 == 0)
        })
        .collect();
    let mut keep = keep.into_iter();
    all.retain(|_| keep.next().expect("one for each"));
    all
}

impl Checked {
    /// How well the folder fits the set; the least fits best.
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
        let path = folder.path_of(file).map(PathBuf::from);
        let meta = path.as_ref().and_then(|path| fs::metadata(path).ok());
        FoundFile { name: file.name, path, bytes: meta.map_or(0, |meta| meta.len()) }
    });
    Found { origin: origin(folder.path.clone()), files }
}
