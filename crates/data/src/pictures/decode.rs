//! Decoding of PNG and JPEG files to brightness, with EXIF orientation, in bounded memory.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage,
    Rgba, metadata::Orientation,
};

use super::fault::Fault;
use super::jpeg;
use super::plane::Plane;
use super::transparency;

/// Maximum number of pixels of a picture.
pub const MAX_PIXELS: u64 = 50_000_000;

/// Maximum number of bytes of its decoded pixels.
pub const MAX_DECODED: u64 = 192 << 20;

/// Maximum number of rows and columns; larger pictures are averaged over squares.
const KEPT: u32 = 600;

/// Picture in planes of 0 to 1.
pub(super) struct Decoded {
    /// Brightness, over a background that contrasts with the ink where it is transparent.
    pub(super) brightness: Plane,
    /// Red, green and blue of what is opaque.
    pub(super) color: [Plane; 3],
}

/// Reads a picture and reduces it.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (picture, orientation) = whole(bytes)?;
    let mut small = reduced(&picture);
    drop(picture);
    small.apply_orientation(orientation);
    let small = small.to_rgba32f();
    let channel = |channel: usize| Plane {
        values: small.pixels().map(|pixel| pixel.0[channel]).collect(),
        columns: small.width() as usize,
    };
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

/// All pixels of a picture, held as the camera was, and in 8 bits for red, green and blue.
pub(crate) fn rgb(bytes: &[u8]) -> Result<RgbImage, Fault> {
    let (mut picture, orientation) = whole(bytes)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

/// A picture as it is in the file, and how it is to be turned.
fn whole(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Fault> {
    let format = format(bytes)?;
    if format == ImageFormat::Jpeg {
        jpeg::check_whole(bytes)?;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(Fault::Pixels { width, height });
    }
    if decoder.total_bytes() > MAX_DECODED {
        return Err(Fault::Decoded { width, height, bytes: decoder.total_bytes() });
    }
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    Ok((picture, orientation))
}

/// Format by the first bytes.
fn format(bytes: &[u8]) -> Result<ImageFormat, Fault> {
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => Ok(format),
        Ok(ImageFormat::Gif) => Err(Fault::Format { found: "GIF" }),
        Ok(ImageFormat::WebP) => Err(Fault::Format { found: "WebP" }),
        Ok(ImageFormat::Tiff) => Err(Fault::Format { found: "TIFF" }),
        Ok(ImageFormat::Bmp) => Err(Fault::Format { found: "BMP" }),
        Ok(ImageFormat::Avif) => Err(Fault::Format { found: "AVIF" }),
        _ if bytes.get(4..8) == Some(b"ftyp") => Err(Fault::Format { found: "HEIC or a video" }),
        _ => Err(Fault::Format { found: files::sniff(bytes).unwrap_or("something else") }),
    }
}

/// Colors and opacity averaged over squares, so that neither side has more than [`KEPT`] pixels.
fn reduced(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let side = width.max(height).div_ceil(KEPT);
    let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
    let mut squares = vec![Square::default(); columns as usize * rows as usize];
    for (x, y, color) in picture.pixels() {
        squares[(y / side) as usize * columns as usize + (x / side) as usize].add(color);
    }
    let averages = squares.iter().flat_map(Square::average).collect();
    ImageBuffer::<Rgba<f32>, _>::from_raw(columns, rows, averages).expect("four numbers a square").into()
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
    fn add(&mut self, Rgba([red, green, blue, alpha]): Rgba<u8>) {
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
