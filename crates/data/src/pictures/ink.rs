//! Ink: darkness of each pixel relative to the surrounding paper.

use std::iter;

use super::Polarity;
use super::light;
use super::morphology::closing;
use super::plane::{Plane, quantile};

/// Maximum width of strokes as a fraction of the longer side.
const WIDEST: f32 = 0.3;

/// Minimum brightness of paper, to avoid division by almost 0.
const DARKEST_PAPER: f32 = 0.05;

/// Minimum contrast of ink in standard deviations of the paper's noise, which is estimated between the 5th and the
/// 25th percentile of darkness, because ink may cover the darker half.
const NOISE: f32 = 10.0;

/// Maximum noise; if the brighter half varies more, it is not all paper.
const NOISIEST: f32 = 0.03;

/// Ink of each pixel, 0 to 1: the fraction of light that it absorbs, in two readings. The first finds the paper with a
/// window that is wide enough for all strokes. The second also follows shadows as narrow as a finger, but its window may
/// be too small for wide strokes.
pub(super) fn inks(brightness: &Plane, polarity: Polarity) -> [Plane; 2] {
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
    // In the logarithm a shadow has the same depth on paper and on ink, and ink is deeper than shadows.
    let narrow = Spectrum::of(&flat.map(|x| x.max(DARKEST_PAPER).ln()), 1.5);
    let narrow = narrow.radius(narrow.peak / 2.0);
    [2 * strokes.radius(strokes.peak / 4.0), narrow + narrow / 2 + 1]
        .map(|radius| on_paper(&flat, &light, radius))
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
    if most - bare < NOISE * noise.min(NOISIEST) {
        return ink.map(|_| 0.0);
    }
    // The closing follows the brightest noise.
    let bare = quantile(ink.values.iter().copied(), 0.25);
    ink.map(|x| (x - bare).clamp(0.0, 1.0))
}

/// Widths of the dark strokes: the light added by closings with growing windows (pattern spectrum, Maragos 1989).
struct Spectrum {
    /// Radius of each window, and the light that it adds to the previous one.
    steps: Vec<(usize, Plane)>,
    /// Contrast of the strokes, ignoring a few dark pixels.
    peak: f32,
}

impl Spectrum {
    /// The spectrum with windows each of which is wider by a factor of `growth` than the one before.
    fn of(plane: &Plane, growth: f32) -> Spectrum {
        let widest = (WIDEST / 2.0 * plane.longer_side() as f32).ceil() as usize;
        let radii = iter::successors(Some(1), |&radius: &usize| {
            (radius < widest).then(|| widest.min((growth * radius as f32).ceil() as usize))
        });
        let mut closed = plane.clone();
        let step = |radius: usize| {
            let wider = closing(&closed, radius);
            let filled = wider.zip_map(&closed, |wider, before| wider - before);
            closed = wider;
            (radius, filled)
        };
        let steps = radii.map(step).collect();
        let peak = quantile(closed.zip_map(plane, |closed, value| closed - value).values.into_iter(), 0.9998);
        Spectrum { steps, peak }
    }

    /// Light added by each window, summed over all but the faintest pixels.
    fn masses(&self, faintest: f32) -> impl Iterator<Item = (usize, f32)> {
        let mass = move |filled: &Plane| filled.values.iter().filter(|&&x| x > faintest).sum();
        self.steps.iter().map(move |(radius, filled)| (*radius, mass(filled)))
    }

    /// Score of thin, long strokes: contrast times length over width. Holes and gaps between strokes have as much
    /// contrast but are shorter or wider.
    fn thinness(&self, faintest: f32) -> f32 {
        self.masses(faintest).map(|(radius, mass)| mass / ((2 * radius + 1) as f32).powi(2)).sum()
    }

    /// Smallest window that fills almost all strokes.
    fn radius(&self, faintest: f32) -> usize {
        let total: f32 = self.masses(faintest).map(|(_, mass)| mass).sum();
        let mut filled = 0.0;
        let enough = self.masses(faintest).find(|(_, mass)| {
            filled += mass;
            filled >= 0.95 * total
        });
        enough.map_or(1, |(radius, _)| radius)
    }
}
