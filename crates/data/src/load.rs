//! Loading of data sets by name.

use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, Images};
use crate::error::Error;
use crate::event::Event;
use crate::fetch::fetch;
use crate::folder::Folder;
use crate::idx::Idx;
use crate::places::Origin;
use crate::request::Request;
use crate::sample;
use crate::sets::Set;

/// Finds a data set and reads it, checking every byte.
///
/// Searches the folder that the user named, or else `DESCENT_DATA`, `./data`, the system's folder and the cache;
/// then [fetches](fetch) the set; and finally uses the embedded sample. `progress` receives every step.
pub fn load(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Dataset, Error> {
    let dataset = find(request, progress)?;
    progress(Event::Using { origin: dataset.origin.to_string() });
    Ok(dataset)
}

fn find(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Dataset, Error> {
    if request.from.is_some() {
        return fetched(request, progress);
    }
    if let Some(root) = &request.data_dir {
        return named(request.set, root);
    }
    if let Some(dataset) = here(request, progress)? {
        return Ok(dataset);
    }
    let failure = match request.offline {
        true => not_here(request),
        false => match fetched(request, progress) {
            Ok(dataset) => return Ok(dataset),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => error,
        },
    };
    if !(request.allow_sample && request.set.has_sample()) {
        return Err(failure);
    }
    if !matches!(failure, Error::NotHere { .. } | Error::Unreachable { .. }) {
        progress(Event::Failed { what: request.set.title.into(), why: failure.to_string() });
    }
    dataset(request.set, sample::paths(), sample::read()?, Origin::Sample)
}

/// Loads the set from one of this machine's folders.
fn here(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Option<Dataset>, Error> {
    let set = request.set;
    for root in request.places.roots(set) {
        let Some(folder) = Folder::find(&root.path, set) else {
            continue;
        };
        match read(&folder, root.origin) {
            Ok(dataset) => return Ok(Some(dataset)),
            // An interrupted fetch leaves some of the files; the next one fetches the others.
            Err(Error::Missing { .. }) => {}
            Err(error) if request.places.configured.as_ref() == Some(&root.path) => {
                return Err(error);
            }
            Err(error) => {
                progress(Event::Failed { what: folder.path.display().to_string(), why: error.to_string() })
            }
        }
    }
    Ok(None)
}

fn not_here(request: &Request) -> Error {
    let roots = request.places.roots(request.set);
    let places = roots.iter().map(|root| root.path.display().to_string()).collect();
    Error::NotHere { set: request.set.name, places }
}

/// Loads the set that was just fetched.
fn fetched(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Dataset, Error> {
    let origin = fetch(request, progress)?;
    let folder = Folder::at(origin.folder().unwrap_or(Path::new("")).into(), request.set);
    let mut dataset = read(&folder, Origin::Cache)?;
    dataset.origin = origin;
    Ok(dataset)
}

/// Loads the set from the folder that the user named.
fn named(set: &'static Set, root: &Path) -> Result<Dataset, Error> {
    let folder = Folder::find(root, set).unwrap_or_else(|| Folder::at(root.into(), set));
    read(&folder, Origin::Folder)
}

fn read(folder: &Folder, origin: fn(PathBuf) -> Origin) -> Result<Dataset, Error> {
    let files = folder.files.clone().map(Option::unwrap_or_default);
    dataset(folder.set, files, folder.read()?, origin(folder.path.clone()))
}

/// Assembles a set from its four arrays. The paths are for error messages.
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
        train: Images::new((&a, train_images), (&b, train_labels), set.classes)?,
        test: Images::new((&c, test_images), (&d, test_labels), set.classes)?,
        origin,
    })
}
