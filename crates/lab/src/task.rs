//! What is to be learned: a data set and a model.

use autograd::Tape;
use data::batches::Normalise;
use data::{Dataset, Split};
use nn::{Activation, Model, metrics};
use tensor::Bundle;

use crate::error::Error;
use crate::recipe::Recipe;

/// A data set, a network of dense layers and how pixels become its inputs.
#[derive(Debug)]
pub struct Task {
    /// The images.
    pub dataset: Dataset,
    /// Layer widths from pixels to classes.
    pub widths: Vec<usize>,
    /// The nonlinearity between layers.
    pub activation: Activation,
    /// How pixels become inputs.
    pub normalise: Normalise,
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
    /// Hidden widths of the notebook's SimpleNN.
    pub const SIMPLE_NN: [usize; 2] = [128, 64];

    /// A network with these hidden widths between the set's pixels and classes.
    pub fn new(dataset: Dataset, hidden: &[usize], activation: Activation, normalise: Normalise) -> Task {
        let mut widths = vec![dataset.train.rows * dataset.train.cols];
        widths.extend(hidden);
        widths.push(dataset.classes);
        let model = Model::mlp(&widths, activation);
        Task { dataset, widths, activation, normalise, model }
    }

    /// A network with all its widths given.
    ///
    /// # Errors
    /// If the first is not the number of pixels, or the last not the number of classes.
    pub fn with_widths(
        dataset: Dataset,
        widths: &[usize],
        activation: Activation,
        normalise: Normalise,
    ) -> Result<Task, Error> {
        let (pixels, classes) = (dataset.train.rows * dataset.train.cols, dataset.classes);
        match widths {
            [first, hidden @ .., last] if *first == pixels && *last == classes && !hidden.contains(&0) => {
                Ok(Task::new(dataset, hidden, activation, normalise))
            }
            _ => Err(Error::Widths { dataset: dataset.name, given: widths.to_vec(), pixels, classes }),
        }
    }

    /// The notebook's experiment on a data set: SimpleNN, inputs from −1 to 1.
    pub fn notebook(dataset: Dataset) -> Task {
        Task::new(dataset, &Task::SIMPLE_NN, Activation::Relu, Normalise::HALF)
    }

    /// The widths in words: `784-128-64-10`.
    pub fn describe_model(&self) -> String {
        let widths: Vec<String> = self.widths.iter().map(ToString::to_string).collect();
        match self.activation {
            Activation::Relu => widths.join("-"),
            other => format!("{} {}", widths.join("-"), other.name()),
        }
    }

    /// Updates in one epoch with this recipe's batches, the last of which may be smaller.
    pub fn steps_per_epoch(&self, recipe: &Recipe) -> u64 {
        self.dataset.train.len().div_ceil(recipe.batch) as u64
    }

    /// The model with these weights on all images of a split.
    pub fn score(&self, weights: &Bundle, split: &Split) -> Score {
        const BATCH: usize = 500;
        let tape = Tape::new();
        let (mut labels, mut all_labels) = (Vec::new(), Vec::new());
        let (mut loss, mut probabilities) = (0.0, Vec::new());
        let indices: Vec<u32> = (0..split.len() as u32).collect();
        for batch in indices.chunks(BATCH) {
            let graph = tape.graph(weights);
            let x = graph.input_with([batch.len(), self.widths[0]], |x| {
                self.normalise.gather(split, batch, x, &mut labels);
            });
            let scores = self.model.forward(x);
            loss += f64::from(scores.cross_entropy(&labels).item()) * batch.len() as f64;
            probabilities.extend_from_slice(&scores.softmax().values());
            all_labels.extend_from_slice(&labels);
        }
        let predictions = metrics::predictions(&probabilities, self.dataset.classes);
        let accuracy = metrics::accuracy(&predictions, &all_labels);
        Score { loss: loss / split.len() as f64, accuracy, probabilities, predictions }
    }
}
