//! Kinds of pictures, each rendered from a digit and a random stream.

use std::f32::consts::PI;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, LumaA, Rgba, RgbaImage};
use tensor::random::Stream;

use super::paper::{dots, dots_photo, hand, shadow_edge, shadow_edge_photo};
use super::sheet::{self, Color, Pose, Sheet};
use super::thin;

/// Pictures of one kind.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// `png` or `jpg`.
    pub(crate) extension: &'static str,
    /// Renders a file from a digit of 28 × 28 pixels, 0 to 1.
    pub(crate) draw: fn(&[f32], &mut Stream) -> Vec<u8>,
}

const BLACK: Color = [0.05, 0.05, 0.06];
const BLUE: Color = [0.09, 0.12, 0.4];
const WHITE: Color = [1.0; 3];

macro_rules! kinds {
    ($($name:ident: $extension:literal),* $(,)?) => {
        pub(crate) const KINDS: &[Kind] =
            &[$(Kind { name: stringify!($name), extension: $extension, draw: $name }),*];
    };
}

kinds! {
    dark_on_light: "png",
    light_on_dark: "png",
    white_on_alpha: "png",
    black_on_alpha: "png",
    gray_alpha: "png",
    paper_on_alpha: "png",
    shadow: "jpg",
    hard_shadow: "jpg",
    two_shadows: "jpg",
    hand_shadow: "jpg",
    pen_blue: "jpg",
    isolum: "jpg",
    vignette: "jpg",
    blackboard: "jpg",
    ruled: "png",
    ruled_photo: "jpg",
    ruled_dark: "png",
    grid: "png",
    margin: "jpg",
    speck: "png",
    dust: "png",
    thin: "png",
    thin_photo: "jpg",
    pencil: "jpg",
    off_center: "png",
    tight: "png",
    turned: "jpg",
    deep: "png",
    small: "png",
    low_quality: "jpg",
    color: "jpg",
    desk: "jpg",
    phone: "jpg",
    shadow_edge: "png",
    shadow_edge_photo: "jpg",
    hand: "jpg",
    dots: "png",
    dots_photo: "jpg",
}

fn dark_on_light(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(480, 480, WHITE);
    sheet.digit(digit, middle(&sheet, 0.58), [0.0; 3]);
    png(sheet, stream)
}

fn light_on_dark(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(480, 400, [0.0; 3]);
    sheet.digit(digit, middle(&sheet, 0.7), [0.9; 3]);
    png(sheet, stream)
}

fn white_on_alpha(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    on_alpha(digit, [255; 3], stream)
}

fn black_on_alpha(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    on_alpha(digit, [0, 0, 30], stream)
}

fn on_alpha(digit: &[f32], color: [u8; 3], stream: &mut Stream) -> Vec<u8> {
    let side = 200.0 + 200.0 * stream.uniform();
    let ink =
        sheet::coverage(digit, Pose { center: (side / 2.0, side / 2.0), scale: side / 28.0, angle: 0.0 });
    let [red, green, blue] = color;
    let picture = RgbaImage::from_fn(side as u32, side as u32, |x, y| {
        Rgba([red, green, blue, (255.0 * ink(x as f32, y as f32)).round() as u8])
    });
    encoded(&picture.into())
}

fn gray_alpha(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let gray = if stream.below(2) == 0 { 20 } else { 230 };
    let ink = sheet::coverage(digit, Pose { center: (120.0, 130.0), scale: 7.0, angle: 0.0 });
    let picture = image::GrayAlphaImage::from_fn(301, 222, |x, y| {
        LumaA([gray, (255.0 * ink(x as f32, y as f32)).round() as u8])
    });
    encoded(&picture.into())
}

/// Paper cut out along its edge.
fn paper_on_alpha(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(500, 420, [0.9; 3]);
    sheet.digit(digit, anywhere(&sheet, 0.5, stream), BLACK);
    let mut picture = DynamicImage::from(sheet.quantized(255.0)).to_rgba8();
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        if !((40..460).contains(&x) && (30..390).contains(&y)) {
            *pixel = Rgba([0; 4]);
        }
    }
    encoded(&picture.into())
}

/// Light that falls off by 60% across the page.
fn shadow(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.88, 0.87, 0.85]);
    let pose = anywhere(&sheet, 0.3, stream);
    sheet.digit(digit, pose, [BLACK, BLUE][stream.below(2) as usize]);
    let ((width, height), (sin, cos)) = (sheet.size(), (2.0 * PI * stream.uniform()).sin_cos());
    let across = move |x: f32, y: f32| (x / width - 0.5) * cos + (y / height - 0.5) * sin;
    let reach = (cos.abs() + sin.abs()) / 2.0;
    sheet.light(|x, y| 0.7 - 0.3 * across(x, y) / reach);
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// The shadow of a hand, with an edge.
fn hard_shadow(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.88, 0.87, 0.85]);
    let pose = anywhere(&sheet, 0.35, stream);
    sheet.digit(digit, pose, BLUE);
    let (sin, cos) = (2.0 * PI * stream.uniform()).sin_cos();
    let (px, py) = (600.0 + 300.0 * (stream.uniform() - 0.5), 450.0 + 200.0 * (stream.uniform() - 0.5));
    sheet.light(|x, y| {
        let depth = (x - px) * cos + (y - py) * sin;
        1.0 - 0.4 / (1.0 + (-depth / 25.0).exp())
    });
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// Two shadows with edges, one over the other.
fn two_shadows(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.9, 0.89, 0.86]);
    let pose = anywhere(&sheet, 0.35, stream);
    sheet.digit(digit, pose, [BLACK, BLUE][stream.below(2) as usize]);
    let edges = [0.35, 0.45].map(|depth| {
        let (sin, cos) = (2.0 * PI * stream.uniform()).sin_cos();
        let (px, py) = (1200.0 * (0.25 + 0.5 * stream.uniform()), 900.0 * (0.25 + 0.5 * stream.uniform()));
        (sin, cos, px, py, depth, 8.0 + 30.0 * stream.uniform())
    });
    sheet.light(|x, y| {
        let shade = |(sin, cos, px, py, depth, soft): (f32, f32, f32, f32, f32, f32)| {
            1.0 - depth / (1.0 + (-((x - px) * cos + (y - py) * sin) / soft).exp())
        };
        edges.iter().map(|&edge| shade(edge)).product()
    });
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// The shadow of a hand that holds a phone: a palm and four fingers with soft edges.
fn hand_shadow(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.88, 0.87, 0.85]);
    let pose = anywhere(&sheet, 0.35, stream);
    sheet.digit(digit, pose, [BLACK, BLUE][stream.below(2) as usize]);
    let (palm_x, palm_y) = (1200.0 * stream.uniform(), 500.0 + 400.0 * stream.uniform());
    let turn = 0.6 * (stream.uniform() - 0.5);
    let soft = 12.0 + 20.0 * stream.uniform();
    sheet.light(|x, y| {
        let palm = (x - palm_x).hypot(y - palm_y) - 200.0;
        let finger = |i: f32| {
            let (sin, cos) = (turn + 0.3 * (i - 1.5)).sin_cos();
            let (dx, dy) = (x - palm_x, y - palm_y);
            let (along, across) = (dx * sin - dy * cos, dx * cos + dy * sin);
            let beyond = (along - 450.0).max(-along).max(0.0);
            beyond.hypot(across) - 38.0
        };
        let distance = (0..4).map(|i| finger(i as f32)).fold(palm, f32::min);
        1.0 - 0.5 / (1.0 + (distance / soft).exp())
    });
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// A ballpoint pen: thin, light blue strokes in uneven light.
fn pen_blue(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.86, 0.85, 0.82]);
    let pose = anywhere(&sheet, 0.35, stream);
    pen(&mut sheet, digit, pose, 3.0 + 2.5 * stream.uniform(), [0.3, 0.4, 0.75]);
    let (sin, cos) = (2.0 * PI * stream.uniform()).sin_cos();
    sheet.light(|x, y| 0.8 - 0.35 * ((x / 1200.0 - 0.5) * cos + (y / 900.0 - 0.5) * sin));
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// Ink as bright as the paper, told from it by its color only.
fn isolum(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let [paper, ink] = [
        [[0.55, 0.75, 0.55], [0.95, 0.52, 0.62]],
        [[0.9, 0.65, 0.4], [0.5, 0.78, 0.85]],
        [[0.7, 0.7, 0.7], [0.45, 0.87, 0.5]],
        [[0.55, 0.6, 0.9], [0.8, 0.57, 0.4]],
    ][stream.below(4) as usize];
    // Scaled to the luma of the paper, so that exactly the color differs.
    let luma = |[r, g, b]: Color| 0.299 * r + 0.587 * g + 0.114 * b;
    let scale = luma(paper) / luma(ink);
    let mut sheet = Sheet::new(640, 480, paper);
    sheet.digit(digit, anywhere(&sheet, 0.5, stream), ink.map(|x| (x * scale).min(1.0)));
    sheet.noise(0.015, stream);
    jpeg(sheet, 85, None, stream)
}

fn vignette(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1000, 1000, [0.8, 0.78, 0.74]);
    let pose = anywhere(&sheet, 0.35, stream);
    sheet.digit(digit, pose, BLACK);
    sheet.light(|x, y| 1.0 - 0.6 * ((x / 1000.0 - 0.45).powi(2) + (y / 1000.0 - 0.5).powi(2)) / 0.5);
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

fn blackboard(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1000, 750, [0.18, 0.25, 0.2]);
    let pose = anywhere(&sheet, 0.4, stream);
    sheet.digit(digit, pose, [0.85, 0.85, 0.8]);
    sheet.light(|x, _| 1.0 - 0.4 * x / 1000.0);
    sheet.noise(0.03, stream);
    jpeg(sheet, 80, None, stream)
}

fn ruled(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.94; 3]);
    let (pitch, width) = (60.0 + 50.0 * stream.uniform(), 2.0 + 2.0 * stream.uniform());
    rules(&mut sheet, pitch, width, 0.0, [0.7; 3]);
    sheet.digit(digit, anywhere(&sheet, 0.3, stream), [0.13; 3]);
    png(sheet, stream)
}

/// Lines in blue, held askew.
fn ruled_photo(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.9, 0.89, 0.86]);
    let (pitch, angle) = (50.0 + 40.0 * stream.uniform(), 0.08 * (stream.uniform() - 0.5));
    rules(&mut sheet, pitch, 3.0, angle, [0.55, 0.65, 0.85]);
    sheet.digit(digit, anywhere(&sheet, 0.3, stream), BLUE);
    sheet.light(|x, y| 1.0 - 0.3 * (x / 1200.0) * (y / 900.0));
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// Lines as dark as the ink.
fn ruled_dark(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1000, 800, WHITE);
    rules(&mut sheet, 70.0 + 30.0 * stream.uniform(), 3.0, 0.0, [0.15; 3]);
    sheet.digit(digit, anywhere(&sheet, 0.35, stream), [0.1; 3]);
    png(sheet, stream)
}

fn grid(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1000, 900, [0.96, 0.96, 0.97]);
    let pitch = 30.0 + 20.0 * stream.uniform();
    let color = [[0.6, 0.75, 0.9], [0.75, 0.75, 0.75], [0.6, 0.85, 0.7]][stream.below(3) as usize];
    rules(&mut sheet, pitch, 2.0, 0.0, color);
    rules(&mut sheet, pitch, 2.0, PI / 2.0, color);
    sheet.digit(digit, anywhere(&sheet, 0.35, stream), BLUE);
    png(sheet, stream)
}

/// A school notebook: blue lines and a red margin.
fn margin(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.95, 0.94, 0.92]);
    let angle = 0.05 * (stream.uniform() - 0.5);
    rules(&mut sheet, 80.0, 3.0, angle, [0.6, 0.7, 0.9]);
    sheet.line((150.0 + 100.0 * stream.uniform(), 450.0), PI / 2.0 + angle, 4.0, [0.85, 0.4, 0.4]);
    sheet.digit(digit, anywhere(&sheet, 0.3, stream), [0.2, 0.2, 0.22]);
    sheet.noise(0.015, stream);
    jpeg(sheet, 85, None, stream)
}

fn speck(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(480, 480, WHITE);
    sheet.digit(digit, middle(&sheet, 0.58), [0.0; 3]);
    let along = 476.0 * stream.uniform();
    let edge = [(along, 3.0), (along, 473.0), (3.0, along), (473.0, along)][stream.below(4) as usize];
    sheet.rectangle((edge.0.floor(), edge.1.floor()), (4.0, 4.0), [0.0; 3]);
    png(sheet, stream)
}

fn dust(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(600, 600, [0.93; 3]);
    sheet.digit(digit, middle(&sheet, 0.55), [0.1; 3]);
    for _ in 0..12 {
        let place = (590.0 * stream.uniform(), 590.0 * stream.uniform());
        let side = 2.0 + 4.0 * stream.uniform();
        sheet.rectangle(place, (side, side), [0.2; 3]);
    }
    png(sheet, stream)
}

fn thin(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(480, 480, WHITE);
    let pose = middle(&sheet, 0.58);
    pen(&mut sheet, digit, pose, 1.5 + 3.0 * stream.uniform(), [0.0; 3]);
    png(sheet, stream)
}

fn thin_photo(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.85, 0.84, 0.82]);
    let pose = anywhere(&sheet, 0.4, stream);
    pen(&mut sheet, digit, pose, 4.0 + 3.0 * stream.uniform(), BLUE);
    sheet.light(|x, _| 1.0 - 0.4 * x / 1200.0);
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

fn pencil(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1000, 800, [0.85, 0.85, 0.83]);
    sheet.digit(digit, anywhere(&sheet, 0.4, stream), [0.6; 3]);
    sheet.light(|x, y| 1.0 - 0.2 * x / 1000.0 - 0.1 * y / 800.0);
    sheet.noise(0.03, stream);
    jpeg(sheet, 85, None, stream)
}

fn off_center(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(800, 600, WHITE);
    let side = 90.0;
    let corner = |size: f32, stream: &mut Stream| {
        let inside = 0.55 * side;
        if stream.below(2) == 0 { inside } else { size - inside }
    };
    let center = (corner(800.0, stream), corner(600.0, stream));
    sheet.digit(digit, Pose { center, scale: side / 28.0, angle: 0.0 }, BLACK);
    png(sheet, stream)
}

/// The 20 × 20 pixels in the middle, enlarged, and no margin.
fn tight(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(210, 210, WHITE);
    sheet.digit(digit, Pose { center: (105.0, 105.0), scale: 10.0, angle: 0.0 }, BLACK);
    png(sheet, stream)
}

/// Stored as the camera was held, with the turn written in EXIF.
fn turned(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(600, 450, [0.9; 3]);
    sheet.digit(digit, middle(&sheet, 0.6), BLACK);
    jpeg(sheet, 85, Some(1 + stream.below(8) as u8), stream)
}

fn deep(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(400, 400, [0.8; 3]);
    sheet.digit(digit, anywhere(&sheet, 0.6, stream), [0.2; 3]);
    let picture = DynamicImage::from(sheet.quantized(65_535.0));
    encoded(&if stream.below(2) == 0 { picture.to_luma16().into() } else { picture.to_rgb16().into() })
}

/// The unchanged image.
fn small(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(28, 28, [0.0; 3]);
    sheet.digit(digit, Pose { center: (14.0, 14.0), scale: 1.0, angle: 0.0 }, WHITE);
    png(sheet, stream)
}

fn low_quality(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(320, 240, [0.85, 0.83, 0.8]);
    sheet.digit(digit, anywhere(&sheet, 0.5, stream), [0.15, 0.15, 0.3]);
    sheet.noise(0.03, stream);
    jpeg(sheet, 25, None, stream)
}

fn color(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let [paper, ink] = [
        [[0.95, 0.9, 0.6], [0.8, 0.1, 0.1]],
        [[0.6, 0.8, 0.95], [0.1, 0.3, 0.1]],
        [[0.1, 0.15, 0.4], [0.95, 0.85, 0.2]],
        [[0.95, 0.95, 0.95], [0.2, 0.6, 0.3]],
    ][stream.below(4) as usize];
    let mut sheet = Sheet::new(640, 480, paper);
    sheet.digit(digit, anywhere(&sheet, 0.5, stream), ink);
    sheet.noise(0.02, stream);
    jpeg(sheet, 80, None, stream)
}

/// A white sheet on a brown desk.
fn desk(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(1200, 900, [0.4, 0.28, 0.2]);
    sheet.rectangle((180.0, 90.0), (840.0, 720.0), [0.9, 0.9, 0.88]);
    let pose = Pose { scale: 11.0, ..middle(&sheet, 0.3) };
    sheet.digit(digit, pose, BLACK);
    sheet.light(|x, _| 1.0 - 0.2 * x / 1200.0);
    sheet.noise(0.02, stream);
    jpeg(sheet, 85, None, stream)
}

/// Twelve megapixels, as phones make them; larger ones take too long to draw.
fn phone(digit: &[f32], stream: &mut Stream) -> Vec<u8> {
    let mut sheet = Sheet::new(4000, 3000, [0.8, 0.79, 0.75]);
    sheet.digit(digit, anywhere(&sheet, 0.2, stream), BLUE);
    sheet.light(|x, y| 1.0 - 0.3 * x / 4000.0 - 0.2 * y / 3000.0);
    sheet.noise(0.04, stream);
    jpeg(sheet, 85, None, stream)
}

/// In the middle; the 28 pixels are this fraction of the shorter side.
fn middle(sheet: &Sheet, share: f32) -> Pose {
    let (width, height) = sheet.size();
    Pose { center: (width / 2.0, height / 2.0), scale: share * width.min(height) / 28.0, angle: 0.0 }
}

/// Where it fits, a little larger or smaller, and slightly turned.
pub(crate) fn anywhere(sheet: &Sheet, share: f32, stream: &mut Stream) -> Pose {
    let ((width, height), share) = (sheet.size(), share * (0.8 + 0.4 * stream.uniform()));
    let side = share * width.min(height);
    let place = |size: f32, at: f32| side / 2.0 + (size - side) * (0.1 + 0.8 * at);
    let center = (place(width, stream.uniform()), place(height, stream.uniform()));
    Pose { center, scale: side / 28.0, angle: 0.1 * (stream.uniform() - 0.5) }
}

/// Parallel lines over the whole sheet.
fn rules(sheet: &mut Sheet, pitch: f32, width: f32, angle: f32, color: Color) {
    let (columns, rows) = sheet.size();
    let (sin, cos) = angle.sin_cos();
    sheet.cover(color, |x, y| {
        let across = (y - rows / 2.0) * cos - (x - columns / 2.0) * sin;
        let distance = (across / pitch - (across / pitch).round()).abs() * pitch;
        (width / 2.0 + 0.5 - distance).clamp(0.0, 1.0)
    });
}

/// Draws along the middle of a digit's strokes, `width` pixels wide.
pub(crate) fn pen(sheet: &mut Sheet, digit: &[f32], pose: Pose, width: f32, color: Color) {
    let (columns, rows) = sheet.size();
    let mut ink = vec![0f32; (columns * rows) as usize];
    let reach = width / 2.0 + 1.0;
    for (x, y) in thin::skeleton(digit) {
        let (x, y) = (pose.center.0 + (x - 13.5) * pose.scale, pose.center.1 + (y - 13.5) * pose.scale);
        for row in (y - reach).max(0.0) as usize..((y + reach) as usize + 1).min(rows as usize) {
            for column in (x - reach).max(0.0) as usize..((x + reach) as usize + 1).min(columns as usize) {
                let distance = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                let at = row * columns as usize + column;
                ink[at] = ink[at].max((reach - 0.5 - distance).clamp(0.0, 1.0));
            }
        }
    }
    sheet.cover(color, |x, y| ink[y as usize * columns as usize + x as usize]);
}

pub(crate) fn png(sheet: Sheet, _: &mut Stream) -> Vec<u8> {
    let picture = DynamicImage::from(sheet.quantized(255.0));
    encoded(&picture.to_rgb8().into())
}

fn encoded(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("a PNG is written to memory");
    bytes.into_inner()
}

/// A JPEG file with this EXIF orientation.
pub(crate) fn jpeg(sheet: Sheet, quality: u8, turn: Option<u8>, _: &mut Stream) -> Vec<u8> {
    use image::metadata::Orientation::{self, *};
    let mut picture = DynamicImage::from(sheet.quantized(255.0).clone()).to_rgb8().into();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(turn) = turn {
        let stored = match Orientation::from_exif(turn).expect("one of the eight") {
            Rotate90 => Rotate270,
            Rotate270 => Rotate90,
            same => same,
        };
        DynamicImage::apply_orientation(&mut picture, stored);
        encoder.set_exif_metadata(exif(turn)).expect("JPEG holds EXIF");
    }
    picture.write_with_encoder(encoder).expect("a JPEG is written to memory");
    bytes
}

/// A TIFF of one entry, the orientation (tag 0x0112, one short).
fn exif(turn: u8) -> Vec<u8> {
    [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[turn, 0, 0, 0], &[0; 4]].concat()
}
