//! Widening of thin strokes to the width of MNIST's, which were written in pencil.

use super::fit::BOX;
use super::morphology::dilation;
use super::plane::Plane;

/// Strokes narrower than this, in pixels of the result, are widened…
const THIN: f32 = 1.6;

/// …to this.
const USUAL: f32 = 2.2;

/// Widens strokes that would vanish when the digit is scaled down.
pub(super) fn widened(digit: Plane) -> Plane {
    let pixel = digit.longer_side() as f32 / BOX as f32;
    let width = stroke_width(&digit) / pixel;
    let radius = ((USUAL - width) / 2.0 * pixel).round() as usize;
    if width >= THIN || radius == 0 { digit } else { dilation(&digit.padded(radius, 0.0), radius) }
}

/// Stroke width: twice the area over the length of the outline. Steps along rows and columns are 4/π as long as the
/// outline on average.
fn stroke_width(digit: &Plane) -> f32 {
    let inked =
        |plane: &Plane| -> Vec<bool> { plane.padded(1, 0.0).values.iter().map(|&x| x > 0.5).collect() };
    let steps = |plane: &Plane| inked(plane).windows(2).filter(|pair| pair[0] != pair[1]).count();
    let area = inked(digit).iter().filter(|&&inked| inked).count();
    let outline = steps(digit) + steps(&digit.transposed());
    2.0 * area as f32 / (outline as f32 * std::f32::consts::FRAC_PI_4)
}
