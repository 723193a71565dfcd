//! From brightness to ink: how dark each pixel is against the paper around it.

use super::light;
use super::morphology::closing;
use super::plane::{Plane, median};
use super::Polarity;

/// Strokes are narrower than this fraction of the longer side.
const STROKE: f32 = 0.3;

/// The darkest that paper is taken to be, so that nothing is divided by almost 0.
const DARKEST_PAPER: f32 = 0.05;

/// The ink of each pixel, 0 to 1: the light that it takes from the paper.
pub(super) fn ink(brightness: &Plane, polarity: Polarity) -> Plane {
    let light = light::estimate(brightness);
    let difference = brightness.zip_map(&light, |value, light| value - light);
    let negative = match polarity {
        Polarity::Auto => stroke_length(&difference) > stroke_length(&difference.map(|x| -x)),
        Polarity::LightOnDark => true,
        Polarity::DarkOnLight => false,
    };
    let (brightness, light) = match negative {
        true => (brightness.map(|x| 1.0 - x), light.map(|x| 1.0 - x)),
        false => (brightness.clone(), light),
    };
    let flat = brightness.zip_map(&light, |value, light| value / light.max(DARKEST_PAPER));
    // The surface is smooth; edges of shadows and of the paper are left to the closing.
    let radius = (STROKE / 2.0 * flat.longer_side() as f32).ceil() as usize;
    let paper = closing(&flat, radius);
    let ink = flat.zip_map(&paper, |value, paper| 1.0 - value / paper.max(DARKEST_PAPER));
    // The closing rides on the brightest noise.
    let bare = median(ink.values.iter().copied());
    ink.map(|x| (x - bare).clamp(0.0, 1.0))
}

/// The length of the bright strokes: at each width, the light that an opening of that width takes
/// away, divided by the width (the pattern spectrum of Maragos 1989).
///
/// Strokes are longer than the holes and gaps between them, which are as bright and may be wider.
fn stroke_length(plane: &Plane) -> f32 {
    let dark = plane.map(|x| -x);
    let widest = (STROKE / 2.0 * plane.longer_side() as f32).ceil() as usize;
    let radii = std::iter::successors(Some(1), |radius| Some(2 * radius)).take_while(|&r| r < 2 * widest);
    let mut length = 0.0;
    let mut before = dark.clone();
    for radius in radii {
        let opened = closing(&dark, radius.min(widest));
        let taken = opened.zip_map(&before, |now, before| now - before);
        let notable = taken.values.iter().filter(|&&x| x > 0.1).sum::<f32>();
        length += notable / (2 * radius + 1) as f32;
        before = opened;
    }
    length
}
