//! Comparison of two readings, of which one may have taken a shadow for ink.

use super::Reading;
use super::digit::Digit;
use super::ink::density;
use super::morphology::dilation;
use super::plane::{Plane, quantile};

/// Minimum fraction of a digit's pixels that its rival lacks.
const ALIKE: f32 = 0.15;

/// Width of a stroke's soft edge in pixels, which counts as the stroke.
const EDGE: usize = 4;

/// Distance in pixels up to which a stroke is next to a shadow.
const NEAR: usize = 3 * EDGE;

/// Maximum density of a shadow as a fraction of the density of the ink next to it.
const SHALLOW: f32 = 0.6;

/// True if the rival leaves out a shadow, or alone finds a digit.
pub(super) fn is_better(rival: &Reading, best: &Reading) -> bool {
    match (&rival.digit, &best.digit) {
        (Ok(rival), Ok(digit)) => has_shadow(&best.ink, digit, rival),
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    }
}

/// True if the pixels that the rival lacks are much less dense than its own next to them: they are not of a stroke.
fn has_shadow(ink: &Plane, digit: &Digit, rival: &Digit) -> bool {
    let shared = around(ink, &rival.pixels, EDGE);
    let extra: Vec<usize> = digit.pixels.iter().copied().filter(|&at| !shared[at]).collect();
    if extra.len() as f32 <= ALIKE * digit.pixels.len() as f32 {
        return false;
    }
    let near = around(ink, &extra, NEAR);
    let mut strokes: Vec<usize> = rival.pixels.iter().copied().filter(|&at| near[at]).collect();
    if strokes.len() * 10 < rival.pixels.len() {
        strokes.clone_from(&rival.pixels);
    }
    let density =
        |pixels: &[usize], fraction| quantile(pixels.iter().map(|&at| density(ink.values[at])), fraction);
    density(&extra, 0.9) < SHALLOW * density(&strokes, 0.75)
}

/// Pixels at most this far from one of those given.
fn around(plane: &Plane, pixels: &[usize], distance: usize) -> Vec<bool> {
    let mut chosen = plane.map(|_| 0.0);
    pixels.iter().for_each(|&at| chosen.values[at] = 1.0);
    dilation(&chosen, distance).values.into_iter().map(|value| value > 0.0).collect()
}
