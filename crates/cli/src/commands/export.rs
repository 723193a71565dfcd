//! Trained models for other programs.

use std::path::PathBuf;

use clap::Args;
use data::batches::Normalize;
use files::Output;

use super::Command;
use crate::args::PlaceArgs;
use crate::console;
use crate::failure::Failure;
use crate::trained::{Trained, TrainedTask, unknown_layer};

#[derive(Args)]
#[command(
    about = "Writes a trained model for other programs, as ONNX",
    long_about = "Writes a trained network as an ONNX file, which onnxruntime and others run. Its input `input` is \
        [batch, numbers of an example] before normalization, pixels from 0 to 1 row by row; its output `output` are the \
        scores before the softmax, or numbers in the units of the targets. A net of text takes 64-bit tokens [batch, \
        length] and gives the scores [batch, length, tokens] of the next one; the file's metadata have the characters by \
        token as `vocabulary`. A variational autoencoder decodes the mean of the code, and gives the reconstruction, \
        the means and the log-variances.",
    after_help = "Examples:\n  descent train --model lenet --save digits.safetensors\n  \
        descent export --model digits.safetensors --onnx digits.onnx"
)]
pub(crate) struct Export {
    /// The weights, as `descent train --save` or PyTorch's safetensors writes them
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Write the network here
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    #[command(flatten, next_help_heading = "Data")]
    place: PlaceArgs,
}

impl Command for Export {
    const NAME: &'static str = "export";

    fn run(self) -> Result<(), Failure> {
        let output = Output::claim(&self.onnx, "--onnx")?;
        output.differs_from(&self.model, "--model")?;
        let bytes = match TrainedTask::read(&self.model, &self.place)? {
            Some(trained) => self.of_task(&trained)?,
            None => Trained::read(self.model.clone())?.onnx()?,
        };
        output.commit(&bytes)?;
        let size = bytes.len().div_ceil(1024);
        Ok(console::print(&format!("ONNX: {}, {size} KiB", files::text::path(output.path())))?)
    }
}

impl Export {
    /// The network of a task of the registry.
    fn of_task(&self, trained: &TrainedTask) -> Result<Vec<u8>, Failure> {
        let TrainedTask { spec, task, weights, buffers } = trained;
        let Normalize { mean, std } = task.input_normalization();
        let (mean, std) = (&[mean][..], &[std][..]);
        let vocabulary = spec.vocabulary().map(|known| known.symbols().iter().collect::<String>());
        let metadata: Vec<(&str, &str)> = vocabulary.iter().map(|text| ("vocabulary", &**text)).collect();
        let network = train::onnx::Network {
            model: &task.model,
            weights,
            buffers,
            mean,
            std,
            targets: None,
            metadata: &metadata,
        };
        train::onnx::model(&network).map_err(|error| unknown_layer(&self.model, &error))
    }
}
