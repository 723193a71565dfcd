//! Measurements of a run on request.

use clap::{Args, value_parser};
use train::{CurvatureEvery, Diagnostics};

/// `--diagnostics` and `--curvature`.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct DiagnosticsArgs {
    /// Also measure gradients and updates of each parameter: norms, effective rate, noise, dead units
    #[arg(long)]
    diagnostics: bool,
    /// Also measure sharpness and trace of the Hessian, at the start and every N epochs
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    curvature: Option<u32>,
}

/// Training examples that the Hessian is taken over.
const EXAMPLES: usize = 1000;

impl DiagnosticsArgs {
    /// The measurements that are asked for, if any.
    pub(crate) fn diagnostics(self) -> Option<Diagnostics> {
        let curvature = self.curvature.map(|epochs| CurvatureEvery { epochs, examples: EXAMPLES });
        (self.diagnostics || curvature.is_some()).then_some(Diagnostics { curvature })
    }
}
