//! Errors of predicted numbers.

/// Errors of predictions against the numbers that were to be predicted.
///
/// ```
/// use lab::stats::Regression;
/// let errors = Regression::new(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0]);
/// assert_eq!((errors.mean_absolute, errors.r2), (1.0 / 3.0, Some(0.5)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regression {
    /// Mean of the squared errors.
    pub mean_squared: f64,
    /// Square root of that, in the unit of the numbers.
    pub root_mean_squared: f64,
    /// Mean of the absolute errors, in the unit of the numbers.
    pub mean_absolute: f64,
    /// Coefficient of determination: 1 less the squared errors as a fraction of those of the mean. `None` where
    /// all numbers are the same.
    pub r2: Option<f64>,
}

impl Regression {
    /// Errors of predictions of these numbers.
    ///
    /// # Panics
    /// If there are not as many of both, or none.
    #[track_caller]
    pub fn new(predicted: &[f32], actual: &[f32]) -> Regression {
        assert_eq!(predicted.len(), actual.len(), "expected a prediction for each number");
        assert!(!actual.is_empty(), "expected one number or more");
        let count = actual.len() as f64;
        let mean = actual.iter().map(|&y| f64::from(y)).sum::<f64>() / count;
        let errors = || predicted.iter().zip(actual).map(|(&x, &y)| f64::from(x) - f64::from(y));
        let squared: f64 = errors().map(|error| error * error).sum();
        let spread: f64 = actual.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum();
        Regression {
            mean_squared: squared / count,
            root_mean_squared: (squared / count).sqrt(),
            mean_absolute: errors().map(f64::abs).sum::<f64>() / count,
            r2: (spread > 0.0).then(|| 1.0 - squared / spread),
        }
    }
}
