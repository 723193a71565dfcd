//! PNG files.

use std::io::Cursor;

use png::{BitDepth, Decoder, Limits, Transformations};

use super::bounds;
use super::fault::Fault;
use super::orientation::Orientation;
use super::picture::{MAX_DECODED, Picture};

/// Reads a picture as it is stored, and its orientation.
pub(super) fn read(bytes: &[u8]) -> Result<(Picture, Orientation), Fault> {
    let limits = Limits { bytes: MAX_DECODED as usize };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Palettes become colors, a transparent color becomes opacity, and samples have 8 or 16 bits.
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (color, depth) = reader.output_color_type();
    let is_deep = depth == BitDepth::Sixteen;
    let channels = color.samples();
    let size = bounds::decoded(info.width, info.height, channels * if is_deep { 2 } else { 1 })?;
    let columns = info.width as usize;
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif).unwrap_or_default();
    let mut samples = vec![0; size];
    reader.next_frame(&mut samples)?;
    if is_deep {
        narrow(&mut samples);
    }
    Ok((Picture { samples, columns, channels }, orientation))
}

/// Rounds samples of 16 bits, the high byte first, to 8 bits.
fn narrow(samples: &mut Vec<u8>) {
    for at in 0..samples.len() / 2 {
        let sample = u16::from_be_bytes([samples[2 * at], samples[2 * at + 1]]);
        samples[at] = ((u32::from(sample) + 128) / 257) as u8;
    }
    samples.truncate(samples.len() / 2);
}
