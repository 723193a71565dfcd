//! Digits to train on, to choose rates by, and to report on; at half size for experiments with many runs.

use data::{Dataset, Images, Set};
use train::{InMemory, Task};

use crate::measured::number_text;
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
        Digits::of(settings, data::set("mnist")?, train, held)
    }

    /// The same of another set of images.
    ///
    /// # Errors
    /// If the data cannot be loaded.
    pub(crate) fn of(
        settings: &Settings<'_>,
        set: &'static Set,
        train: usize,
        held: usize,
    ) -> Result<Digits, Error> {
        let mut dataset = (settings.load)(set)?.first(train + held, held);
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

    /// The same with this number of rows and columns.
    pub(crate) fn shrunk(mut self, side: usize) -> Digits {
        for images in [&mut self.dataset.train, &mut self.dataset.test, &mut self.validation] {
            *images = shrunk(images, side);
        }
        self
    }

    /// Number, size and origin of the images in words.
    pub(crate) fn origin(&self) -> String {
        let Dataset { name, class_names, train, test, origin, .. } = &self.dataset;
        let size = match train.rows {
            ROWS => String::new(),
            rows => format!(" at {rows}×{} pixels", train.cols),
        };
        let things = if class_names.first() == Some(&"0") { "digits" } else { "images" };
        let title = data::set(name).map_or(*name, |set| set.title);
        format!(
            "the first {} training and {} test {things} of {title}{size} ({origin})",
            number_text(train.len() as f64),
            number_text(test.len() as f64),
        )
    }

    /// Images by which rates are chosen, for an experiment that does so.
    pub(crate) fn choice(&self) -> String {
        let chosen_by = number_text(self.validation.len() as f64);
        format!("; {chosen_by} other training images choose the rates")
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

/// Images of fewer rows and columns: each pixel is the mean over its area of the larger image.
pub(crate) fn shrunk(images: &Images, side: usize) -> Images {
    let weights = |from: usize| -> Vec<Vec<(usize, f64)>> {
        let scale = from as f64 / side as f64;
        let covered = |to: usize| {
            let (start, end) = (to as f64 * scale, (to + 1) as f64 * scale);
            let part = move |at: usize| (end.min(at as f64 + 1.0) - start.max(at as f64)) / scale;
            (0..from).map(|at| (at, part(at))).filter(|(_, part)| *part > 0.0).collect()
        };
        (0..side).map(covered).collect()
    };
    let (rows, cols) = (weights(images.rows), weights(images.cols));
    let mut pixels = Vec::with_capacity(images.len() * side * side);
    for index in 0..images.len() {
        let image = images.image(index);
        for row in &rows {
            for col in &cols {
                let at = |(y, down): &(usize, f64)| -> f64 {
                    col.iter().map(|(x, across)| down * across * f64::from(image[y * images.cols + x])).sum()
                };
                pixels.push(row.iter().map(at).sum::<f64>().round() as u8);
            }
        }
    }
    Images { pixels, labels: images.labels.clone(), rows: side, cols: side }
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
    fn a_shrunk_image_has_the_means_of_its_areas() {
        let pixels = vec![90, 30, 0, 90, 30, 0, 0, 0, 60];
        let images = Images { pixels, labels: vec![7], rows: 3, cols: 3 };
        // The middle row and column belong to both halves: (4·90 + 2·30 + 2·90 + 30) / 9 at the top left.
        assert_eq!(shrunk(&images, 2).pixels, [70, 10, 23, 30]);
        assert_eq!(shrunk(&images, 3), images);
    }

    #[test]
    fn no_image_to_choose_rates_by_is_trained_on() {
        let digits = Digits::load(&Settings::quick(), 100, 50).expect("the sample").halved();
        let all = (Settings::quick().load)(data::set("mnist").expect("listed")).expect("the sample");
        assert_eq!(digits.dataset.train.labels, all.train.labels[..100]);
        assert_eq!(digits.validation.labels, all.train.labels[100..150]);
        assert_eq!(digits.validation.pixels.len(), 50 * 14 * 14);
        let origin = digits.clone().halved().origin();
        let start = "the first 100 training and 50 test digits of MNIST at 7×7 pixels (";
        assert!(origin.starts_with(start), "{origin}");
        assert_eq!(digits.choice(), "; 50 other training images choose the rates");
    }
}
