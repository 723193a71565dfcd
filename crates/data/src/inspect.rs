//! What of a data set is where on this machine.

use std::fs;
use std::path::PathBuf;

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

/// Reads the four files of a folder and checks every byte; says for each the size that it has
/// when unpacked, or what is wrong.
pub fn verify(set: &'static Set, found: &Found) -> [Result<u64, Error>; 4] {
    let path = found.origin.folder().unwrap_or(std::path::Path::new(""));
    let folder = Folder::at(path.into(), set);
    set.files.each_ref().map(|file| match folder.path_of(file) {
        Some(path) => folder.read_file(file, path).map(|_| file.bytes),
        None => Err(Error::Missing { set: set.name, folder: folder.path.clone(), missing: vec![file.name] }),
    })
}

fn found(folder: &Folder, origin: fn(PathBuf) -> Origin) -> Found {
    let files = folder.set.files.each_ref().map(|file| {
        let path = folder.path_of(file).map(PathBuf::from);
        let meta = path.as_ref().and_then(|path| fs::metadata(path).ok());
        FoundFile { name: file.name, path, bytes: meta.map_or(0, |meta| meta.len()) }
    });
    Found { origin: origin(folder.path.clone()), files }
}
