//! Event files of TensorBoard in a folder, one folder a run.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use report::EventFile;
use train::{Event, Record, Training};

use crate::console;
use crate::failure::Failure;

/// `--tensorboard`.
#[derive(Args, Debug, Clone)]
pub(crate) struct TensorBoardArgs {
    /// Write event files of TensorBoard here, a folder a run: `train` as the run goes, `compare` as each run ends
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
        runs.iter().try_for_each(|run| self.write_run(run))?;
        self.tell(runs.len());
        Ok(())
    }

    /// Writes a run that is over, while others go on.
    pub(crate) fn write_run(&self, run: &Record) -> Result<(), Failure> {
        self.replace(run, &report::tensorboard(run, self.started)).map(drop)
    }

    /// Begins the file of a run that is under way, with what it has measured so far.
    pub(crate) fn begin(self, training: &Training<'_>) -> Result<Growing, Failure> {
        let run = training.record();
        let mut events = EventFile::new(&run.recipe, self.started);
        let path = self.replace(&run, &events.news([training.curves(), training.diagnostics()]))?;
        let file = OpenOptions::new().append(true).open(path);
        Ok(Growing { board: self, events, file, written: Instant::now() })
    }

    fn replace(&self, run: &Record, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let (name, key) = (file_name(&run.recipe), run.key());
        let folder = self.folder.join(format!("{name}-seed{}-{}", run.seed, &key[..8]));
        files::claim_folder(&folder, self.flag)?;
        // One name for all time, so that TensorBoard sees one file a run.
        let file = folder.join("events.out.tfevents.0000000000.descent");
        files::atomic_write(&file, bytes).map_err(|error| error.with_flag(self.flag))?;
        Ok(file)
    }

    fn tell(&self, runs: usize) {
        let place = files::text::path(&self.folder);
        console::note(&format!("TensorBoard: {runs} run{} in {place}", if runs == 1 { "" } else { "s" }));
    }
}

/// Time after which measurements are written without an evaluation.
const WRITTEN: Duration = Duration::from_secs(5);

/// The event file of a run that is under way; whoever reads it sees whole measurements.
pub(crate) struct Growing {
    board: TensorBoard,
    events: EventFile,
    /// An error once it cannot be appended to.
    file: io::Result<File>,
    written: Instant,
}

impl Growing {
    /// Reads an event of the run: each evaluation is in the file at once, other measurements after a few seconds.
    pub(crate) fn read(&mut self, training: &Training<'_>, event: &Event) {
        let is_due = match event {
            Event::Evaluated { .. } => true,
            Event::Progress { .. } => self.written.elapsed() >= WRITTEN,
            Event::RunStarted { .. } | Event::RunFinished { .. } => false,
        };
        if is_due {
            self.append(training);
        }
    }

    fn append(&mut self, training: &Training<'_>) {
        self.written = Instant::now();
        let news = self.events.news([training.curves(), training.diagnostics()]);
        if let Ok(file) = &mut self.file
            && let Err(error) = file.write_all(&news)
        {
            self.file = Err(error);
        }
    }

    /// Writes the rest of the run, ended or stopped; all of it where something could not be written before.
    pub(crate) fn finish(mut self, training: &Training<'_>) -> Result<(), Failure> {
        self.append(training);
        if self.file.is_err() {
            self.board.write_run(&training.record())?;
        }
        self.board.tell(1);
        Ok(())
    }
}

/// Letters, digits, `-`, `_` and `.` of a name.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.=".contains(c) { c } else { '-' };
    name.chars().take(60).map(plain).collect::<String>().trim_matches(['-', '.']).to_string()
}
