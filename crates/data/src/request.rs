//! Requests for data sets.

use std::path::PathBuf;

use crate::network::Network;
use crate::places::Places;
use crate::sets::Set;

/// Data set to load and its allowed sources.
#[derive(Debug, Clone)]
pub struct Request {
    /// Data set.
    pub set: &'static Set,
    /// Folder named by the user. Only it is searched, and anything wrong in it is an error.
    pub data_dir: Option<PathBuf>,
    /// Folder, archive or URL to fetch from instead of the known mirrors.
    pub from: Option<String>,
    /// If true, no connection is opened and no program is started.
    pub offline: bool,
    /// If true, the embedded sample is used if the whole set is unavailable.
    pub allow_sample: bool,
    /// Folders of this machine.
    pub places: Places,
    /// Limits and programs of a fetch.
    pub network: Network,
}

impl Request {
    /// Request for the embedded sample, without searching folders or fetching; an error if the set has no sample.
    ///
    /// ```
    /// let digits = data::load(&data::Request::embedded(data::set("mnist")?), &mut |_| ())?;
    /// assert!(digits.is_sample());
    /// assert_eq!(digits.first(100, 10).train.len(), 100);
    /// # Ok::<(), data::Error>(())
    /// ```
    pub fn embedded(set: &'static Set) -> Request {
        Request { offline: true, places: Places::none(), ..Request::new(set) }
    }

    /// Default request: all sources allowed, this machine's folders.
    pub fn new(set: &'static Set) -> Request {
        Request {
            set,
            data_dir: None,
            from: None,
            offline: false,
            allow_sample: true,
            places: Places::of_this_machine(),
            network: Network::default(),
        }
    }
}
