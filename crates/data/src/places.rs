//! Where data sets are kept on a machine.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::sample;
use crate::sets::{MNIST, Set};
use crate::text::grouped;

/// Where a data set's bytes came from. `Display` says it in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A folder that the user named or keeps beside the work.
    Folder(PathBuf),
    /// A folder that the operating system's packages fill.
    System(PathBuf),
    /// Our cache, filled earlier.
    Cache(PathBuf),
    /// A web server, just now.
    Downloaded {
        /// The server's URL.
        from: String,
        /// The folder where the files are now.
        folder: PathBuf,
    },
    /// An npm package, just now.
    Npm {
        /// `name@version`.
        package: String,
        /// The folder where the files are now.
        folder: PathBuf,
    },
    /// A Debian package, just now.
    Debian {
        /// Its name.
        package: String,
        /// The folder where the files are now.
        folder: PathBuf,
    },
    /// The part of MNIST inside this crate.
    Sample,
}

impl Origin {
    /// The folder where the files are; the sample is in none.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Origin::Folder(folder) | Origin::System(folder) | Origin::Cache(folder) => Some(folder),
            Origin::Downloaded { folder, .. }
            | Origin::Npm { folder, .. }
            | Origin::Debian { folder, .. } => Some(folder),
            Origin::Sample => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Folder(folder) => write!(f, "{}", folder.display()),
            Origin::System(folder) => write!(f, "the system's {}", folder.display()),
            Origin::Cache(folder) => write!(f, "the cache {}", folder.display()),
            Origin::Downloaded { from, .. } => write!(f, "a download from {from}"),
            Origin::Npm { package, .. } => write!(f, "the npm package {package}"),
            Origin::Debian { package, .. } => write!(f, "the Debian package {package}"),
            Origin::Sample => {
                let (chosen, whole) = (sample::TRAIN as u64, MNIST.files[0].items as u64);
                let (chosen, whole) = (grouped(chosen), grouped(whole));
                write!(f, "the embedded sample: {chosen} of {whole} training images")
            }
        }
    }
}

/// The folders to look into. [`Places::of_this_machine`] is the usual value; tests make their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The root that the environment variable `DESCENT_DATA` names.
    pub standing: Option<PathBuf>,
    /// The root that belongs to the work at hand: `./data`.
    pub here: PathBuf,
    /// The folder of the system's data sets: `/usr/share/datasets`.
    pub system: PathBuf,
    /// The root that we fill: `descent` in the user's cache folder.
    pub cache: PathBuf,
}

impl Places {
    /// Folders that hold nothing.
    pub fn none() -> Places {
        // A file cannot be a folder, so nothing is ever found there or written.
        let nowhere = PathBuf::from("/dev/null/none");
        Places { standing: None, here: nowhere.clone(), system: nowhere.clone(), cache: nowhere }
    }

    /// The places of this machine and user, by its environment.
    pub fn of_this_machine() -> Places {
        let standing = env::var_os("DESCENT_DATA").filter(|value| !value.is_empty());
        // Without a home folder there is still the folder for temporary files.
        let cache = etcetera::choose_base_strategy()
            .map_or_else(|_| env::temp_dir(), |strategy| strategy.cache_dir());
        Places {
            standing: standing.map(PathBuf::from),
            here: PathBuf::from("data"),
            system: PathBuf::from("/usr/share/datasets"),
            cache: cache.join("descent"),
        }
    }

    /// Every root that may hold the set, the one to prefer first.
    pub(crate) fn roots(&self, set: &Set) -> Vec<Root> {
        let mut roots = Vec::new();
        let mut add = |path: PathBuf, origin| roots.push(Root { path, origin });
        if let Some(path) = &self.standing {
            add(path.clone(), Origin::Folder);
        }
        add(self.here.clone(), Origin::Folder);
        if let Some(name) = set.system {
            add(self.system.join(name), Origin::System);
        }
        add(self.cache.clone(), Origin::Cache);
        roots
    }
}

/// A folder below which data sets may be, and what its contents are to the user.
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) origin: fn(PathBuf) -> Origin,
}
