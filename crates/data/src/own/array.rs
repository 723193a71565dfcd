//! Arrays as inputs and targets: `.npy` and IDX files of any element type.
//!
//! The first dimension counts the examples. Inputs of unsigned bytes stay bytes, all other numbers
//! become `f32`; images of bytes and of IDX files without a dimension for channels get one. Images with channels are
//! `[examples, height, width, channels]`, or `[examples, channels, height, width]` as in PyTorch: see [`ImageLayout`].
//!
//! ```
//! use data::own::array::{self, Array, Elements};
//! use data::own::csv::TargetKind;
//!
//! let images = Array { shape: vec![2, 1, 3], elements: Elements::Bytes(vec![0, 1, 2, 3, 4, 5]) };
//! let letters = Array { shape: vec![2], elements: Elements::Bytes(vec![26, 1]) };
//! let samples = array::samples((images, "images".as_ref()), Some((letters, "labels".as_ref())), TargetKind::Auto, None)?;
//! assert_eq!(samples.inputs.shape(), [1, 3, 1]);
//! assert_eq!(samples.targets.classes(), Some(2));
//! # Ok::<(), data::Error>(())
//! ```

use std::path::Path;

use super::classes::Classes;
use super::csv::TargetKind;
use super::elements::{TooLarge, finite};
use super::{Fault, npy};
use crate::error::Error;
use crate::idx::{Idx, IdxData};
use crate::samples::{Inputs, Samples, Targets};
use crate::text::grouped;

pub use super::elements::{Array, Elements};

/// Order of the dimensions of images in files: `[examples, height, width, channels]` or `[examples, channels, height,
/// width]`. In memory, channels are last.
///
/// ```
/// use data::own::array::{Array, Elements, ImageLayout};
/// // One image of 1 × 5 pixels in two channels.
/// let planes = Elements::Bytes(vec![0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
/// let image = Array { shape: vec![1, 2, 1, 5], elements: planes }.channels_last(ImageLayout::Auto);
/// assert_eq!(image.shape, [1, 1, 5, 2]);
/// assert_eq!(image.elements, Elements::Bytes(vec![0, 10, 1, 11, 2, 12, 3, 13, 4, 14]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImageLayout {
    /// `Nchw` if the second dimension is at most 4, as channels are, and the last is greater; otherwise `Nhwc`.
    #[default]
    Auto,
    /// Channels first, as PyTorch has them.
    Nchw,
    /// Channels last.
    Nhwc,
}

impl ImageLayout {
    /// Names in descriptions.
    pub const NAMES: [(&'static str, ImageLayout); 3] =
        [("auto", ImageLayout::Auto), ("nchw", ImageLayout::Nchw), ("nhwc", ImageLayout::Nhwc)];

    /// True if channels come first in an array of this shape.
    fn has_channels_first(self, shape: [usize; 4]) -> bool {
        const MOST_CHANNELS: usize = 4;
        let [_, second, _, last] = shape;
        match self {
            ImageLayout::Auto => second <= MOST_CHANNELS && last > MOST_CHANNELS,
            ImageLayout::Nchw => true,
            ImageLayout::Nhwc => false,
        }
    }
}

impl Array {
    /// Moves the channels of an array of images to the end; arrays of other than four dimensions are unchanged.
    pub fn channels_last(self, layout: ImageLayout) -> Array {
        let Array { shape, elements } = self;
        let &[n, channels, height, width] = &shape[..] else { return Array { shape, elements } };
        if !layout.has_channels_first([n, channels, height, width]) {
            return Array { shape, elements };
        }
        let pixels = height * width;
        let elements = match elements {
            Elements::Bytes(values) => Elements::Bytes(interleaved(&values, channels, pixels)),
            Elements::Numbers { values, whole } => {
                Elements::Numbers { values: interleaved(&values, channels, pixels), whole }
            }
        };
        Array { shape: vec![n, height, width, channels], elements }
    }
}

/// Maximum number of bytes to unpack from a packed file.
const MOST_UNPACKED: u64 = 1 << 30;

/// Reads a `.npy` file, or an IDX file, plain or packed, by its first bytes.
pub fn read(path: &Path) -> Result<Array, Error> {
    use std::io::Read;
    let (file, bytes) = files::open(path)?;
    let mut start = Vec::new();
    let failed = |source| Error::Io { action: "read", path: path.into(), source };
    file.take(2).read_to_end(&mut start).map_err(failed)?;
    match start[..] {
        [0x93, _] | [b'P', b'K'] => npy::read(path),
        [0, 0] | [0x1f, 0x8b] => match Idx::open(path, bytes.max(MOST_UNPACKED)) {
            Ok(idx) => from_idx(path, idx),
            Err(Error::Idx { fault, .. }) => Err(damaged(path, fault.to_string())),
            Err(Error::Gzip { fault, .. }) => Err(damaged(path, fault.to_string())),
            Err(error) => Err(error),
        },
        _ => {
            let found = if start.is_empty() { "an empty file" } else { "another beginning" };
            let hint = "save arrays with numpy.save, or as IDX";
            Err(Fault::expected("", "a .npy or an IDX file", found, hint).of(path))
        }
    }
}

/// The error of a user's file that is not what its first bytes say.
fn damaged(path: &Path, message: String) -> Error {
    let hint = "copy the file again, or write it again from its source".to_string();
    Fault { place: String::new(), message, hint }.of(path)
}

/// Converts an IDX array; images get a dimension for channels.
fn from_idx(path: &Path, idx: Idx) -> Result<Array, Error> {
    let Idx { mut shape, data } = idx;
    fn numbers<T: Copy + Into<f64>>(values: Vec<T>, whole: bool) -> Result<Elements, TooLarge> {
        let values = values.into_iter().map(Into::into).enumerate().map(finite);
        Ok(Elements::Numbers { values: values.collect::<Result<_, _>>()?, whole })
    }
    let elements = match data {
        IdxData::U8(values) => Ok(Elements::Bytes(values)),
        IdxData::I8(values) => numbers(values, true),
        IdxData::I16(values) => numbers(values, true),
        IdxData::I32(values) => numbers(values, true),
        IdxData::F32(values) => numbers(values, false),
        IdxData::F64(values) => numbers(values, false),
    };
    if shape.len() == 3 {
        shape.push(1);
    }
    Ok(Array { shape, elements: elements.map_err(|fault| fault.of(path))? })
}

/// Combines inputs and targets from arrays, each with its file for messages.
///
/// Classes are the distinct values in ascending order (so EMNIST's letters 1 to 26 are classes 0 to 25
/// with their numbers as names), rows that are one-hot, or the first of QMNIST's eight columns. `known`
/// has the classes of the training data if these are test data.
pub fn samples(
    (inputs, inputs_file): (Array, &Path),
    targets: Option<(Array, &Path)>,
    kind: TargetKind,
    known: Option<&[String]>,
) -> Result<Samples, Error> {
    let Array { shape, elements } = inputs;
    let wrong = |found: String| {
        let expected = "examples × one to three dimensions, none of them 0";
        Fault::expected("", expected, &found, "the first dimension counts the examples").of(inputs_file)
    };
    if !(1..=4).contains(&shape.len()) || shape.contains(&0) {
        return Err(wrong(format!("shape {shape:?}")));
    }
    let mut example = shape[1..].to_vec();
    if example.is_empty() || (example.len() == 2 && matches!(elements, Elements::Bytes(_))) {
        example.push(1);
    }
    let inputs = match elements {
        Elements::Bytes(values) => Inputs::Bytes { shape: example, values },
        Elements::Numbers { values, .. } => Inputs::Numbers { shape: example, values },
    };
    let targets = match targets {
        None => Targets::None,
        Some((array, file)) => {
            if array.shape.first() != Some(&shape[0]) {
                let expected = format!("{} targets, one for each input", grouped(shape[0] as u64));
                let hint = "inputs and targets come in pairs: check that the files belong together";
                return Err(
                    Fault::expected("", &expected, &format!("shape {:?}", array.shape), hint).of(file)
                );
            }
            self::targets(&array, kind, known).map_err(|fault| fault.of(file))?
        }
    };
    Ok(Samples { inputs, targets })
}

fn targets(array: &Array, kind: TargetKind, known: Option<&[String]>) -> Result<Targets, Fault> {
    let Array { shape, elements } = array;
    let count = shape[0];
    let width = elements.len() / count.max(1);
    let one_hot = width >= 2 && shape.len() == 2 && is_one_hot(elements, width);
    let classes = match kind {
        TargetKind::Classes => true,
        TargetKind::Numbers => false,
        TargetKind::Auto => {
            known.is_some() || one_hot || (elements.are_whole() && (width == 1 || width == QMNIST))
        }
    };
    if !classes {
        let values = (0..elements.len()).map(|i| elements.number(i)).collect();
        return Ok(Targets::Numbers { width, values });
    }
    let mut found = match known {
        Some(names) => Classes::known(names),
        None => Classes::new(),
    };
    let wide = one_hot || width == 1 || (width == QMNIST && elements.are_whole());
    if !wide || shape.len() > 2 {
        let expected = "one class for each example, or one-hot rows";
        let hint = "say that the targets are numbers if they are";
        return Err(Fault::expected("", expected, &format!("shape {shape:?}"), hint));
    }
    for i in 0..count {
        let value = match one_hot {
            true => (0..width).find(|&j| elements.number(i * width + j) == 1.0).unwrap_or(0) as f32,
            false => elements.number(i * width),
        };
        let place = || format!("example {} (from 0)", grouped(i as u64));
        if value.fract() != 0.0 {
            let hint = "say that the targets are numbers if they are";
            return Err(Fault::expected(place(), "a class as a whole number", &value.to_string(), hint));
        }
        if value.abs() >= LEAST_ROUNDED {
            let expected = format!("a class below {}", grouped(LEAST_ROUNDED as u64));
            let hint = "number the classes from 0, for example with numpy.unique(…, return_inverse=True)";
            return Err(Fault::expected(place(), &expected, &value.to_string(), hint));
        }
        let name = value.to_string();
        let pushed = if known.is_some() { found.push_known(&name) } else { found.push(&name) };
        pushed.map_err(|no| Fault::expected(place(), &no.expected, &no.found, &no.hint))?;
    }
    Ok(match known {
        Some(names) => Targets::Classes { labels: found.into_known(), names: names.to_vec() },
        None => {
            let (labels, names) = found.finish();
            Targets::Classes { labels, names }
        }
    })
}

/// Least number that may be another one rounded to `f32`: two classes would become one.
const LEAST_ROUNDED: f32 = (1 << 24) as f32;

/// Columns of QMNIST's labels, of which the first is the class.
const QMNIST: usize = 8;

fn is_one_hot(elements: &Elements, width: usize) -> bool {
    (0..elements.len() / width).all(|row| {
        let mut ones = 0;
        (0..width).all(|j| match elements.number(row * width + j) {
            0.0 => true,
            1.0 => {
                ones += 1;
                ones == 1
            }
            _ => false,
        }) && ones == 1
    })
}

/// Planes of `pixels` values, one a channel, as pixels with their channels next to each other.
fn interleaved<T: Copy>(planes: &[T], channels: usize, pixels: usize) -> Vec<T> {
    let images = planes.chunks_exact((channels * pixels).max(1));
    let mut values = Vec::with_capacity(planes.len());
    for image in images {
        for pixel in 0..pixels {
            values.extend((0..channels).map(|channel| image[channel * pixels + pixel]));
        }
    }
    values
}
