//! Complete, truncated, oversized, unsupported and special files.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use data::pictures::{self, Fault, Polarity};
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

fn bar() -> DynamicImage {
    GrayImage::from_fn(60, 80, |x, y| {
        [if (28..33).contains(&x) && (15..65).contains(&y) { 20 } else { 230 }].into()
    })
    .into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn fault(bytes: &[u8]) -> Fault {
    pictures::from_bytes(bytes, Polarity::Auto).expect_err("not a picture of one digit")
}

#[test]
fn a_jpeg_cut_at_any_byte_is_truncated() {
    let noisy =
        RgbImage::from_fn(90, 70, |x, y| Rgb([(x * y % 251) as u8, (x * 7 % 255) as u8, (y * 3) as u8]));
    let whole = encoded(&noisy.into(), ImageFormat::Jpeg);
    for length in 3..whole.len() {
        let fault = fault(&whole[..length]);
        assert!(matches!(fault, Fault::Truncated), "{length}: {fault}");
    }
}

#[test]
fn a_png_cut_at_any_byte_is_truncated() {
    let whole = encoded(&bar(), ImageFormat::Png);
    // The last chunk is empty, and only the 4 bytes of its checksum may be missing.
    for length in 8..whole.len() - 16 {
        let fault = fault(&whole[..length]);
        assert!(matches!(fault, Fault::Truncated), "{length} of {}: {fault}", whole.len());
    }
}

#[test]
fn translucent_strokes_are_read_as_opaque_ones() {
    let read = |color: u8, opacity: u8| {
        let strokes = RgbaImage::from_fn(60, 80, |x, y| {
            let inside = (28..33).contains(&x) && (15..65).contains(&y);
            Rgba([color, color, color, if inside { opacity } else { 0 }])
        });
        pictures::from_bytes(&encoded(&strokes.into(), ImageFormat::Png), Polarity::Auto)
    };
    let expected = read(255, 255).unwrap();
    for (color, opacity) in [(255, 120), (255, 70), (230, 100), (0, 70), (128, 90)] {
        let found = read(color, opacity).unwrap_or_else(|fault| panic!("{color}, {opacity}: {fault}"));
        assert_eq!(found, expected, "{color}, {opacity}");
    }
}

#[test]
fn other_formats_are_named() {
    for (bytes, name) in [
        (b"GIF89a\x01\0\x01\0".as_slice(), "GIF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"BM\x10\0\0\0", "BMP"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"%PDF-1.7", "PDF"),
        (b"a page, not a picture", "something else"),
        (b"", "an empty file"),
    ] {
        let fault = fault(bytes).to_string();
        assert!(fault.starts_with("expected PNG or JPEG, found ") && fault.contains(name), "{fault}");
    }
}

#[test]
fn a_picture_larger_than_the_bounds_is_refused_by_its_header() {
    for (width, height, expected) in [
        (60_000u32, 60_000u32, "expected at most 50 megapixels, found 3600.0 (60000 × 60000)"),
        (10_000, 5_001, "expected at most 50 megapixels, found 50.0 (10000 × 5001)"),
        (u32::MAX >> 1, 1, "expected at most 192 MiB once decoded, found more"),
    ] {
        let fault = fault(&png_header(width, height, 8, 2)).to_string();
        assert_eq!(fault, expected);
    }
    let fault = fault(&png_header(7_000, 7_000, 16, 6)).to_string();
    assert_eq!(fault, "expected at most 192 MiB once decoded, found 373 MiB (7000 × 7000 of 8 bytes)");
}

/// A PNG header with this size and no pixels.
fn png_header(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([depth, color, 0, 0, 0]);
    let checksum = crc32(&chunk);
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(chunk);
    bytes.extend(checksum.to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let byte = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, byte)
}

#[test]
fn a_24_megapixel_photo_is_read() {
    let photo = GrayImage::from_fn(6_000, 4_000, |x, y| {
        [if (2_900..3_050).contains(&x) && (1_500..2_600).contains(&y) { 40 } else { (220 - x / 60) as u8 }]
            .into()
    });
    let bytes = encoded(&photo.into(), ImageFormat::Jpeg);
    let digit = pictures::from_bytes(&bytes, Polarity::Auto).unwrap();
    assert!(digit.iter().filter(|&&value| value == 255).count() >= 40);
}

#[test]
fn a_special_file_is_refused_without_opening_it() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path, words: &str| {
        let error = pictures::read(path, Polarity::Auto).expect_err("no picture");
        assert!(error.to_string().ends_with(words), "{error}");
        assert!(!error.is_missing(), "{error}");
    };
    refused(folder.path(), "expected a regular file, found a folder");
    #[cfg(unix)]
    {
        refused(Path::new("/dev/zero"), "expected a regular file, found a device");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        refused(&pipe, "expected a regular file, found a pipe");
    }
    let sparse = folder.path().join("sparse.jpg");
    fs::File::create(&sparse).unwrap().set_len(3 << 30).unwrap();
    refused(&sparse, "expected at most 134217728 bytes, found 3221225472");
    let error = pictures::read(&folder.path().join("none.png"), Polarity::Auto).expect_err("nothing there");
    assert!(error.is_missing(), "{error}");
}
