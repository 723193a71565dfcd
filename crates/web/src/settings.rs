//! Settings of a server.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use data::{Dataset, Set};
use lab::Store;

/// Loads a data set.
pub type Load = Arc<dyn Fn(&'static Set) -> Result<Dataset, data::Error> + Send + Sync>;

/// Settings of a server.
pub struct Settings {
    /// Address to listen on; port 0 is any that is free.
    pub address: SocketAddr,
    /// Data sets of images come from this function.
    pub load: Load,
    /// Store of finished runs and of studies; without one, studies are kept until the program ends.
    pub store: Option<Arc<dyn Store>>,
    /// Folder of runs that were stopped, or changed by hand.
    pub folder: PathBuf,
    /// Runs that train at the same time.
    pub runs: usize,
    /// Threads of a study; of runs all but one, which is left to the pages, divided between those that train.
    pub threads: usize,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { address, store, folder, runs, threads, .. } = self;
        f.debug_struct("Settings")
            .field("address", address)
            .field("store", store)
            .field("folder", folder)
            .field("runs", runs)
            .field("threads", threads)
            .finish_non_exhaustive()
    }
}
