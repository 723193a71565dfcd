//! JPEG files.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::bounds;
use super::fault::Fault;
use super::orientation::Orientation;
use super::picture::Picture;

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;

/// Reads a picture as it is stored, and its orientation.
pub(super) fn read(bytes: &[u8]) -> Result<(Picture, Orientation), Fault> {
    check_whole(bytes)?;
    let options =
        DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let color = match decoder.input_colorspace().expect("the header is decoded") {
        ColorSpace::Luma => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let (columns, rows) = decoder.dimensions().expect("the header is decoded");
    let channels = color.num_components();
    let size = bounds::decoded(columns as u32, rows as u32, channels)?;
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif(exif)).unwrap_or_default();
    let mut samples = vec![0; size];
    decoder.decode_into(&mut samples)?;
    Ok((Picture { samples, columns, channels }, orientation))
}

/// Fails unless the markers lead from the start of the image to its end (ITU-T T.81, annex B): decoders fill what a
/// truncated file lacks with gray.
fn check_whole(bytes: &[u8]) -> Result<(), Fault> {
    let mut at = 0;
    while let Some((marker, next)) = marker(bytes, at) {
        at = match marker {
            END_OF_IMAGE => return Ok(()),
            START_OF_IMAGE => next,
            // A segment begins with its length; after a scan's header, its data are searched for the next
            // marker.
            _ => match bytes.get(next..next + 2) {
                Some(length) => next + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => break,
            },
        };
    }
    Err(Fault::Truncated)
}

/// Next marker at or after an offset, and the offset after it. Within a scan, an escaped 0xff and restarts are
/// skipped.
fn marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let pairs = bytes.get(from..)?.windows(2);
    let place = pairs
        .enumerate()
        .find(|(_, pair)| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd7 | 0xff));
    place.map(|(offset, pair)| (pair[1], from + offset + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment with `FF D9` in it, a scan with an escape, a restart and a filler, the end.
    const WHOLE: &[u8] =
        b"\xff\xd8\xff\xe1\x00\x04\xff\xd9\xff\xda\x00\x03\x01ab\xff\x00c\xff\xd3d\xff\xff\xd9";

    #[test]
    fn only_a_whole_file_has_its_end() {
        assert!(check_whole(WHOLE).is_ok());
        assert!(check_whole(&[WHOLE, b"more"].concat()).is_ok());
        for length in 0..WHOLE.len() {
            let cut = check_whole(&WHOLE[..length]);
            assert!(matches!(cut, Err(Fault::Truncated)), "{length}: {cut:?}");
        }
    }
}
