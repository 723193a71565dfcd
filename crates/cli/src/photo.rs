//! PNG and JPEG files as grey pixels.

use std::io;
use std::path::Path;

use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageReader, ImageResult, Limits, Rgba,
};

use crate::digit::Grey;
use crate::failure::Failure;

/// Pixels that a side may have.
const MAX_SIDE: u32 = 10_000;

/// Bytes that decoding may take.
const MAX_BYTES: u64 = 64 << 20;

/// Reads a picture as grey levels, turned as its camera was held, on white where it lets through.
pub(crate) fn read(path: &Path) -> Result<Grey, Failure> {
    let picture = decode(path).map_err(|error| failure(path, error))?;
    let columns = picture.width() as usize;
    Ok(Grey { pixels: picture.pixels().map(|(_, _, colour)| grey(colour)).collect(), columns })
}

fn decode(path: &Path) -> ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height)?;
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Luma (ITU-R BT.601) over white.
fn grey(Rgba([red, green, blue, alpha]): Rgba<u8>) -> u8 {
    let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    let opaque = f32::from(alpha) / 255.0;
    (luma * opaque + 255.0 * (1.0 - opaque)).round() as u8
}

fn failure(path: &Path, error: ImageError) -> Failure {
    let name = path.display();
    match error {
        ImageError::IoError(error) if error.kind() == io::ErrorKind::NotFound => Failure::missing(
            format!("{name}: {error}"),
            "check the path; `--index 7` takes an image of the data set",
        ),
        ImageError::Limits(_) => Failure::bad_data(
            format!("{name}: larger than {MAX_SIDE} pixels a side or {} MiB decoded", MAX_BYTES >> 20),
            "cut the digit out, or save the picture smaller",
        ),
        error => Failure::bad_data(
            format!("{name}: not a picture that can be read: {error}"),
            "expected a whole PNG or JPEG file",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_through_is_white_and_colours_have_their_brightness() {
        assert_eq!(grey(Rgba([0, 0, 0, 0])), 255);
        assert_eq!(grey(Rgba([0, 0, 0, 255])), 0);
        assert_eq!(grey(Rgba([255, 255, 255, 7])), 255);
        assert_eq!(grey(Rgba([0, 255, 0, 255])), 150);
        assert_eq!(grey(Rgba([0, 0, 0, 51])), 204);
    }
}
