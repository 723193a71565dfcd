//! The data set, and where it is looked for.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use data::{Dataset, Request, Set};

use crate::dataset;
use crate::failure::Failure;

/// Flags that say which data to use.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArgs {
    /// The data set [default: mnist]
    #[arg(long, value_name = "SET", value_parser = sets())]
    pub(crate) dataset: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Flags that say where a data set is looked for.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct PlaceArgs {
    /// Read the set from this folder only (torchvision's layout, or the four files)
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Open no connection: use what is on this machine, or the embedded sample
    #[arg(long)]
    pub(crate) offline: bool,
}

impl DataArgs {
    /// The set that is used where none is named.
    pub(crate) const DEFAULT: &'static str = "mnist";

    /// Name of the data in messages and in names of folders.
    pub(crate) fn name(&self) -> &str {
        self.dataset.as_deref().unwrap_or(DataArgs::DEFAULT)
    }

    /// Loads the set.
    pub(crate) fn load(&self) -> Result<Dataset, Failure> {
        self.place.load(data::set(self.name())?)
    }

    /// The flags that name the same data, each after a space.
    pub(crate) fn flags(&self) -> String {
        self.dataset.as_ref().map_or(String::new(), |name| format!(" --dataset {name}"))
    }
}

impl PlaceArgs {
    /// What to load and from where.
    pub(crate) fn request(&self, set: &'static Set) -> Request {
        let mut request = Request::new(set);
        request.data_dir = self.data_dir.clone();
        request.offline = self.offline;
        request
    }

    /// Loads a set, showing what is fetched.
    pub(crate) fn load(&self, set: &'static Set) -> Result<Dataset, Failure> {
        dataset::load(&self.request(set))
    }
}

/// The names of all sets.
pub(crate) fn sets() -> PossibleValuesParser {
    PossibleValuesParser::new(data::SETS.iter().map(|set| set.name))
}
