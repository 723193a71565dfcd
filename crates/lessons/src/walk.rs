//! Optimizers on functions of a few numbers.

use optim::{Optimizer, OptimizerSpec};

use crate::measured::number_text;

/// A point that an optimizer moves.
#[derive(Debug)]
pub(crate) struct Walk {
    optimizer: Optimizer,
    /// The point.
    pub(crate) at: Vec<f32>,
    gradient: Vec<f32>,
}

/// A function that writes its gradient at a point.
pub(crate) type Gradient<'f> = dyn FnMut(&[f32], &mut [f32]) + 'f;

impl Walk {
    /// A recipe's optimizer at a start, for schedules over `total` steps.
    ///
    /// # Errors
    /// If the recipe cannot be read or used.
    pub(crate) fn new(recipe: &str, start: &[f32], total: u64) -> Result<Walk, lab::Error> {
        let spec: OptimizerSpec = recipe.parse()?;
        let optimizer = Optimizer::of_slice(spec, start.len())?.with_total_steps(total);
        Ok(Walk { optimizer, at: start.to_vec(), gradient: vec![0.0; start.len()] })
    }

    /// One step with the gradient at the point.
    pub(crate) fn step(&mut self, gradient: &mut Gradient<'_>) {
        gradient(&self.at, &mut self.gradient);
        self.optimizer.step(&mut self.at, &self.gradient);
    }

    /// Steps until `done` says so; `None` if that takes more than `most`, or the point is no longer finite.
    pub(crate) fn until(
        &mut self,
        most: u64,
        gradient: &mut Gradient<'_>,
        done: impl Fn(&[f32]) -> bool,
    ) -> Option<u64> {
        for step in 0..=most {
            if done(&self.at) {
                return Some(step);
            }
            if self.at.iter().any(|x| !x.is_finite()) {
                return None;
            }
            self.step(gradient);
        }
        None
    }

    /// The point at which a network would be evaluated: an average, of a method that keeps one.
    pub(crate) fn eval_weights(&self) -> Vec<f32> {
        self.optimizer.evaluation_weights(&self.at).into_owned()
    }
}

/// Steps, or infinity for never.
pub(crate) fn count(steps: Option<u64>) -> f64 {
    steps.map_or(f64::INFINITY, |steps| steps as f64)
}

/// The gradient of ½Σλᵢxᵢ².
pub(crate) fn quadratic(curvatures: &[f64]) -> impl FnMut(&[f32], &mut [f32]) + '_ {
    move |x, gradient| {
        for ((g, &x), &curvature) in gradient.iter_mut().zip(x).zip(curvatures) {
            *g = (curvature * f64::from(x)) as f32;
        }
    }
}

/// Text of a number of steps: `never` for infinity.
pub(crate) fn steps_text(steps: f64) -> String {
    if steps.is_finite() { number_text(steps) } else { "never".to_string() }
}
