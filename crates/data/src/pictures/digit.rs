//! Choice of the parts of the ink that are the digit.

use super::Fault;
use super::parts::{self, Part, Span};
use super::plane::{Plane, quantile};

/// The least ink that can be seen: paper is not even, and JPEG puts haze around strokes.
const FAINTEST: f32 = 0.06;

/// The least of a stroke's ink that its soft edge has.
const EDGE: f32 = 0.25;

/// A part with less of the largest one's ink is dust.
const DUST: f32 = 0.03;

/// A part with at least this much of the largest one's ink, and half of its height, may be a digit.
const RIVAL: f32 = 0.3;

/// Parts further from each other than this fraction of the larger one's side are not one digit.
const NEAR: f32 = 0.3;

/// The digit alone, cropped to its ink, 0 to 1.
pub(super) fn digit(ink: &Plane) -> Result<Plane, Fault> {
    let level = level(ink).ok_or(Fault::Blank)?;
    let mut parts = parts::above(ink, level);
    let Some(main) = take_main(&mut parts, ink) else { return Err(Fault::Blank) };
    let rivals = parts.iter().filter(|part| is_rival(part, &main)).count();
    if rivals > 0 {
        return Err(Fault::Several { digits: rivals + 1 });
    }
    let cut_off = |part: &Part| part.on_border > 0 && main.on_border == 0;
    parts.retain(|part| part.mass > DUST * main.mass && belongs(part, &main) && !cut_off(part));
    parts.push(main);
    Ok(crop(ink, &parts))
}

/// Half of what a pixel of ink has on average, weighted by its ink; none where all is faint.
fn level(ink: &Plane) -> Option<f32> {
    let visible = || ink.values.iter().filter(|&&value| value > FAINTEST);
    let sum: f32 = visible().sum();
    let squares: f32 = visible().map(|value| value * value).sum();
    (sum > 0.0).then(|| (0.5 * squares / sum).max(FAINTEST))
}

/// Takes the largest part out. One that runs along the border is the desk or a shadow, and one that
/// touches it is worth less, as it is cut off: a finger, or the next digit.
fn take_main(parts: &mut Vec<Part>, ink: &Plane) -> Option<Part> {
    let border = 2 * (ink.rows() + ink.columns);
    let size = ink.longer_side();
    let framed = |part: &Part| part.on_border * 5 > border;
    let inside = |part: &Part| part.on_border == 0 && part.longer_side() * 12 > size;
    if parts.iter().any(inside) {
        parts.retain(|part| !framed(part));
    }
    let worth = |part: &Part| if part.on_border > 0 { part.mass / 8.0 } else { part.mass };
    let (place, _) = parts.iter().enumerate().max_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)))?;
    Some(parts.swap_remove(place))
}

/// A digit next to the main one rather than a stroke of it.
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

/// The ink of the parts and the soft edges around them, in the rectangle that holds them.
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
