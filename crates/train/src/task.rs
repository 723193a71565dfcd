//! What is to be learned: a data set and a model.

use autograd::BufferPool;
use data::batches::Normalize;
use data::{Dataset, Images};
use nn::{Activation, Architecture, Context, Model, metrics};
use tensor::ParamVec;

use crate::error::Error;
use crate::recipe::Recipe;

/// A data set, a network and how pixels become its inputs.
#[derive(Debug)]
pub struct Task {
    /// The images.
    pub dataset: Dataset,
    /// The kind of network.
    pub architecture: Architecture,
    /// How pixels become inputs.
    pub normalize: Normalize,
    /// The network.
    pub model: Model,
}

/// The model on a set of images.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share classified rightly, 0 to 1.
    pub accuracy: f64,
    /// Probabilities [images, classes], row by row.
    pub probabilities: Vec<f32>,
    /// The most probable class of each image.
    pub predictions: Vec<u32>,
}

impl Task {
    /// A network of this kind for the set's images and classes.
    ///
    /// # Errors
    /// If the images are too small for it, or one of its widths is 0.
    pub fn new(dataset: Dataset, architecture: Architecture, normalize: Normalize) -> Result<Task, Error> {
        let (rows, cols) = (dataset.train.rows, dataset.train.cols);
        let least = architecture.least_side();
        if rows.min(cols) < least {
            let model = architecture.to_string();
            return Err(Error::Images { dataset: dataset.name, model, rows, cols, least });
        }
        if let Architecture::Mlp { hidden, .. } = &architecture
            && hidden.contains(&0)
        {
            let (pixels, classes) = (rows * cols, dataset.classes);
            let given = [&[pixels], hidden.as_slice(), &[classes]].concat();
            return Err(Error::Widths { dataset: dataset.name, given, pixels, classes });
        }
        let model = architecture.build(rows, cols, dataset.classes);
        Ok(Task { dataset, architecture, normalize, model })
    }

    /// A network of dense layers with all its widths given.
    ///
    /// # Errors
    /// If the first is not the number of pixels, or the last not the number of classes.
    pub fn with_widths(
        dataset: Dataset,
        widths: &[usize],
        activation: Activation,
        normalize: Normalize,
    ) -> Result<Task, Error> {
        let (pixels, classes) = (dataset.train.rows * dataset.train.cols, dataset.classes);
        match widths {
            [first, hidden @ .., last] if *first == pixels && *last == classes => {
                Task::new(dataset, Architecture::Mlp { hidden: hidden.to_vec(), activation }, normalize)
            }
            _ => Err(Error::Widths { dataset: dataset.name, given: widths.to_vec(), pixels, classes }),
        }
    }

    /// The notebook's experiment on a data set: SimpleNN, inputs from −1 to 1.
    pub fn notebook(dataset: Dataset) -> Task {
        let simple_nn = Architecture::by_name("mlp").expect("it is listed");
        Task::new(dataset, simple_nn, Normalize::HALF).expect("dense layers take images of any size")
    }

    /// Inputs of the network.
    pub fn pixels(&self) -> usize {
        self.dataset.train.rows * self.dataset.train.cols
    }

    /// The model in words: the widths of dense layers, `784-128-64-10`, or a name, `2c2d`.
    pub fn describe_model(&self) -> String {
        let Architecture::Mlp { hidden, activation } = &self.architecture else {
            return self.architecture.to_string();
        };
        let widths = [&[self.pixels()], hidden.as_slice(), &[self.dataset.classes]].concat();
        let widths: Vec<String> = widths.iter().map(ToString::to_string).collect();
        match activation {
            Activation::Relu => widths.join("-"),
            other => format!("{} {}", widths.join("-"), other.name()),
        }
    }

    /// Updates in one epoch with this recipe's batches, the last of which may be smaller.
    pub fn steps_per_epoch(&self, recipe: &Recipe) -> u64 {
        self.dataset.train.len().div_ceil(recipe.batch) as u64
    }

    /// The model with these weights and running statistics on all images of a split.
    pub fn score(&self, weights: &ParamVec, buffers: &ParamVec, split: &Images) -> Score {
        const BATCH: usize = 500;
        let pool = BufferPool::new();
        let (mut labels, mut all_labels) = (Vec::new(), Vec::new());
        let (mut loss, mut probabilities) = (0.0, Vec::new());
        let indices: Vec<u32> = (0..split.len() as u32).collect();
        for batch in indices.chunks(BATCH) {
            let tape = pool.tape(weights);
            let x = tape.input_bytes([batch.len(), self.pixels()], self.normalize.quantization(), |pixels| {
                split.gather(batch, pixels, &mut labels);
            });
            let scores = self.model.forward_in(x, Context::Evaluate { buffers });
            loss += f64::from(scores.cross_entropy(&labels).item()) * batch.len() as f64;
            probabilities.extend_from_slice(&scores.softmax().values());
            all_labels.extend_from_slice(&labels);
        }
        let predictions = metrics::predictions(&probabilities, self.dataset.classes);
        let accuracy = metrics::accuracy(&predictions, &all_labels);
        Score { loss: loss / split.len() as f64, accuracy, probabilities, predictions }
    }
}
