//! Metrics of a task's result.

use data::samples::Targets;
use nn::metrics;
use serde::{Deserialize, Serialize};

use crate::examples::Batch;

/// Metric by which recipes are compared on a task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Fraction of labels with the maximum score, 0 to 1.
    Accuracy,
    /// The loss itself.
    Loss,
    /// Square root of the mean squared error of numbers, in the targets' units.
    Rmse,
    /// Loss minus its minimum.
    Gap {
        /// Minimum of the loss.
        optimum: f64,
    },
}

/// Direction of improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Maximize,
    /// Less is better.
    Minimize,
}

impl Direction {
    /// True if `a` is better than `b`.
    pub fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            Direction::Maximize => a > b,
            Direction::Minimize => a < b,
        }
    }

    /// True if `value` is as good as `target` or better.
    pub fn reaches(self, value: f64, target: f64) -> bool {
        value == target || self.is_better(value, target)
    }

    /// The gain of `a` over `b`: positive where `a` is better.
    pub fn gain(self, a: f64, b: f64) -> f64 {
        match self {
            Direction::Maximize => a - b,
            Direction::Minimize => b - a,
        }
    }

    /// The score as a number of which more is better; −∞ for a diverged run, whose score is not finite.
    ///
    /// ```
    /// use train::Direction::{Maximize, Minimize};
    /// assert_eq!((Minimize.merit(0.5), Minimize.merit(f64::INFINITY)), (-0.5, f64::NEG_INFINITY));
    /// assert_eq!(Maximize.merit(f64::NAN), f64::NEG_INFINITY);
    /// ```
    pub fn merit(self, score: f64) -> f64 {
        match self {
            _ if !score.is_finite() => f64::NEG_INFINITY,
            Direction::Minimize => -score,
            Direction::Maximize => score,
        }
    }

    /// The score of this merit.
    pub fn score(self, merit: f64) -> f64 {
        match self {
            Direction::Minimize => -merit,
            Direction::Maximize => merit,
        }
    }
}

impl Metric {
    /// Name in records, curves and tables: `accuracy`.
    pub fn name(&self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::Loss => "loss",
            Metric::Rmse => "RMSE",
            Metric::Gap { .. } => "gap",
        }
    }

    /// Direction of improvement.
    pub fn direction(&self) -> Direction {
        match self {
            Metric::Accuracy => Direction::Maximize,
            Metric::Loss | Metric::Rmse | Metric::Gap { .. } => Direction::Minimize,
        }
    }

    /// True for a fraction, shown in percent with differences in percentage points.
    pub fn is_fraction(&self) -> bool {
        matches!(self, Metric::Accuracy)
    }

    /// Correct labels among those of a batch, for class probabilities [labels, classes].
    pub(crate) fn correct<T: PartialOrd>(probabilities: &[T], classes: usize, batch: &Batch) -> (u64, u64) {
        let labels = match &batch.targets {
            Targets::Classes { labels, .. } => labels.as_slice(),
            Targets::Tokens { values, .. } => values.as_slice(),
            Targets::Numbers { .. } | Targets::None => &[],
        };
        let predictions = metrics::predictions(probabilities, classes);
        let correct = predictions.iter().zip(labels).filter(|(p, y)| p == y).count();
        (correct as u64, labels.len() as u64)
    }

    /// Sum of the squared errors of answers, and their number.
    pub(crate) fn squared_errors(answers: &[f64], batch: &Batch) -> (f64, u64) {
        let Targets::Numbers { values, .. } = &batch.targets else { return (f64::NAN, 0) };
        let errors = answers.iter().zip(values).map(|(answer, &y)| answer - f64::from(y));
        (errors.map(|error| error * error).sum(), values.len() as u64)
    }
}
