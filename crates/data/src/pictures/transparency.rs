//! Backgrounds for transparent pictures.

use super::plane::{Plane, quantile};

/// Minimum opacity of pixels whose color counts, as a fraction of the highest opacity; strokes may be translucent.
const OPAQUE: f32 = 0.5;

/// Maximum difference of the colors of one ink.
const ONE_COLOR: f32 = 0.25;

/// Composites a picture over a background that contrasts with its ink.
///
/// Strokes of one color get the opposite background. A picture of several colors, such as cut-out paper, gets the
/// most frequent one.
pub(super) fn flatten(brightness: &Plane, opacity: &Plane) -> Plane {
    let highest = opacity.values.iter().copied().fold(0.0, f32::max);
    let opaque: Vec<f32> = brightness
        .values
        .iter()
        .zip(&opacity.values)
        .filter(|(_, a)| **a > OPAQUE * highest)
        .map(|(v, _)| *v)
        .collect();
    let level = |fraction| match opaque.is_empty() {
        true => 0.0,
        false => quantile(opaque.iter().copied(), fraction),
    };
    let median = level(0.5);
    let one_color = level(0.99) - level(0.01) < ONE_COLOR;
    let background = match one_color {
        true if median > 0.5 => 0.0,
        true => 1.0,
        false => median,
    };
    brightness.zip_map(opacity, |value, opacity| background + opacity * (value - background))
}
