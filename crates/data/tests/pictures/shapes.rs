//! Simple gray shapes, whose images are known to the pixel.

use data::pictures::{Fault, Polarity, SIDE, from_gray};
use tensor::random::Stream;

/// A picture of one shape.
struct Gray {
    pixels: Vec<u8>,
    columns: usize,
}

/// Ink inside a shape, paper elsewhere.
fn shape(
    (rows, columns): (usize, usize),
    inside: impl Fn(usize, usize) -> bool,
    (ink, paper): (u8, u8),
) -> Gray {
    let pixels =
        (0..rows * columns).map(|i| if inside(i / columns, i % columns) { ink } else { paper }).collect();
    Gray { pixels, columns }
}

fn read(gray: &Gray, polarity: Polarity) -> Result<Vec<u8>, Fault> {
    from_gray(&gray.pixels, gray.columns, polarity)
}

fn stroke(row: usize, column: usize) -> bool {
    (11..91).contains(&row) && (7..23).contains(&column)
}

#[test]
fn a_dark_stroke_on_white_is_inverted_and_centered() {
    // 80 × 16 becomes 20 × 4: rows 4 to 23, columns 12 to 15.
    let digit = read(&shape((131, 77), stroke, (20, 255)), Polarity::Auto).unwrap();
    for (i, &value) in digit.iter().enumerate() {
        let inside = (4..24).contains(&(i / SIDE)) && (12..16).contains(&(i % SIDE));
        assert_eq!(value, if inside { 255 } else { 0 }, "row {}, column {}", i / SIDE, i % SIDE);
    }
}

#[test]
fn paper_and_contrast_do_not_matter() {
    let expected = read(&shape((131, 77), stroke, (0, 255)), Polarity::Auto).unwrap();
    for colors in [(255, 0), (120, 200), (90, 40)] {
        assert_eq!(read(&shape((131, 77), stroke, colors), Polarity::Auto).unwrap(), expected, "{colors:?}");
    }
    assert_eq!(read(&shape((131, 77), stroke, (90, 40)), Polarity::LightOnDark).unwrap(), expected);
    assert_eq!(read(&shape((131, 77), stroke, (40, 90)), Polarity::DarkOnLight).unwrap(), expected);
}

#[test]
fn a_box_around_the_digit_is_left_out() {
    let expected = read(&shape((131, 117), stroke, (0, 255)), Polarity::Auto).unwrap();
    for line in [1, 3, 6] {
        let boxed = |row: usize, column: usize| {
            let outer = (2..101).contains(&row) && (1..90).contains(&column);
            let inner = (2 + line..101 - line).contains(&row) && (1 + line..90 - line).contains(&column);
            outer && !inner
        };
        let shifted = |row, column: usize| column >= 30 && stroke(row, column - 30);
        let both = |row, column| boxed(row, column) || shifted(row, column);
        let gray = shape((131, 117), both, (0, 255));
        assert_eq!(read(&gray, Polarity::Auto).unwrap(), expected, "a line of {line} pixels");
    }
}

#[test]
fn the_aspect_ratio_is_kept_and_the_center_of_mass_is_centered() {
    // An L: its mass lies low and to the left, so its box lies high and to the right.
    let l = |row: usize, column: usize| {
        (5..65).contains(&row) && (5..35).contains(&column) && (column < 11 || row >= 59)
    };
    let digit = read(&shape((90, 60), l, (0, 255)), Polarity::Auto).unwrap();
    let mass: f64 = digit.iter().map(|&value| f64::from(value)).sum();
    let center = |place: fn(usize) -> usize| {
        digit.iter().enumerate().map(|(i, &value)| f64::from(value) * place(i) as f64).sum::<f64>() / mass
    };
    assert!((center(|i| i / SIDE) - 13.5).abs() <= 0.5);
    assert!((center(|i| i % SIDE) - 13.5).abs() <= 0.5);
    let lit = |place: fn(usize) -> usize| {
        let places = digit.iter().enumerate().filter(|&(_, &value)| value > 0).map(|(i, _)| place(i));
        let (low, high) = places.fold((SIDE, 0), |(low, high), i| (low.min(i), high.max(i)));
        high + 1 - low
    };
    assert_eq!((lit(|i| i / SIDE), lit(|i| i % SIDE)), (20, 10));
}

#[test]
fn a_small_picture_is_made_larger() {
    let dots = |row: usize, column: usize| (1..4).contains(&row) && column == 2;
    let digit = read(&shape((5, 5), dots, (255, 0)), Polarity::Auto).unwrap();
    assert_eq!(digit.iter().filter(|&&value| value == 255).count(), 20 * 7);
}

#[test]
fn pictures_of_every_size_are_accepted() {
    for (size, ink) in [((1, 300), 9), ((300, 1), 150), ((2, 2), 3), ((997, 13), 6_000)] {
        let dot = |row: usize, column: usize| row * size.1 + column == ink;
        let digit = read(&shape(size, dot, (255, 0)), Polarity::LightOnDark).expect("a dot is ink");
        assert_eq!(digit.iter().filter(|&&value| value == 255).count(), 20 * 20, "{size:?}");
    }
}

#[test]
fn a_blank_picture_has_no_digit() {
    let nothing = [
        shape((9, 9), |_, _| false, (0, 255)),
        shape((1, 1), |_, _| true, (255, 0)),
        shape((300, 400), |_, _| false, (0, 128)),
        // A camera's noise.
        Gray { pixels: noise(220.0, 0.0), columns: 300 },
        Gray { pixels: noise(220.0, 0.5), columns: 300 },
        // Light that falls off, and no ink.
        Gray { pixels: (0..100 * 100).map(|i| (250 - i % 100) as u8).collect(), columns: 100 },
        Gray { pixels: vec![], columns: 0 },
        Gray { pixels: vec![], columns: 3 },
    ];
    for gray in nothing {
        for polarity in [Polarity::Auto, Polarity::DarkOnLight, Polarity::LightOnDark] {
            let read = read(&gray, polarity);
            assert!(matches!(read, Err(Fault::Blank)), "{} columns, {polarity:?}: {read:?}", gray.columns);
        }
    }
}

/// Noisy paper whose light falls off by a fraction from left to right.
fn noise(paper: f32, falloff: f32) -> Vec<u8> {
    let mut stream = Stream::new(1, "noise");
    let light = |i: usize| paper * (1.0 - falloff * (i % 300) as f32 / 300.0);
    (0..300 * 200).map(|i| (light(i) + 5.0 * stream.normal()).round() as u8).collect()
}

#[test]
fn several_digits_are_counted() {
    let bars = |count: usize| {
        move |row: usize, column: usize| {
            (60..160).contains(&row) && column % 60 >= 40 && column % 60 < 52 && column / 60 < count
        }
    };
    assert!(read(&shape((220, 400), bars(1), (0, 255)), Polarity::Auto).is_ok());
    for count in 2..6 {
        let read = read(&shape((220, 400), bars(count), (0, 255)), Polarity::Auto);
        assert!(matches!(read, Err(Fault::Several { digits }) if digits == count), "{count}: {read:?}");
    }
}
