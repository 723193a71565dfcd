//! Bounds on the size of a picture, by its header.

use super::fault::Fault;
use super::picture::{MAX_DECODED, MAX_PIXELS};

/// Bytes of the decoded pixels.
///
/// # Errors
/// If these are more than [`MAX_DECODED`], or the pixels more than [`MAX_PIXELS`].
pub(super) fn decoded(width: u32, height: u32, bytes_per_pixel: usize) -> Result<usize, Fault> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(Fault::Pixels { width, height });
    }
    let bytes = pixels * bytes_per_pixel as u64;
    if bytes > MAX_DECODED {
        return Err(Fault::Decoded { width, height, bytes });
    }
    Ok(bytes as usize)
}
