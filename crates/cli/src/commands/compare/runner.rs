//! Everything that the parts of a running comparison share.

use lab::run_matrix::{KeptError, KeptRuns};
use train::Record;

use super::Compare;
use crate::stop::Stop;
use crate::tensorboard::TensorBoard;
use crate::tui::Screen;

/// A comparison that is being run.
pub(super) struct Runner<'p> {
    pub(super) compare: &'p Compare,
    pub(super) places: Places<'p>,
    pub(super) stop: &'p Stop,
    pub(super) screen: Option<&'p Screen>,
    /// The command that makes it again.
    pub(super) command: String,
}

/// Places where runs are kept as they end.
pub(super) struct Places<'a> {
    pub(super) kept: &'a KeptRuns,
    pub(super) board: Option<&'a TensorBoard>,
}

impl Places<'_> {
    pub(super) fn put(&self, record: &Record) -> Result<(), KeptError> {
        // All event files are written once more at the end, where an error is told.
        self.board.iter().for_each(|board| drop(board.write_run(record)));
        self.kept.put(record)
    }
}
