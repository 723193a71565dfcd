//! Widths of strokes by granulometry.

use std::iter;

use super::morphology::closing;
use super::plane::{Plane, quantile};

/// Maximum width of strokes as a fraction of the longer side.
const WIDEST: f32 = 0.3;

/// Minimum number of squares of the pen's width, as a fraction of the number of the most frequent width.
const FREQUENT: f32 = 0.1;

/// Widths of the dark strokes: the light added by closings with growing windows (pattern spectrum, Maragos 1989).
pub(super) struct Spectrum {
    /// Radius of each window, and the light that it adds to the previous one.
    steps: Vec<(usize, Plane)>,
    /// Contrast of the strokes, ignoring a few dark pixels.
    pub(super) peak: f32,
}

impl Spectrum {
    /// The spectrum with windows each of which is wider by a factor of `growth` than the one before.
    pub(super) fn of(plane: &Plane, growth: f32) -> Spectrum {
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
    pub(super) fn thinness(&self, faintest: f32) -> f32 {
        self.masses(faintest).map(|(radius, mass)| mass / ((2 * radius + 1) as f32).powi(2)).sum()
    }

    /// Largest of the frequent windows, by the number of squares of its size that it fills. Gaps between shadows and strokes
    /// are wider than the pen, and have more area, but few such squares.
    pub(super) fn pen(&self, faintest: f32) -> usize {
        let squares = |(radius, mass): (usize, f32)| (radius, mass / ((2 * radius + 1) as f32).powi(3));
        let squares: Vec<(usize, f32)> = self.masses(faintest).map(squares).collect();
        let most = squares.iter().map(|&(_, squares)| squares).fold(0.0, f32::max);
        let frequent = squares.iter().rev().find(|&&(_, squares)| squares >= FREQUENT * most);
        frequent.map_or(1, |&(radius, _)| radius)
    }

    /// Smallest window that fills almost all strokes.
    pub(super) fn radius(&self, faintest: f32) -> usize {
        let total: f32 = self.masses(faintest).map(|(_, mass)| mass).sum();
        let mut filled = 0.0;
        let enough = self.masses(faintest).find(|(_, mass)| {
            filled += mass;
            filled >= 0.95 * total
        });
        enough.map_or(1, |(radius, _)| radius)
    }
}
