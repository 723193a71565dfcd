//! The data set, and where it is looked for.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use data::own::Normalization;
use data::{Dataset, Request, Set};

use super::OwnArgs;
use crate::dataset;
use crate::failure::Failure;

/// Flags that say which data to use.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArgs {
    /// The data set [default: mnist]
    #[arg(
        long,
        value_name = "SET",
        value_parser = sets(),
        conflicts_with = "data",
        conflicts_with_all = OwnArgs::OPTIONS,
    )]
    pub(crate) dataset: Option<String>,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Inputs become (x − MEAN)/STD; bytes are from 0 to 1 before. `auto` takes both from the training data
    /// [default: 0.5,0.5 for a data set, auto for data of your own]
    #[arg(long, value_name = "MEAN,STD|none|auto", allow_negative_numbers = true)]
    pub(crate) normalize: Option<Normalization>,
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
    pub(crate) fn name(&self) -> String {
        self.own.name().unwrap_or_else(|| self.dataset.as_deref().unwrap_or(DataArgs::DEFAULT).to_string())
    }

    /// Refuses an output that would destroy the data.
    pub(crate) fn is_spared_by(&self, output: &files::Output) -> Result<(), Failure> {
        let folder = self.place.data_dir.iter().map(|folder| ("--data-dir", folder.clone()));
        let mut inputs = self.own.inputs().into_iter().chain(folder);
        Ok(inputs.try_for_each(|(flag, input)| output.spares(&input, flag))?)
    }

    /// Loads the set that is named, or the default.
    pub(crate) fn load_set(&self) -> Result<Dataset, Failure> {
        Ok(self.place.load(data::set(self.dataset.as_deref().unwrap_or(DataArgs::DEFAULT))?)?)
    }

    /// The flags that name the same data, each after a space.
    pub(crate) fn flags(&self) -> String {
        let mut flags = self.dataset.as_ref().map_or(String::new(), |name| format!(" --dataset {name}"));
        flags += &self.own.flags();
        if let Some(normalize) = self.normalize {
            flags += &format!(" --normalize {normalize}");
        }
        flags
    }
}

impl PlaceArgs {
    /// The set to load and the place to load it from.
    pub(crate) fn request(&self, set: &'static Set) -> Request {
        let mut request = Request::new(set);
        request.data_dir = self.data_dir.clone();
        request.offline = self.offline;
        request
    }

    /// Loads a set, showing what is fetched.
    pub(crate) fn load(&self, set: &'static Set) -> Result<Dataset, data::Error> {
        dataset::load(&self.request(set))
    }
}

/// The names of all sets.
pub(crate) fn sets() -> PossibleValuesParser {
    PossibleValuesParser::new(data::SETS.iter().map(|set| set.name))
}
