//! Sheets of many sizes, pens and colors, with hard shadows over the digit or printed dots under it.

use std::f32::consts::TAU;

use tensor::random::Stream;

use super::kinds::{anywhere, jpeg, pen, png};
use super::sheet::{Color, Pose, Sheet};

const INKS: [Color; 5] =
    [[0.06, 0.06, 0.07], [0.1, 0.13, 0.4], [0.25, 0.25, 0.27], [0.45, 0.1, 0.12], [0.2, 0.3, 0.7]];

/// A shadow with a straight, sharp edge through the digit.
pub(crate) fn shadow_edge(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let (mut sheet, pose) = written(digit, blank(stream), stream);
    shade_half(&mut sheet, pose, stream);
    png(sheet, stream)
}

/// The same in a photo.
pub(crate) fn shadow_edge_photo(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let (mut sheet, pose) = written(digit, blank(stream), stream);
    shade_half(&mut sheet, pose, stream);
    photo(sheet, stream)
}

/// The shadow of a fist, or of a hand with fingers, which reaches from a side of the photo to the digit.
pub(crate) fn hand(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let (mut sheet, pose) = written(digit, blank(stream), stream);
    shade_hand(&mut sheet, pose, stream);
    photo(sheet, stream)
}

/// Paper with a dot at each crossing of a grid.
pub(crate) fn dots(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = blank(stream);
    print_dots(&mut sheet, 0.0, stream);
    png(written(digit, sheet, stream).0, stream)
}

/// The same in a photo, held askew and in uneven light.
pub(crate) fn dots_photo(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = blank(stream);
    let angle = 0.16 * (stream.uniform() - 0.5);
    print_dots(&mut sheet, angle, stream);
    let (mut sheet, _) = written(digit, sheet, stream);
    let ((width, height), (sin, cos)) = (sheet.size(), (TAU * stream.uniform()).sin_cos());
    sheet.light(|x, y| 0.85 + 0.2 * ((x / width - 0.5) * cos + (y / height - 0.5) * sin));
    photo(sheet, stream)
}

fn between(low: f32, high: f32, stream: &mut Stream) -> f32 {
    low + (high - low) * stream.uniform()
}

/// Paper of 200 to 2,000 pixels a side, most often small.
fn blank(stream: &mut Stream) -> Sheet {
    let width = 200.0 * 10f32.powf(stream.uniform() * stream.uniform().sqrt());
    let height = (width * between(0.7, 1.4, stream)).clamp(200.0, 2000.0);
    let white = between(0.8, 1.0, stream);
    Sheet::new(width as u32, height as u32, [white, 0.99 * white, 0.96 * white])
}

/// A digit drawn with a pen, and its place.
fn written(digit: &[f32], mut sheet: Sheet, stream: &mut Stream) -> (Sheet, Pose) {
    let share = between(0.45, 0.8, stream);
    let pose = Pose { angle: 0.0, ..anywhere(&sheet, share, stream) };
    let color = INKS[stream.below(INKS.len() as u32) as usize];
    let width = pose.scale * between(0.9, 2.8, stream);
    pen(&mut sheet, digit, pose, width.max(2.0), color);
    (sheet, pose)
}

fn photo(mut sheet: Sheet, stream: &mut Stream) -> Vec<u8> {
    sheet.noise(between(0.0, 0.025, stream), stream);
    let quality = between(55.0, 95.0, stream) as u8;
    jpeg(sheet, quality, None, stream)
}

/// Light that is left in the shade after a distance in pixels into it; the edge is `soft` pixels wide.
fn shade(depth: f32, soft: f32) -> impl Fn(f32) -> f32 {
    move |inside| 1.0 - depth * (inside / soft + 0.5).clamp(0.0, 1.0)
}

fn shade_half(sheet: &mut Sheet, pose: Pose, stream: &mut Stream) {
    let (sin, cos) = (TAU * stream.uniform()).sin_cos();
    let offset = 7.0 * pose.scale * (2.0 * stream.uniform() - 1.0);
    let light = shade(between(0.4, 0.65, stream), between(0.5, 6.0, stream));
    sheet.light(|x, y| light((x - pose.center.0) * cos + (y - pose.center.1) * sin + offset));
}

fn shade_hand(sheet: &mut Sheet, pose: Pose, stream: &mut Stream) {
    let (width, height) = sheet.size();
    let side = width.min(height);
    // From the palm at the digit or near it to the elbow out of the picture.
    let (sin, cos) = (TAU * stream.uniform()).sin_cos();
    let away = pose.scale * between(2.0, 14.0, stream);
    let palm = (pose.center.0 + away * cos, pose.center.1 + away * sin);
    let (radius, arm) = (side * between(0.15, 0.3, stream), side * between(0.1, 0.2, stream));
    let (fingers, finger) = (stream.below(5), side * between(0.03, 0.06, stream));
    let reach = radius + side * between(0.1, 0.3, stream);
    let soft = [2.0, side * between(0.005, 0.06, stream)][stream.below(2) as usize];
    let light = shade(between(0.35, 0.65, stream), soft);
    sheet.light(|x, y| {
        let (x, y) = (x - palm.0, y - palm.1);
        let (out, across) = (x * cos + y * sin, y * cos - x * sin);
        let elbow = if out > 0.0 { arm - across.abs() } else { f32::NEG_INFINITY };
        let fist = radius - x.hypot(y);
        let finger = |i: u32| {
            let (sin, cos) = (0.45 * (i as f32 - (fingers - 1) as f32 / 2.0)).sin_cos();
            let (along, beside) = (across * sin - out * cos, across * cos + out * sin);
            finger - (along - reach).max(-along).max(0.0).hypot(beside)
        };
        light((0..fingers).map(finger).fold(elbow.max(fist), f32::max))
    });
}

fn print_dots(sheet: &mut Sheet, angle: f32, stream: &mut Stream) {
    let (width, _) = sheet.size();
    let pitch = width / between(8.0, 20.0, stream);
    let radius = (pitch * between(0.03, 0.08, stream)).max(0.8);
    let color =
        [[0.55, 0.55, 0.56], [0.75, 0.75, 0.75], [0.6, 0.7, 0.9], [0.7, 0.8, 0.92]][stream.below(4) as usize];
    let (left, top) = (pitch * stream.uniform(), pitch * stream.uniform());
    let (sin, cos) = angle.sin_cos();
    let distance = move |along: f32| (along / pitch - (along / pitch).round()) * pitch;
    sheet.cover(color, move |x, y| {
        let (along, across) = (x * cos + y * sin - left, y * cos - x * sin - top);
        (radius + 0.5 - distance(along).hypot(distance(across))).clamp(0.0, 1.0)
    });
}
