//! A data set in memory.

use std::path::Path;

use crate::error::Error;
use crate::idx::{Idx, IdxData};
use crate::labels;
use crate::places::Origin;

/// Image data set in memory, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Name, such as `mnist`.
    pub name: &'static str,
    /// Number of classes; labels are below it.
    pub classes: usize,
    /// Class names by label.
    pub class_names: &'static [&'static str],
    /// Mean and standard deviation of the training pixels on the scale from 0 to 1, as usually published.
    pub mean_std: (f64, f64),
    /// Training images.
    pub train: Images,
    /// Test images.
    pub test: Images,
    /// Source of the bytes.
    pub origin: Origin,
}

impl Dataset {
    /// True for the embedded sample, false for the whole set.
    pub fn is_sample(&self) -> bool {
        self.origin == Origin::Sample
    }

    /// First images of each split, for a quick look or a test.
    ///
    /// # Panics
    /// If a split has fewer images.
    #[track_caller]
    pub fn first(self, train: usize, test: usize) -> Dataset {
        Dataset { train: self.train.first(train), test: self.test.first(test), ..self }
    }
}

/// Images of one size and their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// `len × rows × cols` gray values, row-major; 0 is the background.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u8>,
    /// Pixel rows of an image.
    pub rows: usize,
    /// Pixel columns of an image.
    pub cols: usize,
}

impl Images {
    /// Combines images and labels, each with the path of its file for messages.
    ///
    /// Images are unsigned bytes in three dimensions. Labels are integers in one dimension, or the eight i32 columns
    /// of QMNIST, whose first is the class.
    pub fn new(
        (images_file, images): (&Path, Idx),
        (labels_file, labels): (&Path, Idx),
        classes: usize,
    ) -> Result<Images, Error> {
        let (pixels, count, rows, cols) = pixels(images_file, images)?;
        let labels = labels::read(labels_file, &labels, classes)?;
        if labels.len() != count {
            return Err(Error::Counts {
                images_file: images_file.into(),
                images: count,
                labels_file: labels_file.into(),
                labels: labels.len(),
            });
        }
        Ok(Images { pixels, labels, rows, cols })
    }

    /// The first `count` images.
    #[track_caller]
    fn first(mut self, count: usize) -> Images {
        assert!(count <= self.len(), "expected at most {} images, found {count}", self.len());
        self.pixels.truncate(count * self.rows * self.cols);
        self.labels.truncate(count);
        self
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True if there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The `rows × cols` pixels of one image.
    ///
    /// # Panics
    /// If the index is out of range.
    #[track_caller]
    pub fn image(&self, index: usize) -> &[u8] {
        assert!(index < self.len(), "expected an index below {}, found {index}", self.len());
        let size = self.rows * self.cols;
        &self.pixels[index * size..][..size]
    }
}

/// Bytes of images, their number, rows and columns.
fn pixels(file: &Path, images: Idx) -> Result<(Vec<u8>, usize, usize, usize), Error> {
    let found = images.describe();
    match images {
        Idx { shape, data: IdxData::U8(pixels) } if shape.len() == 3 && !pixels.is_empty() => {
            Ok((pixels, shape[0], shape[1], shape[2]))
        }
        _ => Err(Error::Content {
            file: file.into(),
            expected: "images of u8 as count × rows × columns, none of them 0".into(),
            found,
        }),
    }
}
