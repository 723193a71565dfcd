//! Ink: darkness of each pixel relative to the surrounding paper.

use super::Polarity;
use super::light;
use super::morphology::{closing, dilation};
use super::plane::{Plane, median, quantile};
use super::reconstruction::reconstruction;
use super::spectrum::Spectrum;

/// Minimum brightness of paper, to avoid division by almost 0.
const DARKEST_PAPER: f32 = 0.05;

/// Minimum contrast of ink in standard deviations of the paper's noise, which is estimated between the 5th and the
/// 25th percentile of darkness, because ink may cover the darker half.
const NOISE: f32 = 10.0;

/// Minimum contrast of ink: five of 255 levels.
const FAINTEST: f32 = 0.02;

/// Maximum noise; if the brighter half varies more, it is not all paper.
const NOISIEST: f32 = 0.03;

/// Minimum light that ink leaves.
const CLEAREST: f32 = 0.02;

/// Maximum density relative to darkness around it, as a fraction of the density relative to the paper, of what
/// continues that darkness.
const CONTINUOUS: f32 = 0.3;

/// Ink of each pixel, 0 to 1: the fraction of light that it absorbs, in four readings. The first finds the paper with a
/// window that is wide enough for all strokes. The second also follows shadows as narrow as a finger. The others have
/// windows a little wider than the pen, and leave out shadows with edges; such a window may be too small for wide strokes.
pub(super) fn inks(brightness: &Plane, polarity: Polarity) -> [Plane; 4] {
    let light = light::estimate(brightness);
    let difference = brightness.zip_map(&light, |value, light| value - light);
    let (dark, bright) = (Spectrum::of(&difference, 2.0), Spectrum::of(&difference.map(|x| -x), 2.0));
    let faintest = dark.peak.max(bright.peak) / 4.0;
    let negative = match polarity {
        Polarity::Auto => bright.thinness(faintest) > dark.thinness(faintest),
        Polarity::LightOnDark => true,
        Polarity::DarkOnLight => false,
    };
    let (strokes, brightness, light) = match negative {
        true => (bright, brightness.map(|x| 1.0 - x), light.map(|x| 1.0 - x)),
        false => (dark, brightness.clone(), light),
    };
    let flat = brightness.zip_map(&light, |value, light| value / light.max(DARKEST_PAPER));
    // In the logarithm a shadow has the same depth on paper and on ink, and no surface is fitted through its edge.
    let spectrum = Spectrum::of(&brightness.map(|x| x.max(DARKEST_PAPER).ln()), 1.5);
    let pen = spectrum.pen(spectrum.peak / 3.0);
    let shaded = |radius| without_shadows(on_paper(&flat, &light, radius), &brightness, radius);
    let wide = 2 * strokes.radius(strokes.peak / 4.0);
    let narrow = Spectrum::of(&flat.map(|x| x.max(DARKEST_PAPER).ln()), 1.5);
    let narrow = narrow.radius(narrow.peak / 2.0);
    [
        on_paper(&flat, &light, wide),
        on_paper(&flat, &light, narrow + narrow / 2 + 1),
        shaded(3 * pen),
        shaded(pen + pen / 2 + 1),
    ]
}

/// Ink without what is continuous with darkness wider than a window, such as a finger of a hand's shadow or the shadow
/// between its edge and a stroke.
fn without_shadows(ink: Plane, brightness: &Plane, radius: usize) -> Plane {
    let paper = reconstruction(brightness, dilation(brightness, radius));
    let taken = paper.zip_map(brightness, |paper, value| paper - value);
    let noise = median(taken.values.iter().copied());
    let left = taken.zip_map(&paper, |taken, paper| 1.0 - (taken - noise) / paper.max(DARKEST_PAPER));
    ink.zip_map(&left, |ink, left| {
        let continuous = density(1.0 - left.clamp(0.0, 1.0)) < CONTINUOUS * density(ink);
        if continuous { 0.0 } else { ink }
    })
}

/// Optical density of ink: the negative logarithm of the light that it leaves.
pub(super) fn density(ink: f32) -> f32 {
    -(1.0 - ink).max(CLEAREST).ln()
}

/// Ink relative to the paper that a closing finds.
fn on_paper(flat: &Plane, light: &Plane, radius: usize) -> Plane {
    // The fitted illumination is smooth; the closing handles edges of shadows and paper.
    let paper = closing(flat, radius);
    let ink = flat.zip_map(&paper, |value, paper| 1.0 - value / paper.max(DARKEST_PAPER));
    // Camera noise is equal in light and shadow, so it is measured in brightness rather than in ink.
    let taken = ink.zip_map(light, |ink, light| ink * light);
    let bare = quantile(taken.values.iter().copied(), 0.25);
    let noise = bare - quantile(taken.values.iter().copied(), 0.05);
    let most = taken.values.iter().copied().fold(0.0, f32::max);
    if most - bare < FAINTEST.max(NOISE * noise.min(NOISIEST)) {
        return ink.map(|_| 0.0);
    }
    // The closing follows the brightest noise.
    let bare = quantile(ink.values.iter().copied(), 0.25);
    ink.map(|x| (x - bare).clamp(0.0, 1.0))
}
