//! Trained models for other programs.

use std::path::PathBuf;

use clap::Args;
use files::Output;
use lab::tasks::{Setup, TaskSpec, UnknownTask};
use train::weights;

use super::Command;
use crate::args::PlaceArgs;
use crate::console;
use crate::failure::Failure;
use crate::trained::{Trained, check_finite, unknown_layer};

#[derive(Args)]
#[command(
    about = "Writes a trained model for other programs, as ONNX",
    long_about = "Writes a trained network as an ONNX file, which onnxruntime and others run: dense, convolutional \
        and residual networks. Its input is [batch, numbers of an example] before normalization, pixels from 0 to 1 \
        row by row; its output are the scores before the softmax.",
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
        let task = match files::open(&self.model) {
            Ok(_) => weights::task_name(&self.model)?,
            Err(_) => None,
        };
        let bytes = match task {
            Some(name) => self.of_task(&name)?,
            None => Trained::read(self.model.clone())?.onnx()?,
        };
        output.commit(&bytes)?;
        let size = bytes.len().div_ceil(1024);
        Ok(console::print(&format!("ONNX: {}, {size} KiB", files::text::path(output.path())))?)
    }
}

impl Export {
    /// The network of a task of the registry.
    fn of_task(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let path = &self.model;
        let spec: TaskSpec = name.parse().map_err(|error: UnknownTask| {
            let path = files::text::path(path);
            Failure::bad_data(format!("{path}: {error}"), "use the version of the program that wrote it")
        })?;
        let task = spec.build(&mut Setup::new(|set| self.place.load(set)))?;
        let (weights, buffers) = weights::load_for(path, &task)?;
        check_finite(path, [&weights, &buffers])?;
        let number = |name: &str, without: f64| {
            task.notes.get(name).and_then(|text| text.parse().ok()).unwrap_or(without)
        };
        let (mean, std) = (&[number("mean", 0.0)][..], &[number("std", 1.0)][..]);
        let network =
            train::onnx::Network { model: &task.model, weights: &weights, buffers: &buffers, mean, std };
        train::onnx::model(&network).map_err(|error| unknown_layer(path, &error))
    }
}
