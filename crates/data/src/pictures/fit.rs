//! MNIST's preprocessing: a digit is scaled into 20 × 20 pixels with its aspect ratio kept, then placed in
//! 28 × 28 with its center of mass in the middle (<http://yann.lecun.com/exdb/mnist/>).

use super::SIDE;
use super::plane::Plane;

/// Rows and columns that the digit is scaled to.
pub(super) const BOX: usize = 20;

/// Fits a cropped digit into `SIDE` × `SIDE` pixels of which the brightest are 255.
pub(super) fn fit(digit: &Plane) -> Vec<u8> {
    let longer = digit.longer_side();
    let scaled = |side: usize| ((side * BOX + longer / 2) / longer).max(1);
    let narrow = resized(digit, scaled(digit.columns));
    // Transposed twice, so that one function serves both directions.
    let small = resized(&narrow.transposed(), scaled(digit.rows())).transposed();
    centered(&small)
}

/// Each row averaged over `columns` equal parts.
fn resized(plane: &Plane, columns: usize) -> Plane {
    let step = plane.columns as f64 / columns as f64;
    let part = |row: &[f32], i: usize| {
        let (start, end) = (i as f64 * step, (i + 1) as f64 * step);
        let covered = start as usize..(end.ceil() as usize).min(plane.columns);
        let share = |j: usize| (end.min(j as f64 + 1.0) - start.max(j as f64)).max(0.0);
        let sum: f64 = covered.map(|j| share(j) * f64::from(row[j])).sum();
        (sum / step) as f32
    };
    let values = plane.iter_rows().flat_map(|row| (0..columns).map(move |i| part(row, i)));
    Plane { values: values.collect(), columns }
}

/// Places the digit in the square with its center of mass as near to the middle as it fits.
fn centered(digit: &Plane) -> Vec<u8> {
    let Plane { values, columns } = digit;
    let mass: f32 = values.iter().sum();
    let center = |place: fn(usize, usize) -> usize| {
        let moment: f32 = values.iter().enumerate().map(|(i, &x)| x * place(i, *columns) as f32).sum();
        moment / mass
    };
    let start = |center: f32, size: usize| {
        let start = ((SIDE - 1) as f32 / 2.0 - center).round();
        start.clamp(0.0, (SIDE - size) as f32) as usize
    };
    let top = start(center(|i, columns| i / columns), digit.rows());
    let left = start(center(|i, columns| i % columns), *columns);
    let brightest = values.iter().copied().fold(0.0, f32::max);
    let mut square = vec![0; SIDE * SIDE];
    for (i, value) in values.iter().enumerate() {
        square[(top + i / columns) * SIDE + left + i % columns] = (255.0 * value / brightest).round() as u8;
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averaging_keeps_the_mass() {
        let resized = resized(&Plane { values: vec![1.0, 0.0, 0.5, 0.25, 0.0], columns: 5 }, 3);
        assert!((resized.values.iter().sum::<f32>() * 5.0 / 3.0 - 1.75).abs() < 1e-6);
    }
}
