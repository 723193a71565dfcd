//! Removal of the dots of dot-grid paper: small, round, and at equal distances.

use super::morphology::closing;
use super::parts::{self, Part};
use super::plane::{Plane, median};

/// Maximum diameter of a dot as a fraction of the picture's longer side.
const WIDEST: f32 = 0.02;

/// Minimum contrast of a dot.
const FAINTEST: f32 = 0.03;

/// Minimum contrast of a dot as a multiple of the median, which is the paper's noise.
const NOISE: f32 = 3.0;

/// Minimum number of dots, and the maximum number of spots among which they are searched.
const COUNTS: std::ops::RangeInclusive<usize> = 20..=3_000;

/// Minimum distance of two dots as a fraction of the picture's longer side.
const NEAREST: f32 = 1.0 / 40.0;

/// Maximum deviation of a dot's nearest neighbor from the pitch, as a fraction of the pitch.
const IRREGULAR: f32 = 0.15;

/// Minimum fraction of spots that are at the pitch from another one. It is a quarter for spots at random places.
const REGULAR: f32 = 0.7;

/// Fills the dots with the brightness around them, if there are any.
pub(super) fn erase(brightness: &Plane) -> Plane {
    let radius = (WIDEST / 2.0 * brightness.longer_side() as f32).ceil() as usize;
    let paper = closing(brightness, radius);
    let depth = paper.zip_map(brightness, |paper, value| paper - value);
    let level = FAINTEST.max(NOISE * median(depth.values.iter().copied()));
    let mut spots = parts::above(&depth, level);
    spots.retain(|spot| is_round(spot, 2 * radius + 1));
    let mut erased = brightness.clone();
    for dot in on_a_grid(spots, NEAREST * brightness.longer_side() as f32) {
        fill(&mut erased, &paper, &dot);
    }
    erased
}

fn is_round(spot: &Part, widest: usize) -> bool {
    let (rows, columns) = (spot.rows.len(), spot.columns.len());
    let fills = 2 * spot.pixels.len() >= rows * columns;
    rows.max(columns) <= widest && rows.abs_diff(columns) <= 1 + rows.min(columns) / 3 && fills
}

/// The spots of average mass whose nearest neighbor is at the usual distance, if most are.
fn on_a_grid(mut spots: Vec<Part>, nearest: f32) -> Vec<Part> {
    if !COUNTS.contains(&spots.len()) {
        return Vec::new();
    }
    // Specks of noise are smaller than dots.
    let mass = median(spots.iter().map(|spot| spot.mass));
    spots.retain(|spot| spot.mass > mass / 3.0);
    let centers: Vec<(f32, f32)> = spots.iter().map(center).collect();
    let distances: Vec<f32> = centers.iter().map(|&center| to_nearest(center, &centers)).collect();
    let pitch = median(distances.iter().copied());
    let regular = |distance: f32| (distance - pitch).abs() <= IRREGULAR * pitch;
    let count = distances.iter().filter(|&&distance| regular(distance)).count();
    if pitch < nearest || !COUNTS.contains(&count) || (count as f32) < REGULAR * spots.len() as f32 {
        return Vec::new();
    }
    spots
        .into_iter()
        .zip(distances)
        .filter(|&(_, distance)| regular(distance))
        .map(|(spot, _)| spot)
        .collect()
}

fn center(spot: &Part) -> (f32, f32) {
    let middle = |span: parts::Span| (span.start + span.end) as f32 / 2.0;
    (middle(spot.rows), middle(spot.columns))
}

/// Distance to the nearest other center.
fn to_nearest((row, column): (f32, f32), centers: &[(f32, f32)]) -> f32 {
    let distances = centers.iter().map(|&(r, c)| (r - row).hypot(c - column));
    distances.filter(|&distance| distance > 0.0).fold(f32::INFINITY, f32::min)
}

/// Replaces a dot and its soft edge.
fn fill(plane: &mut Plane, paper: &Plane, dot: &Part) {
    let (rows, columns) = (plane.rows(), plane.columns);
    for row in dot.rows.start.saturating_sub(1)..(dot.rows.end + 1).min(rows) {
        for column in dot.columns.start.saturating_sub(1)..(dot.columns.end + 1).min(columns) {
            plane.values[row * columns + column] = paper.at(row, column);
        }
    }
}
