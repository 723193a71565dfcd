//! Errors of a folder with the runs of a comparison.

use std::path::PathBuf;

/// Says which comparison a folder has.
pub(super) const PLAN: &str = "comparison.json";

/// Reasons why a folder cannot keep the runs of a comparison.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Access(#[from] files::Error),
    /// The folder has another comparison.
    #[error("{} has another comparison:\n{}", files::text::path(folder), differences.join("\n"))]
    Other {
        /// The folder.
        folder: PathBuf,
        /// A line for each setting that differs.
        differences: Vec<String>,
    },
    /// The folder has files under the names of results, and they are no comparison's.
    #[error(
        "{}: expected a new folder or that of this comparison, found {found} without {PLAN}",
        files::text::path(folder)
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The first file found.
        found: String,
    },
    /// A file of the folder is not as it was written.
    #[error("{} is damaged: {why}", files::text::path(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The place and the fault.
        why: String,
    },
}

impl KeptError {
    /// The next step for a person.
    pub fn hint(&self) -> String {
        match self {
            KeptError::Access(error) => error.hint(),
            KeptError::Other { .. } => {
                "give the settings of the folder to go on with it, or another folder with --out".to_string()
            }
            KeptError::Foreign { .. } => "name another folder with --out".to_string(),
            KeptError::Damaged { .. } => {
                "restore the file from a copy, or name another folder with --out".to_string()
            }
        }
    }
}
