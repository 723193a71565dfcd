//! The workload `MODEL OPTIMIZER batch=B updates=U` with its data.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Outputs and inputs of each layer; of a convolution, with the places of its kernel.
const SIMPLENN: &[(usize, usize)] = &[(128, 784), (64, 128), (10, 64)];
const CONVOLUTIONAL: &[(usize, usize)] = &[(32, 25), (64, 32 * 25), (1024, 3136), (10, 1024)];

pub const PIXELS: usize = 784;

/// The nets that the baselines train.
#[derive(Clone, Copy, PartialEq)]
pub enum Net {
    SimpleNn,
    /// Two convolutions, two dense layers.
    Convolutional,
}

pub struct Training {
    pub net: Net,
    pub optimizer: String,
    pub learning_rate: f64,
    /// Normalized from −1 to 1, image after image.
    pub pixels: Vec<f32>,
    pub labels: Vec<u8>,
    pub layers: Vec<Layer>,
    /// The examples of each update.
    pub batches: Vec<Vec<u32>>,
}

/// The starting weights of one layer.
pub struct Layer {
    pub outputs: usize,
    pub inputs: usize,
    /// Row by row, one row for each output; a convolution's by channel, row and column.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Training {
    /// `None` for another model.
    pub fn new(workload: &str, folder: &Path) -> Result<Option<Training>, Box<dyn Error>> {
        let words: Vec<&str> = workload.split_whitespace().collect();
        let [model, optimizer, sizes @ ..] = &words[..] else { return Ok(None) };
        let (net, layers) = match *model {
            "simplenn" => (Net::SimpleNn, SIMPLENN),
            "2c2d" => (Net::Convolutional, CONVOLUTIONAL),
            _ => return Ok(None),
        };
        let size = |name: &str| -> Result<usize, Box<dyn Error>> {
            let text = sizes.iter().find_map(|size| size.strip_prefix(name)?.strip_prefix('='));
            Ok(text.ok_or(format!("{workload} has no {name}"))?.parse()?)
        };
        let (batch, updates) = (size("batch")?, size("updates")?);

        let raw = folder.join("MNIST/raw");
        let pixels = fs::read(raw.join("train-images-idx3-ubyte"))?.split_off(16);
        let pixels = pixels.iter().map(|&p| (f32::from(p) / 255.0 - 0.5) / 0.5).collect();
        let labels = fs::read(raw.join("train-labels-idx1-ubyte"))?.split_off(8);
        let flat: Vec<f32> = fs::read(folder.join(format!("{model}.f32")))?
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
            .collect();
        let mut rest = &flat[..];
        let mut take = |count: usize| {
            let (part, others) = rest.split_at(count);
            rest = others;
            part.to_vec()
        };
        let layers = layers
            .iter()
            .map(|&(outputs, inputs)| {
                let (weight, bias) = (take(outputs * inputs), take(outputs));
                Layer { outputs, inputs, weight, bias }
            })
            .collect();
        let order: Vec<u32> = fs::read(folder.join("order.u32"))?
            .chunks_exact(4)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes")))
            .collect();
        let batches = order.chunks(batch).cycle().take(updates).map(<[u32]>::to_vec).collect();
        let learning_rate = if *optimizer == "sgd" { 0.01 } else { 0.001 };
        Ok(Some(Training {
            net,
            optimizer: optimizer.to_string(),
            learning_rate,
            pixels,
            labels,
            layers,
            batches,
        }))
    }

    /// True if each batch has all examples, so that nothing is gathered.
    pub fn is_full(&self) -> bool {
        self.batches[0].len() == self.labels.len()
    }
}
