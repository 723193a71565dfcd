//! Classification of images.

use std::sync::Arc;

use data::Dataset;
use data::batches::Normalize;
use data::samples::{Samples, Targets};
use nn::{Activation, Architecture, metrics};
use tensor::ParamVec;

use super::Task;
use crate::error::Error;
use crate::examples::{Examples, InMemory, Split};

/// A classifier on a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction classified correctly, 0 to 1.
    pub accuracy: f64,
    /// Probabilities [images, classes], row by row.
    pub probabilities: Vec<f32>,
    /// The most probable class of each image.
    pub predictions: Vec<u32>,
}

impl Task {
    /// A network of dense layers with all its widths given.
    ///
    /// # Errors
    /// If the first is not the number of pixels, or the last not the number of classes.
    pub fn with_widths(
        examples: Arc<InMemory>,
        widths: &[usize],
        activation: Activation,
        normalize: Normalize,
    ) -> Result<Task, Error> {
        let (rows, cols, classes) = image_shape(examples.split(Split::Train));
        let (pixels, dataset) = (rows * cols, examples.info().name.clone());
        match widths {
            [first, hidden @ .., last] if *first == pixels && *last == classes => {
                let mlp = Architecture::Mlp { hidden: hidden.to_vec(), activation };
                Task::supervised(examples, &mlp, normalize)
            }
            _ => Err(Error::Widths { dataset, given: widths.to_vec(), pixels, classes }),
        }
    }

    /// The notebook's experiment on a data set: SimpleNN, inputs from −1 to 1, 95% as its target.
    pub fn notebook(dataset: Dataset) -> Task {
        let simple_nn = Architecture::by_name("mlp").expect("it is listed");
        let examples = Arc::new(InMemory::images(dataset));
        let task = Task::supervised(examples, &simple_nn, Normalize::HALF);
        Task { target: Some(0.95), ..task.expect("dense layers take images of any size") }
    }

    /// The class probabilities of a split, and how good they are.
    ///
    /// # Panics
    /// If the targets are not classes.
    #[track_caller]
    pub fn score(&self, weights: &ParamVec, buffers: &ParamVec, split: Split) -> Score {
        let (mut loss, mut probabilities, mut labels, mut classes) = (0.0, vec![], vec![], 1);
        let count = self.examples.len(split);
        self.for_each_output(weights, buffers, split, &mut |batch, output, batch_loss| {
            let Targets::Classes { labels: of_batch, names } = &batch.targets else {
                panic!("expected targets that are classes");
            };
            loss += batch_loss * batch.len() as f64;
            classes = names.len();
            labels.extend_from_slice(of_batch);
            probabilities.extend_from_slice(&output.softmax().values());
        });
        let predictions = metrics::predictions(&probabilities, classes);
        let accuracy = metrics::accuracy(&predictions, &labels);
        Score { loss: loss / count as f64, accuracy, probabilities, predictions }
    }
}

/// Height, width and number of classes.
fn image_shape(samples: &Samples) -> (usize, usize, usize) {
    let classes = match &samples.targets {
        Targets::Classes { names, .. } => names.len(),
        Targets::Numbers { .. } | Targets::Tokens { .. } | Targets::None => 0,
    };
    match *samples.inputs.shape() {
        [rows, cols, channels] => (rows, cols * channels, classes),
        ref other => (1, other.iter().product(), classes),
    }
}

/// The widths of dense layers in words: `784-128-64-10`.
pub(super) fn describe(widths: &[usize], activation: Activation) -> String {
    let widths: Vec<String> = widths.iter().map(ToString::to_string).collect();
    match activation {
        Activation::Relu => widths.join("-"),
        other => format!("{} {}", widths.join("-"), other.name()),
    }
}
