//! Digits to train on, to choose rates by, and to report on; at half size for experiments with many runs.

use data::{Dataset, Images};
use train::{InMemory, Task};

use crate::nets::dense;
use crate::{Error, Settings};

/// Digits of MNIST: to train on, to choose rates by, and to report on.
#[derive(Debug, Clone)]
pub(crate) struct Digits {
    /// Images to train on and to report on.
    pub(crate) dataset: Dataset,
    /// Training images that no run trains on, to choose rates by.
    validation: Images,
}

/// Rows of an image of MNIST.
const ROWS: usize = 28;

impl Digits {
    /// The first `train` training images, the `held` after them, and the first `held` test images.
    ///
    /// # Errors
    /// If the data cannot be loaded.
    pub(crate) fn load(settings: &Settings<'_>, train: usize, held: usize) -> Result<Digits, Error> {
        let mut dataset = (settings.load)(data::set("mnist")?)?.first(train + held, held);
        let pixels = dataset.train.pixels.split_off(train * dataset.train.rows * dataset.train.cols);
        let labels = dataset.train.labels.split_off(train);
        let (rows, cols) = (dataset.train.rows, dataset.train.cols);
        Ok(Digits { dataset, validation: Images { pixels, labels, rows, cols } })
    }

    /// The same at half the height and width.
    pub(crate) fn halved(mut self) -> Digits {
        for images in [&mut self.dataset.train, &mut self.dataset.test, &mut self.validation] {
            *images = halved(images);
        }
        self
    }

    /// Number, size and origin of the images in words.
    pub(crate) fn origin(&self) -> String {
        let Dataset { train, test, origin, .. } = &self.dataset;
        let size = match train.rows {
            ROWS => String::new(),
            rows => format!(" at {rows}×{} pixels", train.cols),
        };
        format!(
            "the first {} training and {} test digits of MNIST{size} ({origin}); {} other training digits choose the \
             rates",
            train.len(),
            test.len(),
            self.validation.len()
        )
    }

    /// A dense network to report on the test images.
    ///
    /// # Errors
    /// If a width is 0.
    pub(crate) fn report(&self, hidden: &[usize]) -> Result<Task, Error> {
        dense(InMemory::images(self.dataset.clone()), hidden)
    }

    /// The same network, tested on the images to choose rates by.
    ///
    /// # Errors
    /// If a width is 0.
    pub(crate) fn tuning(&self, hidden: &[usize]) -> Result<Task, Error> {
        dense(self.tuning_examples(), hidden)
    }

    /// The training images, tested on the images to choose rates by.
    pub(crate) fn tuning_examples(&self) -> InMemory {
        InMemory::images(Dataset { test: self.validation.clone(), ..self.dataset.clone() })
    }
}

/// Images of half the height and width: the mean of each square of four pixels.
fn halved(images: &Images) -> Images {
    let (rows, cols) = (images.rows / 2, images.cols / 2);
    let mut pixels = Vec::with_capacity(images.len() * rows * cols);
    for index in 0..images.len() {
        let image = images.image(index);
        let at = |row: usize, col: usize| u16::from(image[row * images.cols + col]);
        for row in 0..rows {
            for col in 0..cols {
                let (y, x) = (2 * row, 2 * col);
                let sum = at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1);
                pixels.push((sum / 4) as u8);
            }
        }
    }
    Images { pixels, labels: images.labels.clone(), rows, cols }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halved_image_has_the_means_of_its_squares() {
        let pixels = vec![0, 4, 8, 8, 8, 4, 8, 8];
        let images = Images { pixels, labels: vec![7], rows: 2, cols: 4 };
        assert_eq!(halved(&images).pixels, [4, 8]);
    }

    #[test]
    fn no_image_to_choose_rates_by_is_trained_on() {
        let digits = Digits::load(&Settings::quick(), 100, 50).expect("the sample").halved();
        let all = (Settings::quick().load)(data::set("mnist").expect("listed")).expect("the sample");
        assert_eq!(digits.dataset.train.labels, all.train.labels[..100]);
        assert_eq!(digits.validation.labels, all.train.labels[100..150]);
        assert_eq!(digits.validation.pixels.len(), 50 * 14 * 14);
        let origin = digits.halved().origin();
        let start = "the first 100 training and 50 test digits of MNIST at 7×7 pixels (";
        assert!(origin.starts_with(start), "{origin}");
    }
}
