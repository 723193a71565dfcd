//! A multilayer perceptron on bytes with ReLU and cross-entropy: the notebook's SimpleNN.

use crate::math::{exp, ln};
use crate::random::{Stream, decimal};
use crate::sparse::{Sparse, add_rows};

/// Widths of SimpleNN, from pixels to classes.
pub const SIMPLE_NN: [usize; 4] = [784, 128, 64, 10];

/// Pixels become −1 to 1: byte·scale + offset.
const SCALE: f32 = (1.0 / (255.0 * 0.5)) as f32;
const OFFSET: f32 = -1.0;

/// Dense layers with their weights.
#[derive(Debug)]
pub struct Net {
    layers: Vec<Layer>,
    /// Matrix and bias of each layer, one after the other.
    weights: Vec<f32>,
    scratch: Vec<Scratch>,
}

/// A dense layer: a matrix [inputs, outputs], the bias after it.
#[derive(Debug, Clone, Copy)]
struct Layer {
    inputs: usize,
    outputs: usize,
    /// Place of the matrix among the weights.
    start: usize,
    /// Value of an input that has no entry.
    background: f32,
}

/// Numbers of a batch in one layer.
#[derive(Debug, Default)]
struct Scratch {
    /// Inputs by example, as differences from the background.
    inputs: Sparse,
    /// The same by input.
    by_input: Sparse,
    /// Outputs [examples, outputs].
    outputs: Vec<f32>,
    /// Derivatives of the loss by the outputs.
    deltas: Vec<f32>,
    /// The derivatives by example.
    sparse_deltas: Sparse,
    /// The matrix [outputs, inputs].
    transposed: Vec<f32>,
}

impl Layer {
    fn matrix(self) -> std::ops::Range<usize> {
        self.start..self.start + self.inputs * self.outputs
    }

    fn bias(self) -> std::ops::Range<usize> {
        let end = self.matrix().end;
        end..end + self.outputs
    }
}

impl Net {
    /// The net of these widths with the weights that `nn` draws from this seed.
    ///
    /// # Panics
    /// If there are fewer than two widths.
    pub fn new(widths: &[usize], seed: u64) -> Net {
        assert!(widths.len() >= 2, "expected at least two widths");
        let (mut layers, mut weights) = (vec![], vec![]);
        for (number, pair) in widths.windows(2).enumerate() {
            let background = if number == 0 { OFFSET } else { 0.0 };
            let layer = Layer { inputs: pair[0], outputs: pair[1], start: weights.len(), background };
            weights.resize(layer.bias().end, 0.0);
            let bound = (layer.inputs as f64).sqrt().recip();
            let name = "init fc".to_string() + &decimal(number + 1);
            let stream = |part: &str| Stream::new(seed, &(name.clone() + part));
            let (low, high) = ((-bound) as f32, bound as f32);
            let mut draw = stream(".weight");
            for output in 0..layer.outputs {
                for input in 0..layer.inputs {
                    let place = layer.start + input * layer.outputs + output;
                    weights[place] = low + (high - low) * draw.uniform();
                }
            }
            let mut draw = stream(".bias");
            weights[layer.bias()].iter_mut().for_each(|b| *b = low + (high - low) * draw.uniform());
            layers.push(layer);
        }
        let scratch = layers.iter().map(|_| Scratch::default()).collect();
        Net { layers, weights, scratch }
    }

    /// Weights: the matrix [inputs, outputs] and the bias of each layer.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The same, to be changed.
    pub fn weights_mut(&mut self) -> &mut [f32] {
        &mut self.weights
    }

    /// Weights in PyTorch's layout: [outputs, inputs] and bias of each layer.
    pub fn to_pytorch(&self) -> Vec<f32> {
        self.in_pytorch_layout(&self.weights)
    }

    /// Numbers of the weights' layout in PyTorch's.
    ///
    /// # Panics
    /// If their number is not that of the weights.
    pub fn in_pytorch_layout(&self, numbers: &[f32]) -> Vec<f32> {
        let mut ordered = Vec::with_capacity(numbers.len());
        for layer in &self.layers {
            let matrix = &numbers[layer.matrix()];
            for output in 0..layer.outputs {
                ordered.extend(matrix.iter().skip(output).step_by(layer.outputs));
            }
            ordered.extend(&numbers[layer.bias()]);
        }
        ordered
    }

    /// Number of pixels of an image.
    pub fn pixels(&self) -> usize {
        self.layers[0].inputs
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }

    /// Mean cross-entropy in nats of images, whose gradient is written to `gradient`.
    ///
    /// # Panics
    /// If an image has another number of pixels, or the gradient another length than the weights.
    pub fn gradient(&mut self, images: &[&[u8]], labels: &[u8], gradient: &mut [f32]) -> f64 {
        self.forward(images);
        let (classes, count) = (self.classes(), labels.len());
        let last = self.layers.len() - 1;
        let Scratch { outputs, deltas, .. } = &mut self.scratch[last];
        deltas.clear();
        let mut loss = 0.0;
        for (logits, &label) in outputs.chunks(classes).zip(labels) {
            let mut probabilities = logits.to_vec();
            loss += f64::from(softmax(&mut probabilities, label));
            probabilities[usize::from(label)] -= 1.0;
            deltas.extend(probabilities.iter().map(|p| p / count as f32));
        }
        for number in (0..=last).rev() {
            self.backward(number, gradient);
        }
        loss / count as f64
    }

    /// Sum of the cross-entropies of images, and the number of them that are classified correctly.
    pub fn evaluate(&mut self, images: &[&[u8]], labels: &[u8]) -> (f64, usize) {
        self.forward(images);
        let (mut loss, mut correct) = (0.0, 0);
        let classes = self.classes();
        let outputs = &self.scratch[self.layers.len() - 1].outputs;
        for (logits, &label) in outputs.chunks(classes).zip(labels) {
            correct += usize::from(largest(logits) == usize::from(label));
            loss += f64::from(softmax(&mut logits.to_vec(), label));
        }
        (loss, correct)
    }

    /// Probabilities of the classes of an image.
    pub fn predict(&mut self, image: &[u8]) -> Vec<f32> {
        self.forward(&[image]);
        let mut probabilities = self.scratch[self.layers.len() - 1].outputs.clone();
        softmax(&mut probabilities, 0);
        probabilities
    }

    fn forward(&mut self, images: &[&[u8]]) {
        let first = &mut self.scratch[0].inputs;
        first.clear();
        for image in images {
            let places = (0..).zip(image.iter().copied());
            first.push_row(
                places.filter(|(_, byte)| *byte != 0).map(|(k, byte)| (k, f32::from(byte) * SCALE)),
            );
        }
        for number in 0..self.layers.len() {
            let (layer, is_last) = (self.layers[number], number + 1 == self.layers.len());
            let base = self.base(layer);
            let Scratch { inputs, outputs, .. } = &mut self.scratch[number];
            let matrix = &self.weights[layer.matrix()];
            outputs.clear();
            for example in 0..images.len() {
                outputs.extend(&base);
                let row = &mut outputs[example * layer.outputs..];
                add_rows(row, inputs.row(example), matrix);
                if !is_last {
                    row.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x });
                }
            }
            if let [this, next] = &mut self.scratch[number..(number + 2).min(self.layers.len())] {
                next.inputs.clear();
                this.outputs.chunks(layer.outputs).for_each(|row| next.inputs.push_nonzero(row));
            }
        }
    }

    /// Outputs of an input that is all background.
    fn base(&self, layer: Layer) -> Vec<f32> {
        let mut sums = vec![0.0; layer.outputs];
        if layer.background != 0.0 {
            for row in self.weights[layer.matrix()].chunks(layer.outputs) {
                sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += w);
            }
        }
        let bias = &self.weights[layer.bias()];
        sums.iter().zip(bias).map(|(sum, b)| b + layer.background * sum).collect()
    }

    /// Gradient of a layer from the derivatives by its outputs, and the derivatives by those of the layer before.
    fn backward(&mut self, number: usize, gradient: &mut [f32]) {
        let layer = self.layers[number];
        let (before, from) = self.scratch.split_at_mut(number);
        let Scratch { inputs, by_input, deltas, sparse_deltas, transposed, .. } = &mut from[0];
        let mut sums = vec![0.0; layer.outputs];
        for row in deltas.chunks(layer.outputs) {
            sums.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
        }
        inputs.transpose(layer.inputs, by_input);
        let background: Vec<f32> = sums.iter().map(|sum| layer.background * sum).collect();
        for (input, row) in gradient[layer.matrix()].chunks_mut(layer.outputs).enumerate() {
            row.copy_from_slice(&background);
            add_rows(row, by_input.row(input), deltas);
        }
        gradient[layer.bias()].copy_from_slice(&sums);
        let previous = match before.last_mut() {
            Some(previous) => previous,
            None => return,
        };
        transpose(&self.weights[layer.matrix()], layer.outputs, transposed);
        sparse_deltas.clear();
        deltas.chunks(layer.outputs).for_each(|row| sparse_deltas.push_nonzero(row));
        previous.deltas.clear();
        previous.deltas.resize(previous.outputs.len(), 0.0);
        let rows = previous.deltas.chunks_mut(layer.inputs).zip(previous.outputs.chunks(layer.inputs));
        for (example, (deltas, outputs)) in rows.enumerate() {
            add_rows(deltas, sparse_deltas.row(example), transposed);
            deltas.iter_mut().zip(outputs).for_each(|(d, x)| *d = if *x == 0.0 { 0.0 } else { *d });
        }
    }
}

/// Replaces logits by probabilities; returns −ln of the label's.
fn softmax(logits: &mut [f32], label: u8) -> f32 {
    let max = logits[largest(logits)];
    let shifted = logits[usize::from(label)] - max;
    logits.iter_mut().for_each(|x| *x = exp(*x - max));
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|x| *x /= sum);
    if sum.is_finite() { ln(f64::from(sum)) as f32 - shifted } else { f32::NAN }
}

/// Place of the largest number; the first of equal ones.
fn largest(numbers: &[f32]) -> usize {
    let mut best = 0;
    for (place, x) in numbers.iter().enumerate() {
        if *x > numbers[best] || x.is_nan() {
            best = place;
        }
    }
    best
}

fn transpose(matrix: &[f32], columns: usize, transposed: &mut Vec<f32>) {
    transposed.clear();
    for column in 0..columns {
        transposed.extend(matrix.iter().skip(column).step_by(columns));
    }
}
