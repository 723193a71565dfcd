//! A digit is read as if no shadow lay on it and no dots were printed on its paper.

use data::pictures::{Polarity, from_gray};

/// Rows and columns of the pictures.
const SIDE: usize = 240;

/// Brightness of paper and ink.
const PAPER: f32 = 0.9;
const INK: f32 = 0.15;

/// Strokes of a 4, from point to point in pixels.
const FOUR: [[(f32, f32); 2]; 3] =
    [[(95.0, 70.0), (85.0, 125.0)], [(85.0, 125.0), (150.0, 125.0)], [(135.0, 80.0), (135.0, 170.0)]];

/// Half of the width of the pen.
const PEN: f32 = 5.0;

/// Pixels of a 4 on paper, with light and print at (x, y) from 0 to 1.
fn four(light: impl Fn(f32, f32) -> f32) -> Vec<u8> {
    let at = |i: usize| {
        let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
        let distance = FOUR.iter().map(|&stroke| to_stroke((x, y), stroke)).fold(f32::MAX, f32::min);
        let ink = (PEN + 0.5 - distance).clamp(0.0, 1.0);
        (255.0 * light(x, y) * (PAPER + ink * (INK - PAPER))).round() as u8
    };
    (0..SIDE * SIDE).map(at).collect()
}

fn to_stroke((x, y): (f32, f32), [(ax, ay), (bx, by)]: [(f32, f32); 2]) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

/// Fails unless the 4 in this light is read almost as in even light, at most one pixel further along each axis.
fn assert_reads(case: &str, light: impl Fn(f32, f32) -> f32) {
    let read = |pixels: &[u8]| from_gray(pixels, SIDE, Polarity::Auto);
    let expected = read(&four(|_, _| 1.0)).expect("a 4 in even light");
    let found = read(&four(light)).unwrap_or_else(|fault| panic!("{case}: {fault}"));
    let ink: u32 = expected.iter().map(|&x| u32::from(x)).sum();
    let shifts = (26..29).flat_map(|rows| (27..30).map(move |columns| 28 * rows + columns));
    let differences = shifts.map(|shift| {
        let shifted = found.iter().cycle().skip(shift % found.len());
        shifted.zip(&expected).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum::<u32>()
    });
    let difference = differences.min().expect("nine shifts");
    assert!(2 * difference < ink, "{case}: {difference} of {ink} differ");
}

/// Light left at a depth in pixels into a shadow.
fn shaded(left: f32, inside: f32, soft: f32) -> f32 {
    1.0 - (1.0 - left) * (inside / soft + 0.5).clamp(0.0, 1.0)
}

#[test]
fn the_edge_of_a_shadow_may_cross_a_digit() {
    for (turn, left) in (0..12).flat_map(|turn| [0.35, 0.6].map(|left| (turn, left))) {
        let (sin, cos) = (turn as f32 * std::f32::consts::TAU / 12.0).sin_cos();
        for offset in [-25.0, 0.0, 25.0] {
            let inside = |x: f32, y: f32| (x - 115.0) * cos + (y - 120.0) * sin + offset;
            assert_reads(&format!("turn {turn}, {left} left, offset {offset}"), |x, y| {
                shaded(left, inside(x, y), 2.0)
            });
        }
    }
}

#[test]
fn the_shadow_of_a_hand_may_reach_over_a_digit() {
    for (turn, soft) in (0..8).flat_map(|turn| [1.0, 12.0].map(|soft| (turn, soft))) {
        let (sin, cos) = (turn as f32 * std::f32::consts::TAU / 8.0).sin_cos();
        assert_reads(&format!("turn {turn}, edge {soft} wide"), |x, y| {
            let (x, y) = (x - 115.0, y - 120.0);
            let (out, across) = (x * cos + y * sin - 25.0, y * cos - x * sin);
            let arm = if out > 0.0 { 25.0 - across.abs() } else { f32::MIN };
            let fist = 42.0 - out.hypot(across);
            let finger = 9.0 - (-out - 70.0).max(out).max(0.0).hypot(across);
            shaded(0.45, arm.max(fist).max(finger), soft)
        });
    }
}

#[test]
fn paper_may_have_a_grid_of_dots() {
    for (pitch, radius, left) in [(12.0, 1.0, 0.7), (16.0, 1.2, 0.8), (20.0, 1.5, 0.6), (28.0, 2.0, 0.75)] {
        for turn in [0.0, 0.05] {
            let (sin, cos) = f32::sin_cos(turn);
            let off = |along: f32| (along / pitch - (along / pitch).round()) * pitch;
            assert_reads(&format!("pitch {pitch}, turn {turn}"), |x, y| {
                let distance = off(x * cos + y * sin).hypot(off(y * cos - x * sin));
                1.0 - (1.0 - left) * (radius + 0.5 - distance).clamp(0.0, 1.0)
            });
        }
    }
}
