//! Mutated files: an error or an image, never a panic.

use std::io::Cursor;
use std::sync::LazyLock;

use data::pictures::{Polarity, SIDE, from_bytes};
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageFormat, RgbaImage};
use proptest::prelude::*;

/// A PNG and a JPEG file, small.
static WHOLE: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let mut png = Cursor::new(Vec::new());
    let stroke = |x: u32, y: u32| (10..14).contains(&x) && (5..30).contains(&y);
    let picture =
        RgbaImage::from_fn(30, 36, |x, y| if stroke(x, y) { [255, 255, 250, 255] } else { [0; 4] }.into());
    picture.write_to(&mut png, ImageFormat::Png).unwrap();
    let mut jpeg = Vec::new();
    let picture = GrayImage::from_fn(30, 36, |x, y| [if stroke(x, y) { 9 } else { 240 }].into());
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 60);
    image::ImageEncoder::set_exif_metadata(
        &mut encoder,
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec(),
    )
    .unwrap();
    picture.write_with_encoder(encoder).unwrap();
    [png.into_inner(), jpeg]
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn changed_bytes_are_an_error_or_an_image(
        format in 0..2usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = WHOLE[format].clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(digit) = from_bytes(&bytes, Polarity::Auto) {
            prop_assert_eq!(digit.len(), SIDE * SIDE);
        }
    }

    #[test]
    fn any_gray_pixels_are_an_error_or_an_image(
        pixels in prop::collection::vec(any::<u8>(), 0..3_000),
        columns in 0..80usize,
    ) {
        if let Ok(digit) = data::pictures::from_gray(&pixels, columns, Polarity::Auto) {
            prop_assert_eq!(digit.len(), SIDE * SIDE);
        }
    }
}
