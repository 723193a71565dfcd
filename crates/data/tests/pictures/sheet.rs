//! Renders digits, lines and shadows on a sheet of paper.

use image::{Rgb, Rgb32FImage};
use tensor::random::Stream;

/// Colors, 0 to 1.
pub(crate) type Color = [f32; 3];

/// Rows and columns of an MNIST image.
const SIDE: usize = 28;

/// Paper under light, with what is drawn on it.
pub(crate) struct Sheet(Rgb32FImage);

/// Where a digit is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Pose {
    /// The middle of its 28 × 28 pixels.
    pub(crate) center: (f32, f32),
    /// Pixels of the sheet that one of MNIST's becomes.
    pub(crate) scale: f32,
    /// Radians, clockwise.
    pub(crate) angle: f32,
}

impl Sheet {
    pub(crate) fn new(columns: u32, rows: u32, paper: Color) -> Sheet {
        Sheet(Rgb32FImage::from_pixel(columns, rows, Rgb(paper)))
    }

    pub(crate) fn size(&self) -> (f32, f32) {
        (self.0.width() as f32, self.0.height() as f32)
    }

    /// Mixes a color in, by the fraction that it covers of the pixel at (x, y).
    pub(crate) fn cover(&mut self, color: Color, share: impl Fn(f32, f32) -> f32) {
        for (x, y, Rgb(pixel)) in self.0.enumerate_pixels_mut() {
            let share = share(x as f32, y as f32);
            for (value, color) in pixel.iter_mut().zip(color) {
                *value += share * (color - *value);
            }
        }
    }

    /// A digit of 28 × 28 pixels, smoothly enlarged.
    pub(crate) fn digit(&mut self, digit: &[f32], pose: Pose, color: Color) {
        self.cover(color, coverage(digit, pose));
    }

    /// A straight line through a point, `width` wide.
    pub(crate) fn line(&mut self, (px, py): (f32, f32), angle: f32, width: f32, color: Color) {
        let (sin, cos) = angle.sin_cos();
        self.cover(color, move |x, y| {
            let distance = ((y - py) * cos - (x - px) * sin).abs();
            (width / 2.0 + 0.5 - distance).clamp(0.0, 1.0)
        });
    }

    /// A filled rectangle.
    pub(crate) fn rectangle(&mut self, (left, top): (f32, f32), (width, height): (f32, f32), color: Color) {
        self.cover(color, |x, y| {
            f32::from((left..left + width).contains(&x) && (top..top + height).contains(&y))
        });
    }

    /// Light that reaches each pixel, 1 being all of it.
    pub(crate) fn light(&mut self, light: impl Fn(f32, f32) -> f32) {
        for (x, y, Rgb(pixel)) in self.0.enumerate_pixels_mut() {
            let light = light(x as f32, y as f32);
            pixel.iter_mut().for_each(|value| *value *= light);
        }
    }

    /// A camera's noise.
    pub(crate) fn noise(&mut self, deviation: f32, stream: &mut Stream) {
        // The sum of three uniform numbers is near enough to a normal one, and quick.
        let mut normal = || 2.0 * (stream.uniform() + stream.uniform() + stream.uniform() - 1.5);
        for pixel in self.0.pixels_mut() {
            let noise = deviation * normal();
            pixel.0.iter_mut().for_each(|value| *value += noise);
        }
    }

    /// The sheet with each value a multiple of 1 / `levels`.
    pub(crate) fn quantized(mut self, levels: f32) -> Rgb32FImage {
        for value in self.0.iter_mut() {
            *value = (value.clamp(0.0, 1.0) * levels).round() / levels;
        }
        self.0
    }
}

/// Fraction of a sheet's pixel that a digit's ink covers.
pub(crate) fn coverage(digit: &[f32], pose: Pose) -> impl Fn(f32, f32) -> f32 {
    let Pose { center, scale, angle } = pose;
    let (sin, cos) = angle.sin_cos();
    move |x, y| {
        let (x, y) = ((x + 0.5 - center.0) / scale, (y + 0.5 - center.1) / scale);
        let middle = SIDE as f32 / 2.0 - 0.5;
        bilinear(digit, x * cos + y * sin + middle, y * cos - x * sin + middle)
    }
}

fn bilinear(digit: &[f32], x: f32, y: f32) -> f32 {
    let at = |column: f32, row: f32| {
        let inside = |value: f32| (0.0..SIDE as f32).contains(&value);
        if inside(column) && inside(row) { digit[row as usize * SIDE + column as usize] } else { 0.0 }
    };
    let (left, top) = (x.floor(), y.floor());
    let (right, bottom) = (x - left, y - top);
    let upper = at(left, top) * (1.0 - right) + at(left + 1.0, top) * right;
    let lower = at(left, top + 1.0) * (1.0 - right) + at(left + 1.0, top + 1.0) * right;
    upper * (1.0 - bottom) + lower * bottom
}
