//! Illumination of the paper: a smooth surface through the pixels without ink.

use super::plane::{Plane, median};

/// Coefficients of 1, x, y, x², xy, y² with x and y from −1 to 1.
type Quadratic = [f64; TERMS];
const TERMS: usize = 6;

/// Minimum side in pixels; a surface of a smaller picture would follow the ink.
const SMALLEST: usize = 16;

/// Approximate number of pixels used for the fit.
const SAMPLES: usize = 20_000;

const ITERATIONS: usize = 12;

/// Brightness of each pixel without ink.
pub(super) fn estimate(plane: &Plane) -> Plane {
    if plane.rows() < SMALLEST || plane.columns < SMALLEST {
        let border = median(plane.border());
        return plane.map(|_| border);
    }
    let surface = fit(plane);
    let values = (0..plane.values.len()).map(|at| evaluate(&surface, terms(plane, at)) as f32);
    Plane { values: values.collect(), ..*plane }
}

/// Iteratively reweighted least squares with less weight on outliers (Geman & McClure 1987), which are mainly
/// ink.
fn fit(plane: &Plane) -> Quadratic {
    let step = (plane.values.len() / SAMPLES).max(1);
    let samples: Vec<(Quadratic, f64)> = (0..plane.values.len())
        .step_by(step)
        .map(|at| (terms(plane, at), f64::from(plane.values[at])))
        .collect();
    let mut surface = [0.0; TERMS];
    surface[0] = f64::from(median(plane.values.iter().copied()));
    for _ in 0..ITERATIONS {
        let residuals: Vec<f64> =
            samples.iter().map(|(terms, value)| value - evaluate(&surface, *terms)).collect();
        let spread = median(residuals.iter().map(|r| r.abs() as f32)).max(0.01);
        let weights = residuals.iter().map(|r| (1.0 + (r / (3.0 * f64::from(spread))).powi(2)).powi(-2));
        surface = least_squares(samples.iter().zip(weights));
    }
    surface
}

fn terms(plane: &Plane, at: usize) -> Quadratic {
    let scaled = |place: usize, size: usize| 2.0 * place as f64 / (size - 1) as f64 - 1.0;
    let (x, y) = (scaled(at % plane.columns, plane.columns), scaled(at / plane.columns, plane.rows()));
    [1.0, x, y, x * x, x * y, y * y]
}

fn evaluate(surface: &Quadratic, terms: Quadratic) -> f64 {
    surface.iter().zip(terms).map(|(coefficient, term)| coefficient * term).sum()
}

/// Solves the normal equations by elimination; they are positive definite.
fn least_squares<'a>(samples: impl Iterator<Item = (&'a (Quadratic, f64), f64)>) -> Quadratic {
    let mut rows = [[0.0; TERMS + 1]; TERMS];
    for ((terms, value), weight) in samples {
        for (row, term) in rows.iter_mut().zip(terms) {
            for (cell, other) in row.iter_mut().zip(terms.iter().chain([value])) {
                *cell += weight * term * other;
            }
        }
    }
    for pivot in 0..TERMS {
        let pivot_row = rows[pivot].map(|cell| cell / rows[pivot][pivot]);
        for (i, row) in rows.iter_mut().enumerate() {
            let factor = if i == pivot { 0.0 } else { row[pivot] };
            row.iter_mut().zip(pivot_row).for_each(|(cell, above)| *cell -= factor * above);
        }
        rows[pivot] = pivot_row;
    }
    rows.map(|row| row[TERMS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_ignores_ink() {
        let light = |x: f32, y: f32| 0.8 - 0.3 * x - 0.1 * y * y;
        let at = |i: usize, side: f32| (i as f32 % 60.0 / side, (i / 60) as f32 / side);
        let values = (0..60 * 60).map(|i| {
            let (x, y) = at(i, 60.0);
            let ink = (0.3..0.7).contains(&x) && (0.3..0.8).contains(&y);
            if ink { 0.1 } else { light(x, y) }
        });
        let estimate = estimate(&Plane { values: values.collect(), columns: 60 });
        for (i, value) in estimate.values.iter().enumerate() {
            let (x, y) = at(i, 60.0);
            assert!((value - light(x, y)).abs() < 0.02, "{x}, {y}: {value}, expected {}", light(x, y));
        }
    }
}
