//! Selection of the connected parts that form the digit.

use super::Fault;
use super::parts::{self, Part, Span};
use super::plane::{Plane, quantile};

/// Minimum visible ink: paper is uneven, and JPEG adds haze around strokes.
const FAINTEST: f32 = 0.06;

/// Minimum fraction of a stroke's ink at its soft edge.
const EDGE: f32 = 0.25;

/// Minimum fraction of the largest part's ink; smaller parts are dust.
const DUST: f32 = 0.03;

/// Minimum fraction of the largest part's ink of a second digit, which also has half of its height.
const RIVAL: f32 = 0.3;

/// Maximum distance of the parts of a digit as a fraction of the larger one's side.
const NEAR: f32 = 0.3;

/// Maximum distance of a frame's ink from its outer sides, as a fraction of its sides.
const FRAME: f32 = 0.15;

/// Minimum longer side of what a frame is around, as a fraction of its longer side.
const FRAMED: f32 = 0.4;

/// Digit in a picture.
pub(super) struct Digit {
    /// Cropped to its ink, 0 to 1.
    pub(super) plane: Plane,
    /// Its pixels in the picture, without soft edges.
    pub(super) pixels: Vec<usize>,
}

/// Selects the digit.
pub(super) fn digit(ink: &Plane) -> Result<Digit, Fault> {
    let level = level(ink).ok_or(Fault::Blank)?;
    let mut parts = parts::above(ink, level);
    let Some(main) = take_main(&mut parts, ink) else { return Err(Fault::Blank) };
    parts.retain(|part| !is_frame(part, &main, ink.columns));
    let rivals = parts.iter().filter(|part| is_rival(part, &main)).count();
    if rivals > 0 {
        return Err(Fault::Several { digits: rivals + 1 });
    }
    let cut_off = |part: &Part| part.on_border > 0 && main.on_border == 0;
    parts.retain(|part| part.mass > DUST * main.mass && belongs(part, &main) && !cut_off(part));
    parts.push(main);
    let plane = crop(ink, &parts);
    Ok(Digit { plane, pixels: parts.into_iter().flat_map(|part| part.pixels).collect() })
}

/// Threshold: half of the ink-weighted mean ink; `None` if all ink is faint.
fn level(ink: &Plane) -> Option<f32> {
    let visible = || ink.values.iter().filter(|&&value| value > FAINTEST);
    let sum: f32 = visible().sum();
    let squares: f32 = visible().map(|value| value * value).sum();
    (sum > 0.0).then(|| (0.5 * squares / sum).max(FAINTEST))
}

/// Removes and returns the largest part. A part along the border is the desk or a shadow, and a part around another one
/// is a frame. A part that touches the border counts less, because it is cut off, like a finger or the next digit.
fn take_main(parts: &mut Vec<Part>, ink: &Plane) -> Option<Part> {
    let border = 2 * (ink.rows() + ink.columns);
    let size = ink.longer_side();
    let along_border = |part: &Part| part.on_border * 5 > border;
    let inside = |part: &Part| part.on_border == 0 && part.longer_side() * 12 > size;
    if parts.iter().any(inside) {
        parts.retain(|part| !along_border(part));
    }
    let worth = |part: &Part| if part.on_border > 0 { part.mass / 8.0 } else { part.mass };
    loop {
        let (place, _) = parts.iter().enumerate().max_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)))?;
        let main = parts.swap_remove(place);
        if !parts.iter().any(|other| is_frame(&main, other, ink.columns)) {
            return Some(main);
        }
    }
}

/// True for a box drawn around another part.
fn is_frame(part: &Part, other: &Part, columns: usize) -> bool {
    let large = other.longer_side() as f32 >= FRAMED * part.longer_side() as f32;
    let around = part.rows.contains(other.rows) && part.columns.contains(other.columns);
    let is_outer = |at: usize, span: Span| {
        let inside = (at - span.start).min(span.end - 1 - at);
        inside as f32 <= FRAME * span.len() as f32
    };
    let hollow = |at: &usize| is_outer(at / columns, part.rows) || is_outer(at % columns, part.columns);
    large && around && part.pixels.iter().all(hollow)
}

/// True for another digit next to the main one, false for a stroke of it.
fn is_rival(part: &Part, main: &Part) -> bool {
    let large = part.mass > RIVAL * main.mass && 2 * part.rows.len() > main.rows.len();
    let cut_off = part.on_border > 0 && main.on_border == 0;
    let narrower = part.columns.len().min(main.columns.len()) as f32;
    let side_by_side =
        (part.columns.overlap(main.columns) as f32) < 0.2 * narrower && 2 * main.rows.len() > part.rows.len();
    large && !cut_off && (side_by_side || !belongs(part, main))
}

fn belongs(part: &Part, main: &Part) -> bool {
    part.gap(main) as f32 <= NEAR * main.longer_side() as f32
}

/// Ink of the parts with their soft edges, cropped to their bounding box.
fn crop(ink: &Plane, parts: &[Part]) -> Plane {
    let pixels = || parts.iter().flat_map(|part| part.pixels.iter().copied());
    let full = quantile(pixels().map(|at| ink.values[at]), 0.75);
    let mut chosen = vec![false; ink.values.len()];
    pixels().for_each(|at| chosen[at] = true);
    let mut soft = parts::above(ink, (EDGE * full).max(FAINTEST));
    soft.retain(|part| part.pixels.iter().any(|&at| chosen[at]));

    let join = |span: fn(&Part) -> Span| soft.iter().map(span).reduce(Span::joined).expect("the digit");
    let (rows, columns) = (join(|part| part.rows), join(|part| part.columns));
    let mut values = vec![0.0; rows.len() * columns.len()];
    for at in soft.iter().flat_map(|part| part.pixels.iter().copied()) {
        let (row, column) = (at / ink.columns - rows.start, at % ink.columns - columns.start);
        values[row * columns.len() + column] = (ink.values[at] / full).min(1.0);
    }
    Plane { values, columns: columns.len() }
}
