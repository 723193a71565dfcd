//! Groups of flags that several commands have, each with what its values mean.

mod count;
mod data;
mod diagnostics;
mod model;
mod output;
mod own;
mod seeds;
mod task;
mod threads;
mod tui;

pub(crate) use count::Count;
pub(crate) use data::{DataArgs, PlaceArgs, sets};
pub(crate) use diagnostics::DiagnosticsArgs;
pub(crate) use model::ModelArgs;
pub(crate) use output::{OutputArgs, ReportArgs, Wanted};
pub(crate) use own::OwnArgs;
pub(crate) use seeds::Seeds;
pub(crate) use task::TaskArgs;
pub(crate) use threads::{ThreadsArgs, all_that_start};
pub(crate) use tui::TuiArgs;

/// The optimizer where none is named.
pub(crate) const DEFAULT_OPTIMIZER: &str = "adam";
