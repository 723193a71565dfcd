//! Runs as files for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use files::Output;
use train::Record;

use super::filter::FilterArgs;
use super::place::StoreArgs;
use crate::args::all_that_start;
use crate::console;
use crate::failure::Failure;
#[cfg(feature = "mlflow")]
use crate::mlflow::Mlflow;
#[cfg(feature = "mlflow")]
use crate::stop::Stop;
use crate::tensorboard::TensorBoard;

#[derive(Args)]
#[command(
    about = "Writes runs for other programs: CSV, JSON lines, TensorBoard, MLflow",
    long_about = "Writes runs as CSV, a row a run and epoch; as JSON lines, the whole record of a run in each, which \
        `descent runs import` reads again bit for bit; every measurement as a row (points) or a JSON line \
        (points-jsonl), as pandas and polars read them; as event files of TensorBoard, a folder a run; or into an \
        experiment of an MLflow server, where runs that are there are left as they are. --to names the server, or \
        MLFLOW_TRACKING_URI; its user and password, or token, come from MLflow's own variables.",
    after_help = "Examples:\n  descent runs export jsonl > runs.jsonl\n  \
        descent runs export points --study rates --out rates.csv\n  \
        descent runs export tensorboard --out logs && tensorboard --logdir logs\n  \
        descent runs export mlflow --to http://127.0.0.1:5000 --experiment rates"
)]
pub(super) struct Export {
    /// The format
    format: Format,
    /// Write to this file instead of standard output; for TensorBoard the folder
    #[arg(long, value_name = "FILE|DIR", required_if_eq("format", "tensorboard"))]
    out: Option<PathBuf>,
    /// The MLflow server
    #[cfg(feature = "mlflow")]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The experiment of MLflow
    #[cfg(feature = "mlflow")]
    #[arg(long, value_name = "NAME", default_value = "descent")]
    experiment: String,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    place: StoreArgs,
}

#[derive(ValueEnum, Clone, Copy)]
enum Format {
    /// A row a run and epoch
    Csv,
    /// The record of a run a line
    Jsonl,
    /// A row a measurement
    Points,
    /// A JSON line a measurement
    PointsJsonl,
    /// Event files, a folder a run
    Tensorboard,
    /// Runs of an experiment on a server
    #[cfg(feature = "mlflow")]
    Mlflow,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text_of: fn(&[Record]) -> String = match self.format {
            Format::Csv => report::csv,
            Format::Jsonl => report::jsonl,
            Format::Points => report::points_csv,
            Format::PointsJsonl => report::points_jsonl,
            Format::Tensorboard => return self.to_tensorboard(),
            #[cfg(feature = "mlflow")]
            Format::Mlflow => return self.to_mlflow(),
        };
        let output = self.out.as_ref().map(|path| Output::claim(path, "--out")).transpose()?;
        if let Some(output) = &output {
            self.place.spared_by(output)?;
        }
        let records = self.records()?;
        let text = text_of(&records);
        match output {
            Some(output) => {
                output.commit(text.as_bytes())?;
                console::note(&format!("{} runs in {}", records.len(), files::text::path(output.path())));
                Ok(())
            }
            None if text.is_empty() => Ok(()),
            None => Ok(console::print(&text)?),
        }
    }

    fn to_tensorboard(&self) -> Result<(), Failure> {
        let folder = TensorBoard::claim(self.out.as_ref().expect("clap requires it"), "--out")?;
        folder.write(&self.records()?)
    }

    #[cfg(feature = "mlflow")]
    fn to_mlflow(&self) -> Result<(), Failure> {
        if self.out.is_some() {
            let hint = "runs for MLflow go to a server: --to URL";
            return Err(Failure::usage("--out conflicts with mlflow", hint));
        }
        let stop = Stop::listen()?;
        let records = self.records()?;
        Mlflow::open(self.to.as_deref(), &self.experiment)?.send(&records, &stop)
    }

    fn records(&self) -> Result<Vec<Record>, Failure> {
        let store = self.place.open_existing()?;
        Ok(all_that_start().run(|| store.records(&self.filter.filter()))?)
    }
}
