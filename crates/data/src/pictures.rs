//! Digits from photos and drawings: PNG or JPEG in, an image like MNIST's out.
//!
//! Steps: decode the brightness (or the color, where the ink is as bright as the paper), fill the dots of dot-grid paper,
//! estimate and divide out the illumination of the paper, with the edges of shadows, erase ruled lines, select the largest
//! connected part of the ink with the parts that belong to it, then fit and center it as MNIST's digits were.
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
mod dots;
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
mod reconstruction;
mod rules;
mod shadow;
mod spectrum;
mod transparency;

use std::path::Path;

use decode::Decoded;
use digit::Digit;
pub use fault::{Error, Fault};
pub use picture::{MAX_DECODED, MAX_PIXELS};
use plane::Plane;

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
    let [wide, others @ ..] = ink::inks(&dots::erase(brightness), polarity).map(rules::erase);
    let mut best = Reading::of(wide);
    for rival in others.map(Reading::of) {
        if shadow::is_better(&rival, &best) {
            best = rival;
        }
    }
    Ok(fit::fit(&pen::widened(best.digit?.plane)))
}

/// Digit found in one estimate of the ink.
struct Reading {
    ink: Plane,
    digit: Result<Digit, Fault>,
}

impl Reading {
    fn of(ink: Plane) -> Reading {
        let digit = digit::digit(&ink);
        Reading { ink, digit }
    }
}
