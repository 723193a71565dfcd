//! Work and runs as those name them who do them.

/// A part of the work, such as the recipes as they are set, or their tuning.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Part {
    /// Name; empty where there is one part.
    pub(crate) name: String,
    /// Runs in all.
    pub(crate) runs: usize,
    /// Work of all runs, in any unit.
    pub(crate) work: f64,
    /// Runs that were known before and are not told, and their work.
    pub(crate) known: (usize, f64),
}

/// A run as the screen names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    /// Name in the table.
    pub(crate) name: String,
    /// Name of the runs that share a picture.
    pub(crate) group: String,
    /// Index of color and marker.
    pub(crate) look: usize,
    /// In the unit of [`Part::work`].
    pub(crate) work: f64,
}
