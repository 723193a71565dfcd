//! Friedman's first regression problem (Friedman 1991, *Multivariate adaptive regression splines*;
//! Breiman 1996): y = 10 sin(πx₁x₂) + 20(x₃ − ½)² + 10x₄ + 5x₅ + noise, with x uniform in [0, 1).
//! Further features are irrelevant.

use crate::generated::numpy_random::RandomState;
use crate::samples::{Inputs, Samples, Targets};

/// Features that the target depends on.
const USED: usize = 5;

/// Settings of the generator. For every seed the same numbers as scikit-learn's
/// `make_friedman1(n_samples, n_features, noise=noise, random_state=seed)`, to the last bits.
///
/// ```
/// use data::generated::friedman::Friedman1;
/// let table = Friedman1 { rows: 500, ..Friedman1::default() }.samples();
/// assert_eq!((table.len(), table.inputs.shape()), (500, &[10][..]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Friedman1 {
    /// Number of examples.
    pub rows: usize,
    /// Number of features, 5 or more.
    pub features: usize,
    /// Standard deviation of the noise of the target; the smallest mean squared error is its square.
    pub noise: f64,
    /// Seed of NumPy's generator.
    pub seed: u32,
}

impl Default for Friedman1 {
    fn default() -> Friedman1 {
        Friedman1 { rows: 1000, features: 10, noise: 1.0, seed: 42 }
    }
}

impl Friedman1 {
    /// Generates the table: inputs of shape `[features]` and one number as target.
    ///
    /// # Panics
    /// If there are fewer than 5 features.
    #[track_caller]
    pub fn samples(&self) -> Samples {
        let &Friedman1 { rows, features, noise, seed } = self;
        assert!(features >= USED, "expected {USED} features or more, found {features}");
        let mut random = RandomState::new(seed);
        let x: Vec<f64> = (0..rows * features).map(|_| random.uniform()).collect();
        let target = |x: &[f64]| {
            10.0 * libm::sin(std::f64::consts::PI * x[0] * x[1])
                + 20.0 * (x[2] - 0.5).powi(2)
                + 10.0 * x[3]
                + 5.0 * x[4]
        };
        let y = x.chunks_exact(features).map(|x| (target(x) + noise * random.normal()) as f32).collect();
        Samples {
            inputs: Inputs::Numbers {
                shape: vec![features],
                values: x.into_iter().map(|x| x as f32).collect(),
            },
            targets: Targets::Numbers { width: 1, values: y },
        }
    }
}
