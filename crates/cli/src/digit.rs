//! A picture of a digit made into what MNIST's images are.
//!
//! MNIST's were fitted into 20 × 20 pixels without changing their proportions, which made grey
//! levels of black and white, and were put into 28 × 28 with their centre of mass in the middle
//! (<http://yann.lecun.com/exdb/mnist/>). The same is done here, area averaging being the resampling.

/// Rows and columns of the result.
pub(crate) const SIDE: usize = 28;

/// Rows and columns that the digit is fitted into.
const BOX: usize = 20;

/// How much brighter than the ground a pixel must be to count as ink, as a share of the way to
/// the brightest: paper is not even, and JPEG puts haze around strokes.
const INK: f32 = 0.25;

/// How much the grey levels must differ, of 255, for there to be a digit.
const CONTRAST: f32 = 16.0;

/// Whether a picture shows dark ink on light ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invert {
    /// It does if its border is light.
    Auto,
    Yes,
    No,
}

/// A grey picture, row after row; 0 is black.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grey {
    pub(crate) pixels: Vec<u8>,
    pub(crate) columns: usize,
}

/// The picture as 28 × 28 pixels, light on dark; `None` if there is nothing on it.
pub(crate) fn prepare(picture: &Grey, invert: Invert) -> Option<Vec<u8>> {
    let border = median(border(picture)?);
    let inverted = match invert {
        Invert::Auto => border > 127,
        Invert::Yes => true,
        Invert::No => false,
    };
    let flip = |value: u8| f32::from(if inverted { 255 - value } else { value });
    let ground = flip(border);
    let brightest = picture.pixels.iter().map(|&value| flip(value)).fold(0.0, f32::max);
    if brightest - ground < CONTRAST {
        return None;
    }
    let ink = |value: u8| {
        let share = (flip(value) - ground) / (brightest - ground);
        if share < INK { 0.0 } else { share }
    };
    let crop = Crop::around(picture, ink)?;
    let (fitted, columns) = crop.fit();
    Some(centred(&fitted, columns))
}

/// The pixels along the four sides; `None` for a picture without pixels.
fn border(picture: &Grey) -> Option<Vec<u8>> {
    let Grey { pixels, columns } = picture;
    let rows = pixels.len().checked_div(*columns).filter(|&rows| rows > 0)?;
    let ends = [&pixels[..*columns], &pixels[(rows - 1) * columns..]].concat();
    let sides = pixels.chunks_exact(*columns).flat_map(|row| [row[0], row[columns - 1]]);
    Some(ends.into_iter().chain(sides).collect())
}

fn median(mut values: Vec<u8>) -> u8 {
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// The smallest part of a picture that holds all its ink, 0 to 1.
struct Crop {
    ink: Vec<f32>,
    columns: usize,
}

impl Crop {
    fn around(picture: &Grey, ink: impl Fn(u8) -> f32) -> Option<Crop> {
        let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        for (row, pixels) in picture.pixels.chunks_exact(picture.columns).enumerate() {
            for (column, _) in pixels.iter().enumerate().filter(|&(_, &value)| ink(value) > 0.0) {
                (top, bottom) = (top.min(row), row + 1);
                (left, right) = (left.min(column), right.max(column + 1));
            }
        }
        if bottom == 0 {
            return None;
        }
        let rows = picture.pixels.chunks_exact(picture.columns).take(bottom).skip(top);
        let ink = rows.flat_map(|row| row[left..right].iter().map(|&value| ink(value))).collect();
        Some(Crop { ink, columns: right - left })
    }

    /// The crop scaled so that its longer side is [`BOX`], and its columns.
    fn fit(self) -> (Vec<f32>, usize) {
        let Crop { ink, columns } = self;
        let rows = ink.len() / columns;
        let longer = rows.max(columns);
        let scaled = |side: usize| ((side * BOX + longer / 2) / longer).max(1);
        let narrow = resized(&ink, columns, scaled(columns));
        // Columns become rows and back, so that one function serves both directions.
        let turned = transposed(&narrow, scaled(columns));
        let small = resized(&turned, rows, scaled(rows));
        (transposed(&small, scaled(rows)), scaled(columns))
    }
}

/// Each row of `from` values averaged over `to` equal parts.
fn resized(values: &[f32], from: usize, to: usize) -> Vec<f32> {
    let step = from as f64 / to as f64;
    let part = |row: &[f32], i: usize| {
        let (start, end) = (i as f64 * step, (i + 1) as f64 * step);
        let covered = start as usize..(end.ceil() as usize).min(from);
        let share = |j: usize| (end.min(j as f64 + 1.0) - start.max(j as f64)).max(0.0);
        let sum: f64 = covered.map(|j| share(j) * f64::from(row[j])).sum();
        (sum / step) as f32
    };
    values.chunks_exact(from).flat_map(|row| (0..to).map(move |i| part(row, i))).collect()
}

fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}

/// The digit in the square, its centre of mass in the middle as far as it fits, its brightest
/// pixel 255.
fn centred(digit: &[f32], columns: usize) -> Vec<u8> {
    let rows = digit.len() / columns;
    let mass: f32 = digit.iter().sum();
    let centre = |place: fn(usize, usize) -> usize| {
        let moment: f32 = digit.iter().enumerate().map(|(i, &value)| value * place(i, columns) as f32).sum();
        moment / mass
    };
    let start = |centre: f32, size: usize| {
        let start = ((SIDE - 1) as f32 / 2.0 - centre).round();
        start.clamp(0.0, (SIDE - size) as f32) as usize
    };
    let top = start(centre(|i, columns| i / columns), rows);
    let left = start(centre(|i, columns| i % columns), columns);
    let brightest = digit.iter().copied().fold(0.0, f32::max);
    let mut square = vec![0; SIDE * SIDE];
    for (i, value) in digit.iter().enumerate() {
        square[(top + i / columns) * SIDE + left + i % columns] = (255.0 * value / brightest).round() as u8;
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ink inside a rectangle, ground elsewhere.
    fn rectangle(
        (rows, columns): (usize, usize),
        inside: impl Fn(usize, usize) -> bool,
        (ink, ground): (u8, u8),
    ) -> Grey {
        let pixels = (0..rows * columns)
            .map(|i| if inside(i / columns, i % columns) { ink } else { ground })
            .collect();
        Grey { pixels, columns }
    }

    fn stroke(row: usize, column: usize) -> bool {
        (11..91).contains(&row) && (7..23).contains(&column)
    }

    #[test]
    fn a_dark_stroke_on_white_comes_out_light_on_dark_and_in_the_middle() {
        // 80 × 16 becomes 20 × 4: rows 4 to 23, columns 12 to 15.
        let digit = prepare(&rectangle((131, 77), stroke, (20, 255)), Invert::Auto).unwrap();
        for (i, &value) in digit.iter().enumerate() {
            let inside = (4..24).contains(&(i / SIDE)) && (12..16).contains(&(i % SIDE));
            assert_eq!(value, if inside { 255 } else { 0 }, "row {}, column {}", i / SIDE, i % SIDE);
        }
    }

    #[test]
    fn ground_and_contrast_do_not_matter() {
        let expected = prepare(&rectangle((131, 77), stroke, (0, 255)), Invert::Auto);
        for colours in [(255, 0), (120, 200), (90, 40)] {
            assert_eq!(
                prepare(&rectangle((131, 77), stroke, colours), Invert::Auto),
                expected,
                "{colours:?}"
            );
        }
        assert_eq!(prepare(&rectangle((131, 77), stroke, (90, 40)), Invert::No), expected);
        assert_eq!(prepare(&rectangle((131, 77), stroke, (40, 90)), Invert::Yes), expected);
    }

    #[test]
    fn proportions_stay_and_the_centre_of_mass_is_in_the_middle() {
        // An L: its mass lies low and to the left, so its box lies high and to the right.
        let l = |row: usize, column: usize| {
            (5..65).contains(&row) && (5..35).contains(&column) && (column < 11 || row >= 59)
        };
        let digit = prepare(&rectangle((90, 60), l, (0, 255)), Invert::Auto).unwrap();
        let mass: f64 = digit.iter().map(|&value| f64::from(value)).sum();
        let centre = |place: fn(usize) -> usize| {
            digit.iter().enumerate().map(|(i, &value)| f64::from(value) * place(i) as f64).sum::<f64>() / mass
        };
        assert!((centre(|i| i / SIDE) - 13.5).abs() <= 0.5);
        assert!((centre(|i| i % SIDE) - 13.5).abs() <= 0.5);
        let lit = |place: fn(usize) -> usize| {
            let places = digit.iter().enumerate().filter(|&(_, &value)| value > 0).map(|(i, _)| place(i));
            let (low, high) = places.fold((SIDE, 0), |(low, high), i| (low.min(i), high.max(i)));
            high + 1 - low
        };
        assert_eq!((lit(|i| i / SIDE), lit(|i| i % SIDE)), (20, 10));
    }

    #[test]
    fn a_small_picture_is_made_larger_and_averaging_keeps_its_mass() {
        let dots = |row: usize, column: usize| (1..4).contains(&row) && column == 2;
        let digit = prepare(&rectangle((5, 5), dots, (255, 0)), Invert::Auto).unwrap();
        assert_eq!(digit.iter().filter(|&&value| value == 255).count(), 20 * 7);
        let resized = resized(&[1.0, 0.0, 0.5, 0.25, 0.0], 5, 3);
        assert!((resized.iter().sum::<f32>() * 5.0 / 3.0 - 1.75).abs() < 1e-6);
    }

    #[test]
    fn every_shape_of_picture_is_taken() {
        for (size, ink) in [((1, 300), 9), ((300, 1), 150), ((2, 2), 3), ((997, 13), 6_000)] {
            let dot = |row: usize, column: usize| row * size.1 + column == ink;
            let digit = prepare(&rectangle(size, dot, (255, 0)), Invert::No).expect("a dot is ink");
            assert_eq!(digit.iter().filter(|&&value| value == 255).count(), BOX * BOX, "{size:?}");
        }
        assert_eq!(prepare(&rectangle((9, 9), |_, _| false, (0, 255)), Invert::Auto), None);
        assert_eq!(prepare(&rectangle((1, 1), |_, _| true, (255, 0)), Invert::Auto), None);
        assert_eq!(prepare(&Grey { pixels: vec![], columns: 0 }, Invert::Auto), None);
        assert_eq!(prepare(&Grey { pixels: vec![], columns: 3 }, Invert::Auto), None);
    }
}
