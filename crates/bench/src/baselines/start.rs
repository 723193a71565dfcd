//! Start of all baselines: the images as torchvision reads them, one order, one set of weights.

use std::fs;
use std::path::{Path, PathBuf};

use data::idx::{Idx, IdxData};
use data::{Dataset, Images};
use nn::{Activation, Init, Model};
use tensor::random::Stream;

use super::data_folder;

/// The SimpleNN's widths.
pub(crate) const WIDTHS: [usize; 4] = [784, 128, 64, 10];

/// The seed of weights and order.
const SEED: u64 = 1;

/// Outputs, inputs and taps of each layer of the convolutional net; weights are as PyTorch has
/// them: output channel by input channel by row by column.
const CONVOLUTIONAL: [(usize, usize, usize); 4] = [(32, 1, 25), (64, 32, 25), (1024, 3136, 1), (10, 1024, 1)];

/// Writes everything to the baselines' folder, and returns it.
pub(super) fn write(dataset: &Dataset) -> Result<PathBuf, String> {
    let folder = data_folder();
    write_to(&folder, dataset)?;
    crate::tasks::write(&folder)?;
    Ok(folder)
}

/// The same into any folder.
pub(crate) fn write_to(folder: &Path, dataset: &Dataset) -> Result<(), String> {
    let raw = folder.join("MNIST").join("raw");
    fs::create_dir_all(&raw).map_err(|error| format!("{}: {error}", raw.display()))?;
    for (name, split) in [("train", &dataset.train), ("t10k", &dataset.test)] {
        write_split(&raw, name, split)?;
    }
    let order = data::batches::epoch_order(SEED, 0, dataset.train.len());
    let bytes: Vec<u8> = order.into_iter().flat_map(u32::to_le_bytes).collect();
    put(&folder.join("order.u32"), &bytes)?;
    put_weights(&folder.join("simplenn.f32"), Model::mlp(&WIDTHS, Activation::Relu).init(SEED).as_slice())?;
    put_weights(&folder.join("2c2d.f32"), &convolutional())
}

/// Weights and biases uniform in ±1/√fan-in, as PyTorch draws them.
fn convolutional() -> Vec<f32> {
    let mut stream = Stream::new(SEED, "2c2d");
    let mut weights = Vec::new();
    for (outputs, inputs, taps) in CONVOLUTIONAL {
        let mut layer = vec![0.0; outputs * inputs * taps + outputs];
        Init::FanIn.fill(&mut layer, inputs * taps, outputs * taps, &mut stream);
        weights.extend(layer);
    }
    weights
}

fn write_split(raw: &Path, name: &str, split: &Images) -> Result<(), String> {
    let images =
        Idx { shape: vec![split.len(), split.rows, split.cols], data: IdxData::U8(split.pixels.clone()) };
    let labels = Idx { shape: vec![split.len()], data: IdxData::U8(split.labels.clone()) };
    for (what, idx) in [("images-idx3", images), ("labels-idx1", labels)] {
        idx.save(&raw.join(format!("{name}-{what}-ubyte"))).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn put_weights(path: &Path, weights: &[f32]) -> Result<(), String> {
    let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    put(path, &bytes)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_convolutional_net_has_the_weights_of_its_layers() {
        let weights = convolutional();
        assert_eq!(weights.len(), 832 + 51_264 + 3_212_288 + 10_250);
        // ±1/√25 in the first layer, ±1/√1024 in the last.
        assert!(
            weights[..832].iter().all(|w| w.abs() <= 0.2) && weights[..832].iter().any(|w| w.abs() > 0.19)
        );
        let last = &weights[weights.len() - 10_250..];
        assert!(last.iter().all(|w| w.abs() <= 1.0 / 32.0));
    }
}
