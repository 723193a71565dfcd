//! DeepOBS's `quadratic_deep` (Schneider, Balles & Hennig 2019): the loss ½(θ − x)ᵀQ(θ − x) in 100
//! dimensions, averaged over points x around 0. Ninety eigenvalues of Q are small and ten large, as
//! in neural networks.
//!
//! All numbers come from NumPy's `RandomState` in the order in which DeepOBS draws them. DeepOBS
//! evaluates in batches of 128 and drops the rest, so its test loss is that of the first
//! [`EVALUATED`] test points: 353.44677 at θ = 1.
//!
//! ```
//! use data::generated::quadratic_deep::{self, DIMENSIONS, EVALUATED};
//! let hessian = quadratic_deep::hessian();
//! let test = &quadratic_deep::test_points()[..EVALUATED * DIMENSIONS];
//! let loss = quadratic_deep::loss(&hessian, &[1.0; DIMENSIONS], test);
//! assert!((loss - 353.44677).abs() < 1e-5);
//! ```

use crate::generated::numpy_random::RandomState;

/// Number of parameters.
pub const DIMENSIONS: usize = 100;
/// Number of training points, and of test points.
pub const POINTS: usize = 1000;
/// Points that DeepOBS evaluates: 7 batches of 128.
pub const EVALUATED: usize = 896;
/// Standard deviation of the points in each dimension.
pub const NOISE: f64 = 0.6;
/// Value of every parameter at the start.
pub const START: f32 = 1.0;

/// Matrix Q, row-major: symmetric, with trace 477.6123 and largest eigenvalue 53.12902.
pub fn hessian() -> Vec<f64> {
    let mut random = RandomState::new(42);
    let eigenvalues = eigenvalues(&mut random);
    let rotation = rotation(&mut random);
    // Q = RᵀDR
    let n = DIMENSIONS;
    let mut hessian = vec![0.0; n * n];
    for (row, &eigenvalue) in rotation.chunks_exact(n).zip(&eigenvalues) {
        for (into, &x) in hessian.chunks_exact_mut(n).zip(row) {
            into.iter_mut().zip(row).for_each(|(q, &y)| *q += x * (eigenvalue * y));
        }
    }
    hessian
}

/// Training points, `POINTS × DIMENSIONS`.
pub fn train_points() -> Vec<f32> {
    points(42)
}

/// Test points, `POINTS × DIMENSIONS`.
pub fn test_points() -> Vec<f32> {
    points(43)
}

/// Mean loss of the parameters over points.
///
/// # Panics
/// If the dimensions of the points or of the matrix differ from the number of parameters.
#[track_caller]
pub fn loss(hessian: &[f64], parameters: &[f64], points: &[f32]) -> f64 {
    let n = parameters.len();
    assert_eq!(hessian.len(), n * n, "expected a matrix of {n} × {n}");
    assert!(points.len().is_multiple_of(n), "expected points of {n} dimensions");
    let mut difference = vec![0.0; n];
    let mut total = 0.0;
    for point in points.chunks_exact(n) {
        for ((d, &parameter), &x) in difference.iter_mut().zip(parameters).zip(point) {
            *d = parameter - f64::from(x);
        }
        let products = hessian.chunks_exact(n).zip(&difference).map(|(row, &d)| d * dot(row, &difference));
        total += 0.5 * products.sum::<f64>();
    }
    total / (points.len() / n) as f64
}

/// Eigenvalues: ninety in [0, 1) and ten in [30, 60).
fn eigenvalues(random: &mut RandomState) -> Vec<f64> {
    let small = (0..90).map(|_| (0.0, 1.0));
    let large = (0..10).map(|_| (30.0, 60.0));
    small.chain(large).map(|(low, high)| random.uniform_between(low, high)).collect()
}

/// Random rotation from the Haar measure by the subgroup algorithm (Diaconis & Shahshahani 1987): from one
/// dimension to the next, a reflection that takes the first axis to a random direction.
fn rotation(random: &mut RandomState) -> Vec<f64> {
    let angle = std::f64::consts::TAU * random.uniform();
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let mut rotation = vec![cos, sin, -sin, cos];
    for d in 2..DIMENSIONS {
        let n = d + 1;
        let v: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let v = normalized(v);
        let axis = (0..n).map(|i| if i == 0 { 1.0 } else { 0.0 });
        let x = normalized(axis.zip(&v).map(|(e, v)| e - v).collect());
        // The rotation so far, with the new axis first.
        let mut larger = vec![0.0; n * n];
        larger[0] = 1.0;
        for (into, row) in larger.chunks_exact_mut(n).skip(1).zip(rotation.chunks_exact(d)) {
            into[1..].copy_from_slice(row);
        }
        // R − 2x(xᵀR)
        let mut along = vec![0.0; n];
        for (row, x) in larger.chunks_exact(n).zip(&x) {
            along.iter_mut().zip(row).for_each(|(sum, r)| *sum += x * r);
        }
        for (row, x) in larger.chunks_exact_mut(n).zip(&x) {
            row.iter_mut().zip(&along).for_each(|(r, along)| *r -= 2.0 * (x * along));
        }
        rotation = larger;
    }
    rotation.iter_mut().for_each(|r| *r = -*r);
    rotation
}

fn points(seed: u32) -> Vec<f32> {
    let mut random = RandomState::new(seed);
    (0..POINTS * DIMENSIONS).map(|_| (NOISE * random.normal()) as f32).collect()
}

fn normalized(v: Vec<f64>) -> Vec<f64> {
    let norm = dot(&v, &v).sqrt();
    v.into_iter().map(|v| v / norm).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
