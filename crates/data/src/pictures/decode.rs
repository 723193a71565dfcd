//! Decoding of PNG and JPEG files to brightness, with EXIF orientation, in bounded memory.

use super::fault::Fault;
use super::orientation::Orientation;
use super::picture::Picture;
use super::plane::Plane;
use super::{jpeg, png, transparency};

/// Maximum number of rows and columns; larger pictures are averaged over squares.
const KEPT: usize = 600;

/// Picture in planes of 0 to 1.
pub(super) struct Decoded {
    /// Brightness, over a background that contrasts with the ink where it is transparent.
    pub(super) brightness: Plane,
    /// Red, green and blue of what is opaque.
    pub(super) color: [Plane; 3],
}

/// Reads a picture and reduces it.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (picture, orientation) = stored(bytes)?;
    let (squares, columns) = reduced(&picture);
    drop(picture);
    let (squares, columns) = orientation.upright(squares, columns, 1);
    let channel =
        |channel: usize| Plane { values: squares.iter().map(|square| square[channel]).collect(), columns };
    let color = [channel(0), channel(1), channel(2)];
    Ok(Decoded { brightness: transparency::flatten(&luma(&color), &channel(3)), color })
}

/// Luma of ITU-R BT.601 from red, green and blue.
pub(super) fn luma([red, green, blue]: &[Plane; 3]) -> Plane {
    let red_and_green = red.zip_map(green, |red, green| 0.299 * red + 0.587 * green);
    red_and_green.zip_map(blue, |sum, blue| sum + 0.114 * blue)
}

/// Luma of ITU-R BT.601 of a pixel, rounded; gray stays as it is.
pub(crate) fn gray([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}

/// All pixels of a picture, held as the camera was.
pub(crate) fn upright(bytes: &[u8]) -> Result<Picture, Fault> {
    let (Picture { samples, columns, channels }, orientation) = stored(bytes)?;
    let (samples, columns) = orientation.upright(samples, columns, channels);
    Ok(Picture { samples, columns, channels })
}

/// A picture as it is in the file, and its orientation; the format is told by the first bytes.
fn stored(bytes: &[u8]) -> Result<(Picture, Orientation), Fault> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png::read(bytes),
        [0xff, 0xd8, 0xff, ..] => jpeg::read(bytes),
        _ => Err(Fault::Format { found: other_format(bytes) }),
    }
}

/// Name of a format that is not read.
fn other_format(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "GIF",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "WebP",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "TIFF",
        [b'B', b'M', ..] => "BMP",
        [0, 0, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => "AVIF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "HEIC or a video",
        _ => files::sniff(bytes).unwrap_or("something else"),
    }
}

/// Colors and opacity averaged over squares, so that neither side has more than [`KEPT`] pixels, and the columns.
fn reduced(picture: &Picture) -> (Vec<[f32; 4]>, usize) {
    let side = picture.columns().max(picture.rows()).div_ceil(KEPT);
    let (columns, rows) = (picture.columns().div_ceil(side), picture.rows().div_ceil(side));
    let mut squares = vec![Square::default(); columns * rows];
    for (y, row) in picture.rgba_rows().enumerate() {
        for (x, color) in row.enumerate() {
            squares[y / side * columns + x / side].add(color);
        }
    }
    (squares.iter().map(Square::average).collect(), columns)
}

/// Sums over the pixels of a square.
#[derive(Debug, Clone, Copy, Default)]
struct Square {
    /// Red, green and blue times opacity, 0 to 1 per pixel.
    color: [f32; 3],
    /// Opacity, 0 to 1 per pixel.
    opacity: f32,
    pixels: f32,
}

impl Square {
    fn add(&mut self, [red, green, blue, alpha]: [u8; 4]) {
        let opacity = f32::from(alpha) / 255.0;
        for (sum, value) in self.color.iter_mut().zip([red, green, blue]) {
            *sum += opacity * f32::from(value) / 255.0;
        }
        self.opacity += opacity;
        self.pixels += 1.0;
    }

    /// Color and opacity.
    fn average(&self) -> [f32; 4] {
        let [red, green, blue] =
            self.color.map(|sum| if self.opacity > 0.0 { sum / self.opacity } else { 0.0 });
        [red, green, blue, self.opacity / self.pixels]
    }
}
