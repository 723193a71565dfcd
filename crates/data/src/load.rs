//! From the name of a data set to its images.

use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, Split};
use crate::error::Error;
use crate::event::Event;
use crate::folder::Folder;
use crate::idx::Idx;
use crate::places::{Origin, Places};
use crate::sets::Set;

/// What to load, and where it may come from.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data set.
    pub set: &'static Set,
    /// The folder that the user named. Only it is looked into: what is wrong there is an error.
    pub data_dir: Option<PathBuf>,
    /// A folder, an archive or a URL to fetch from instead of the known mirrors.
    pub from: Option<String>,
    /// Open no connection and start no other program.
    pub offline: bool,
    /// Be content with the embedded sample where there is one and the whole set cannot be had.
    pub allow_sample: bool,
    /// The folders of this machine.
    pub places: Places,
}

impl Request {
    /// The usual request: everything allowed, this machine's places.
    pub fn new(set: &'static Set) -> Request {
        Request {
            set,
            data_dir: None,
            from: None,
            offline: false,
            allow_sample: true,
            places: Places::of_this_machine(),
        }
    }
}

/// Finds a data set and reads it, checked byte for byte.
///
/// Looks into the folder that the user named, or else into `DESCENT_DATA`, `./data`, the
/// system's folder and the cache. `progress` hears of every step.
pub fn load(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Dataset, Error> {
    let dataset = find(request, progress)?;
    progress(Event::Using {
        origin: dataset.origin.to_string(),
    });
    Ok(dataset)
}

fn find(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Dataset, Error> {
    let set = request.set;
    if let Some(root) = &request.data_dir {
        return named(set, root);
    }
    let mut looked = Vec::new();
    for root in request.places.roots(set) {
        let Some(folder) = Folder::find(&root.path, set) else {
            looked.push(root.path.display().to_string());
            continue;
        };
        match read(&folder, root.origin) {
            Ok(dataset) => return Ok(dataset),
            Err(error) => {
                let what = folder.path.display().to_string();
                looked.push(what.clone());
                progress(Event::Failed {
                    what,
                    why: error.to_string(),
                });
            }
        }
    }
    Err(Error::NotHere {
        set: set.name,
        places: looked,
    })
}

/// The set in a folder that the user named.
fn named(set: &'static Set, root: &Path) -> Result<Dataset, Error> {
    let folder = Folder::find(root, set).unwrap_or_else(|| Folder::at(root.into(), set));
    read(&folder, Origin::Folder)
}

fn read(folder: &Folder, origin: fn(PathBuf) -> Origin) -> Result<Dataset, Error> {
    let files = folder.files.clone().map(Option::unwrap_or_default);
    dataset(
        folder.set,
        files,
        folder.read()?,
        origin(folder.path.clone()),
    )
}

/// Puts a set together from its four arrays. The paths are for error messages.
fn dataset(
    set: &'static Set,
    [a, b, c, d]: [PathBuf; 4],
    [train_images, train_labels, test_images, test_labels]: [Idx; 4],
    origin: Origin,
) -> Result<Dataset, Error> {
    Ok(Dataset {
        name: set.name,
        classes: set.classes,
        class_names: set.class_names,
        mean_std: set.mean_std,
        train: Split::new((&a, train_images), (&b, train_labels), set.classes)?,
        test: Split::new((&c, test_images), (&d, test_labels), set.classes)?,
        origin,
    })
}
