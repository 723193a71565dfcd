//! Errors before, between and after runs; a run that diverges is a result, not an error.

use std::path::PathBuf;

use thiserror::Error as ThisError;

/// An error of this crate; [`Error::hint`] has the next step.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A recipe's settings.
    #[error(transparent)]
    Optim(#[from] optim::Error),
    /// A data set.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// A file that cannot be read or written.
    #[error(transparent)]
    Access(#[from] files::Error),
    /// Layer widths that do not fit the data set.
    #[error(
        "layers {given:?} do not fit {dataset}: the first must be {pixels} (inputs), the last {classes} (outputs), and none 0"
    )]
    Widths {
        /// The data set's name.
        dataset: String,
        /// The widths as given.
        given: Vec<usize>,
        /// Expected first width: the number of pixels.
        pixels: usize,
        /// Expected last width: the number of classes.
        classes: usize,
    },
    /// Images that are too small for a model.
    #[error(
        "{model} takes images of at least {least} × {least} pixels, and those of {dataset} have {rows} × {cols}"
    )]
    Images {
        /// The data set's name.
        dataset: String,
        /// The model's name.
        model: String,
        /// Height of the images.
        rows: usize,
        /// Width of the images.
        cols: usize,
        /// The least height and width.
        least: usize,
    },
    /// A network for other data.
    #[error("{dataset}: {why}")]
    Unfit {
        /// The data set's name.
        dataset: String,
        /// Expected and found sizes.
        why: String,
        /// The next step.
        hint: String,
    },
    /// A network that does not fit into memory.
    #[error(
        "expected a network that fits into memory, found {weights} weights, which take {:.1} GB with gradients and \
         the optimizer's state",
        *bytes as f64 / 1e9
    )]
    Memory {
        /// Number of weights.
        weights: usize,
        /// Bytes of weights, gradients and the optimizer's state.
        bytes: u128,
    },
    /// A file of weights or a checkpoint that cannot be used.
    #[error("{}: {why}", files::text::path(path))]
    File {
        /// The file.
        path: PathBuf,
        /// Reason.
        why: String,
        /// Next step for the user.
        hint: String,
    },
    /// A checkpoint of a run with other settings.
    #[error("{}: this checkpoint is of another run:\n{}", files::text::path(path), differences.join("\n"))]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// One line a setting that differs.
        differences: Vec<String>,
    },
}

impl Error {
    /// Next step for the user.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Optim(error) => error.hint(),
            Error::Data(error) => Some(error.hint()),
            Error::Access(error) => Some(error.hint()),
            Error::Widths { pixels, classes, .. } => {
                Some(format!("for example --layers {pixels},128,64,{classes}"))
            }
            Error::Images { .. } => Some("choose another --model: mlp takes images of any size".to_string()),
            Error::Memory { .. } => Some(
                "choose narrower layers, or an optimizer that keeps less: `descent optimizers`".to_string(),
            ),
            Error::Unfit { hint, .. } | Error::File { hint, .. } => Some(hint.clone()),
            Error::OtherRun { .. } => Some(
                "give the settings of the checkpoint, or --force to go on from its weights with these"
                    .to_string(),
            ),
        }
    }
}
