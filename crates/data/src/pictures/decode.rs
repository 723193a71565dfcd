//! PNG and JPEG files as brightness, turned as the camera was held, in bounded memory.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba};

use super::fault::Fault;
use super::jpeg;
use super::plane::Plane;
use super::transparency;

/// Pixels that a picture may have.
pub const MAX_PIXELS: u64 = 50_000_000;

/// Bytes that its pixels may take once decoded.
pub const MAX_DECODED: u64 = 192 << 20;

/// Rows and columns that are kept; of larger pictures, averages over squares.
const KEPT: u32 = 800;

/// The brightness of a picture, 0 to 1.
pub(super) fn decode(bytes: &[u8]) -> Result<Plane, Fault> {
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
    let mut small = reduced(&picture);
    drop(picture);
    small.apply_orientation(orientation);
    Ok(brightness(&small))
}
