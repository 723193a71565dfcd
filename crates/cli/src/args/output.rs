//! The form of what is printed.

use clap::Args;

/// `--json`.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct OutputArgs {
    /// Print JSON, one object a line, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
