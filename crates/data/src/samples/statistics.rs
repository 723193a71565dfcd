//! Mean and standard deviation of inputs, and standardization.

use super::Inputs;

/// Group of values that share a mean and a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// All values of all examples.
    Dataset,
    /// Values with one index of the last dimension: a column of a table, a channel of images.
    Feature,
}

/// Standardization `(x − mean)/std`, with one mean and standard deviation for all values or one per feature.
///
/// A constant feature has `std` 1 here, so that it becomes 0 rather than NaN (as in scikit-learn's
/// `StandardScaler`).
///
/// ```
/// use data::samples::{Inputs, Per, Standardization};
/// let mut inputs = Inputs::Numbers { shape: vec![2], values: vec![1.0, 7.0, 3.0, 7.0] };
/// let standardization = Standardization::of(&inputs, Per::Feature);
/// assert_eq!((&standardization.mean[..], &standardization.std[..]), (&[2.0, 7.0][..], &[1.0, 1.0][..]));
/// standardization.apply(&mut inputs);
/// assert_eq!(inputs, Inputs::Numbers { shape: vec![2], values: vec![-1.0, 0.0, 1.0, 0.0] });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardization {
    /// Mean of each feature, or one for all.
    pub mean: Vec<f64>,
    /// Standard deviation (of the population: divided by the count) of each feature, or one for all.
    pub std: Vec<f64>,
}

impl Standardization {
    /// Computes the statistics of inputs; bytes are scaled to 0 to 1, tokens are their indices.
    pub fn of(inputs: &Inputs, per: Per) -> Standardization {
        let features = match per {
            Per::Dataset => 1,
            Per::Feature => inputs.shape().last().copied().unwrap_or(1).max(1),
        };
        let moments = match inputs {
            Inputs::Bytes { values, .. } => of_bytes(values, features),
            Inputs::Numbers { values, .. } => of_numbers(values, features),
            Inputs::Tokens { values, .. } => {
                of_numbers(&values.iter().map(|&token| token as f32).collect::<Vec<_>>(), features)
            }
        };
        let std = |variance: f64| if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let (mean, std) = moments.into_iter().map(|(mean, variance)| (mean, std(variance))).unzip();
        Standardization { mean, std }
    }

    /// Mean 0 and standard deviation 1, which change nothing.
    pub fn identity() -> Standardization {
        Standardization { mean: vec![0.0], std: vec![1.0] }
    }

    /// True if it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.mean.iter().all(|&mean| mean == 0.0) && self.std.iter().all(|&std| std == 1.0)
    }

    /// Replaces numbers by `(x − mean)/std`. Bytes, whose values are given by a quantization, and tokens are
    /// unchanged.
    ///
    /// # Panics
    /// If the last dimension of the inputs differs from the number of means, unless that is 1.
    #[track_caller]
    pub fn apply(&self, inputs: &mut Inputs) {
        let features = self.mean.len();
        let Inputs::Numbers { shape, values } = inputs else { return };
        let width = shape.last().copied().unwrap_or(1);
        assert!(features == 1 || features == width, "expected {features} features, found shape {shape:?}");
        for row in values.chunks_exact_mut(features) {
            for ((x, &mean), &std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *x = ((f64::from(*x) - mean) / std) as f32;
            }
        }
    }
}

/// Mean and variance from exact integer sums.
fn of_bytes(values: &[u8], features: usize) -> Vec<(f64, f64)> {
    let mut sums = vec![(0_u64, 0_u64); features];
    for row in values.chunks_exact(features) {
        for (&value, (sum, squares)) in row.iter().zip(&mut sums) {
            *sum += u64::from(value);
            *squares += u64::from(value).pow(2);
        }
    }
    let n = (values.len() / features).max(1) as u128;
    let moments = |(sum, squares): (u64, u64)| {
        let (sum, squares) = (u128::from(sum), u128::from(squares));
        let variance = (n * squares - sum * sum) as f64 / (n * n) as f64;
        (sum as f64 / n as f64 / 255.0, variance / (255.0 * 255.0))
    };
    sums.into_iter().map(moments).collect()
}

/// Mean and variance in two `f64` passes, the second around the mean, for accuracy far from 0.
fn of_numbers(values: &[f32], features: usize) -> Vec<(f64, f64)> {
    let n = (values.len() / features).max(1) as f64;
    let mut moments = vec![(0.0, 0.0); features];
    for row in values.chunks_exact(features) {
        row.iter().zip(&mut moments).for_each(|(&x, (mean, _))| *mean += f64::from(x));
    }
    moments.iter_mut().for_each(|(mean, _)| *mean /= n);
    for row in values.chunks_exact(features) {
        for (&x, (mean, variance)) in row.iter().zip(&mut moments) {
            *variance += (f64::from(x) - *mean).powi(2);
        }
    }
    moments.into_iter().map(|(mean, variance)| (mean, variance / n)).collect()
}
