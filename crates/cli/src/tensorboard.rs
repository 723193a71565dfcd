//! Event files of TensorBoard in a folder, one folder a run.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use train::Record;

use crate::console;
use crate::failure::Failure;

/// `--tensorboard`.
#[derive(Args, Debug, Clone)]
pub(crate) struct TensorBoardArgs {
    /// Write event files of TensorBoard here, a folder a run
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
}

impl TensorBoardArgs {
    /// The folder, tried before any work; `None` if none is asked for.
    pub(crate) fn claim(&self) -> Result<Option<TensorBoard>, Failure> {
        self.tensorboard.as_ref().map(|folder| TensorBoard::claim(folder, "--tensorboard")).transpose()
    }
}

/// A folder for event files.
pub(crate) struct TensorBoard {
    folder: PathBuf,
    flag: &'static str,
    /// Seconds since 1970 at which the work began.
    started: f64,
}

impl TensorBoard {
    /// The folder that a flag names, which can be written to.
    pub(crate) fn claim(folder: &Path, flag: &'static str) -> Result<TensorBoard, Failure> {
        files::claim_folder(folder, flag)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(TensorBoard { folder: folder.to_path_buf(), flag, started: now.as_secs_f64() })
    }

    /// Writes the runs; a run that is there already is replaced.
    pub(crate) fn write(&self, runs: &[Record]) -> Result<(), Failure> {
        for run in runs {
            let name = file_name(&run.recipe);
            let key = run.key();
            let folder = self.folder.join(format!("{name}-seed{}-{}", run.seed, &key[..8]));
            files::claim_folder(&folder, self.flag)?;
            // One name for all time, so that TensorBoard sees one file a run.
            let file = folder.join("events.out.tfevents.0000000000.descent");
            let bytes = report::tensorboard(run, self.started);
            files::atomic_write(&file, &bytes).map_err(|error| error.with_flag(self.flag))?;
        }
        let place = files::text::path(&self.folder);
        let count = runs.len();
        console::note(&format!("TensorBoard: {count} run{} in {place}", if count == 1 { "" } else { "s" }));
        Ok(())
    }
}

/// Letters, digits, `-`, `_` and `.` of a name.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.=".contains(c) { c } else { '-' };
    name.chars().take(60).map(plain).collect::<String>().trim_matches(['-', '.']).to_string()
}
