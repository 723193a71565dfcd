//! A background for pictures that let through.

use super::plane::{Plane, quantile};

/// Opacity above which a pixel's color counts.
const OPAQUE: f32 = 0.5;

/// Colors that differ less than this are one ink on nothing.
const ONE_COLOR: f32 = 0.25;

/// The brightness of a picture over a background that its ink can be told from.
///
/// Strokes of one color come out on the opposite of it. A picture with several, such as paper that was
/// cut out, lies on the most frequent one.
pub(super) fn flatten(brightness: &Plane, opacity: &Plane) -> Plane {
    let opaque: Vec<f32> = brightness
        .values
        .iter()
        .zip(&opacity.values)
        .filter(|(_, a)| **a > OPAQUE)
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
