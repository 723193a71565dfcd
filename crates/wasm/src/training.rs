//! A run of the net on digits in memory, as `train` makes it: the same start, the same batches.

use crate::Optimizer;
use crate::net::{Net, SIMPLE_NN};
use crate::random::{Stream, decimal};
use crate::rules::{Rule, Settings};

/// Images with their labels.
#[derive(Debug, Default)]
pub struct Digits {
    /// Bytes of the images, one image after the other.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u8>,
}

impl Digits {
    fn image(&self, index: usize) -> &[u8] {
        let size = self.pixels.len() / self.labels.len();
        &self.pixels[index * size..(index + 1) * size]
    }
}

/// A run at a moment.
#[derive(Debug)]
pub struct Training {
    net: Net,
    optimizer: Optimizer,
    gradient: Vec<f32>,
    seed: u64,
    batch: usize,
    order: Vec<u32>,
    steps: usize,
}

impl Training {
    /// SimpleNN before its first step.
    pub fn new(rule: &'static Rule, settings: Settings, max_norm: f64, seed: u64, batch: usize) -> Training {
        let net = Net::new(&SIMPLE_NN, seed);
        let weights = net.weights().len();
        Training {
            net,
            optimizer: Optimizer::new(rule, settings, max_norm, weights),
            gradient: vec![0.0; weights],
            seed,
            batch: batch.max(1),
            order: vec![],
            steps: 0,
        }
    }

    /// The net.
    pub fn net(&mut self) -> &mut Net {
        &mut self.net
    }

    /// The optimizer.
    pub fn optimizer(&mut self) -> &mut Optimizer {
        &mut self.optimizer
    }

    /// Number of steps made.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// One step on the next batch; returns the loss before it.
    ///
    /// # Panics
    /// If there are no digits, or not of the net's size.
    pub fn step(&mut self, digits: &Digits) -> f64 {
        let per_epoch = (digits.labels.len() + self.batch - 1) / self.batch;
        let place = self.steps % per_epoch;
        if place == 0 || self.order.len() != digits.labels.len() {
            self.order = epoch_order(self.seed, self.steps / per_epoch, digits.labels.len());
        }
        let end = self.order.len().min((place + 1) * self.batch);
        let indices = self.order[place * self.batch..end].iter().map(|&index| index as usize);
        let (images, labels): (Vec<&[u8]>, Vec<u8>) =
            indices.map(|index| (digits.image(index), digits.labels[index])).unzip();
        let loss = self.net.gradient(&images, &labels, &mut self.gradient);
        self.optimizer.step(self.net.weights_mut(), &self.gradient);
        self.steps += 1;
        loss
    }

    /// Sum of the losses of the digits in a range, and the number of those that are classified correctly.
    ///
    /// # Panics
    /// If the range is not of the digits.
    pub fn evaluate(&mut self, digits: &Digits, range: std::ops::Range<usize>) -> (f64, usize) {
        let images: Vec<&[u8]> = range.clone().map(|index| digits.image(index)).collect();
        self.net.evaluate(&images, &digits.labels[range])
    }
}

/// The order of an epoch: that of `data::batches::epoch_order`.
pub fn epoch_order(seed: u64, epoch: usize, count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    Stream::new(seed, &("batches of epoch ".to_string() + &decimal(epoch))).shuffle(&mut order);
    order
}
