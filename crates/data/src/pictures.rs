//! A digit read from a picture that somebody took: PNG or JPEG in, an image like MNIST's out.
//!
//! Brightness is taken from the file, the light on the paper is estimated and divided out, what remains is
//! ink, the ink's largest part with what belongs to it is the digit, and the digit is fitted and centered as
//! MNIST's were.
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

mod decode;
mod digit;
mod fault;
mod fit;
mod ink;
mod jpeg;
mod light;
mod morphology;
mod parts;
mod pen;
mod plane;
mod rules;
mod transparency;

use std::path::Path;

pub use decode::{MAX_DECODED, MAX_PIXELS};
pub use fault::{Error, Fault};
use plane::Plane;

/// Rows and columns of the images that result.
pub const SIDE: usize = 28;

/// Bytes that a picture's file may have.
pub const MAX_FILE: u64 = 128 << 20;

/// Ink that is darker or lighter than what it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Whichever makes longer and thinner strokes.
    Auto,
    /// Dark ink on light paper.
    DarkOnLight,
    /// Chalk on a blackboard, or strokes on a dark screen.
    LightOnDark,
}

/// Reads a digit from a PNG or JPEG file: [`SIDE`] × [`SIDE`] pixels, row after row, 255 the brightest ink.
///
/// # Errors
/// Files that are not regular, no whole picture, too large, blank, or show several digits. No more than
/// [`MAX_FILE`] and [`MAX_DECODED`] bytes are read and decoded.
pub fn read(path: &Path, polarity: Polarity) -> Result<Vec<u8>, Error> {
    let bytes = files::read(path, MAX_FILE)?;
    from_bytes(&bytes, polarity).map_err(|fault| Error::Picture { path: path.into(), fault })
}

/// Reads a digit from the bytes of a PNG or JPEG file.
///
/// # Errors
/// As for [`read`].
pub fn from_bytes(bytes: &[u8], polarity: Polarity) -> Result<Vec<u8>, Fault> {
    from_brightness(&decode::decode(bytes)?, polarity)
}

/// Reads a digit from gray pixels, row after row; 0 is black.
///
/// # Errors
/// Where nothing is drawn, or several digits.
pub fn from_gray(pixels: &[u8], columns: usize, polarity: Polarity) -> Result<Vec<u8>, Fault> {
    if columns == 0 || pixels.len() < columns {
        return Err(Fault::Blank);
    }
    let whole = pixels.len() / columns * columns;
    let values = pixels[..whole].iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    from_brightness(&Plane { values, columns }, polarity)
}

fn from_brightness(brightness: &Plane, polarity: Polarity) -> Result<Vec<u8>, Fault> {
    let ink = rules::erase(ink::ink(brightness, polarity));
    let digit = pen::widened(digit::digit(&ink)?);
    Ok(fit::fit(&digit))
}
