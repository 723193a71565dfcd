//! Digits from photos and drawings: PNG or JPEG in, an image like MNIST's out.
//!
//! Steps: decode the brightness (or the color, where the ink is as bright as the paper), estimate and divide out the
//! illumination of the paper, select the largest connected part of the ink with the parts that belong to it, then fit and
//! center it as MNIST's digits were.
//!
//! ```
//! use data::pictures::{self, Polarity};
//! // A vertical stroke, black on white.
//! let paper: Vec<u8> = (0..40 * 30).map(|i| if i % 40 == 9 && (40 * 5..40 * 25).contains(&i) { 0 } else { 255 }).collect();
//! let digit = pictures::from_gray(&paper, 40, Polarity::Auto)?;
//! assert_eq!(digit.len(), 28 * 28);
//! assert_eq!(digit.iter().filter(|&&pixel| pixel == 255).count(), 20);
//! # Ok::<(), pictures::Fault>(())
//! ```

mod bounds;
mod color;
pub(crate) mod decode;
mod digit;
mod fault;
mod fit;
mod ink;
mod jpeg;
mod light;
mod morphology;
mod orientation;
mod parts;
mod pen;
mod picture;
mod plane;
mod png;
mod rules;
mod transparency;

use std::path::Path;

use decode::Decoded;
use digit::Digit;
pub use fault::{Error, Fault};
use morphology::dilation;
pub use picture::{MAX_DECODED, MAX_PIXELS};
use plane::{Plane, quantile};

/// Rows and columns of the resulting images.
pub const SIDE: usize = 28;

/// Maximum length of a file in bytes.
pub const MAX_FILE: u64 = 128 << 20;

/// Polarity of ink and background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// The polarity with longer and thinner strokes.
    Auto,
    /// Dark ink on light paper.
    DarkOnLight,
    /// Chalk on a blackboard, or strokes on a dark screen.
    LightOnDark,
}

/// Reads a digit from a PNG or JPEG file: [`SIDE`] × [`SIDE`] pixels, row after row, 255 the brightest ink.
///
/// # Errors
/// If the file is not regular, not a complete picture, too large, blank, or shows several digits. At most
/// [`MAX_FILE`] bytes are read and [`MAX_DECODED`] decoded.
pub fn read(path: &Path, polarity: Polarity) -> Result<Vec<u8>, Error> {
    let bytes = files::read(path, MAX_FILE)?;
    from_bytes(&bytes, polarity).map_err(|fault| Error::Picture { path: path.into(), fault })
}

/// Reads a digit from the bytes of a PNG or JPEG file.
///
/// # Errors
/// As for [`read`].
pub fn from_bytes(bytes: &[u8], polarity: Polarity) -> Result<Vec<u8>, Fault> {
    let Decoded { brightness, color } = decode::decode(bytes)?;
    match from_brightness(&brightness, polarity) {
        // Ink as bright as its paper differs in color.
        Err(fault @ (Fault::Blank | Fault::Several { digits: NOISE.. })) => color::contrast(&color)
            .and_then(|plane| from_brightness(&plane, Polarity::Auto).ok())
            .ok_or(fault),
        read => read,
    }
}

/// Reads a digit from gray pixels, row after row; 0 is black.
///
/// # Errors
/// If the picture is blank or shows several digits.
pub fn from_gray(pixels: &[u8], columns: usize, polarity: Polarity) -> Result<Vec<u8>, Fault> {
    if columns == 0 || pixels.len() < columns {
        return Err(Fault::Blank);
    }
    let whole = pixels.len() / columns * columns;
    let values = pixels[..whole].iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    from_brightness(&Plane { values, columns }, polarity)
}

/// Number of digits from which on they are rather noise.
const NOISE: usize = 10;

fn from_brightness(brightness: &Plane, polarity: Polarity) -> Result<Vec<u8>, Fault> {
    let [wide, narrow] = ink::inks(brightness, polarity).map(rules::erase);
    let digit = match (digit::digit(&wide), digit::digit(&narrow)) {
        (Ok(digit), Ok(rival)) if is_shadow(&wide, &digit, &rival) => rival,
        (Err(_), Ok(rival)) => rival,
        (digit, _) => digit?,
    };
    Ok(fit::fit(&pen::widened(digit.plane)))
}

/// Fraction of a digit's pixels that may differ from those of its rival.
const ALIKE: f32 = 0.15;

/// Width of a stroke's soft edge in pixels, which counts as the stroke.
const EDGE: usize = 4;

/// Depth of a shadow as a fraction of the depth of ink.
const SHALLOW: f32 = 0.6;

/// True if the pixels that only the first digit has are much less deep than the others: they are not of a stroke.
fn is_shadow(ink: &Plane, digit: &Digit, rival: &Digit) -> bool {
    let mut shared = ink.map(|_| 0.0);
    rival.pixels.iter().for_each(|&at| shared.values[at] = 1.0);
    let shared = dilation(&shared, EDGE);
    let extra: Vec<usize> = digit.pixels.iter().copied().filter(|&at| shared.values[at] == 0.0).collect();
    let depths = |pixels: &[usize], fraction| {
        quantile(pixels.iter().map(|&at| -(1.0 - ink.values[at]).max(0.02).ln()), fraction)
    };
    extra.len() as f32 > ALIKE * digit.pixels.len() as f32
        && depths(&extra, 0.9) < SHALLOW * depths(&rival.pixels, 0.5)
}
