//! Paths of optimizers on a test function, as `lessons::race` computes them.

use crate::Optimizer;
use crate::functions::Function;
use crate::rules::{Rule, Settings};

/// An optimizer in a race.
#[derive(Debug, Clone, Copy)]
pub struct Entrant<'a> {
    /// Its rule.
    pub rule: &'static Rule,
    /// The rule's settings.
    pub settings: Settings,
    /// Maximum ℓ² norm of a gradient; infinite for none.
    pub max_norm: f64,
    /// Factor of the learning rate at each step; empty for a constant rate.
    pub factors: &'a [f64],
}

/// Conditions that the paths of a race share.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The function.
    pub function: &'static Function,
    /// The start.
    pub start: [f32; 2],
    /// Steps of a path.
    pub steps: usize,
    /// Standard deviation of the noise in each number of a gradient.
    pub noise: f64,
    /// Standard normal numbers, two a step and two for the last point; empty without noise.
    pub normals: &'a [f32],
}

/// A point of a path and the step from it.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The point.
    pub at: [f64; 2],
    /// Value of the function.
    pub value: f64,
    /// Gradient with its noise.
    pub gradient: [f64; 2],
    /// Difference to the next point; zero at the last.
    pub update: [f64; 2],
}

/// Runs an optimizer and tells each point with the state after its step; ends early where a number is not finite.
pub fn path(setup: &Setup<'_>, entrant: &Entrant<'_>, mut tell: impl FnMut(Point, &[f32])) {
    let Entrant { rule, settings, max_norm, factors } = *entrant;
    let mut optimizer = Optimizer::new(rule, settings, max_norm, 2);
    let mut at = setup.start;
    for step in 0..=setup.steps {
        let point = at.map(f64::from);
        let (value, mut gradient) = setup.function.at(point);
        if !(value.is_finite() && gradient.iter().all(|g| g.is_finite())) {
            return;
        }
        for (axis, g) in gradient.iter_mut().enumerate() {
            let normal = setup.normals.get(2 * step + axis).copied().unwrap_or(0.0);
            *g += setup.noise * f64::from(normal);
        }
        if step < setup.steps {
            if let Some(factor) = factors.get(step) {
                optimizer.set_rate(settings[0] * factor);
            }
            optimizer.step(&mut at, &gradient.map(|g| g as f32));
        }
        let update = [f64::from(at[0]) - point[0], f64::from(at[1]) - point[1]];
        tell(Point { at: point, value, gradient, update }, optimizer.state());
    }
}

/// Place of the rate whose path ends lowest; the first of equal ones.
pub fn best_rate(setup: &Setup<'_>, entrant: &Entrant<'_>, rates: &[f64]) -> usize {
    let end = |lr: f64| {
        let mut tuned = *entrant;
        tuned.settings[0] = lr;
        let (mut points, mut last) = (0, f64::INFINITY);
        path(setup, &tuned, |point, _| {
            points += 1;
            last = point.value;
        });
        if points == setup.steps + 1 { last } else { f64::INFINITY }
    };
    let mut best = (0, f64::INFINITY);
    for (place, &lr) in rates.iter().enumerate() {
        let value = end(lr);
        if value < best.1 {
            best = (place, value);
        }
    }
    best.0
}

/// Largest absolute eigenvalue of the matrix of second derivatives, by central differences.
pub fn largest_curvature(function: &Function, [x, y]: [f64; 2]) -> f64 {
    let h = 1e-4;
    let difference = |dx: f64, dy: f64| {
        let [after, before] = [1.0, -1.0].map(|sign| function.at([x + sign * dx, y + sign * dy]).1);
        [(after[0] - before[0]) / (2.0 * h), (after[1] - before[1]) / (2.0 * h)]
    };
    let ([a, b], [c, d]) = (difference(h, 0.0), difference(0.0, h));
    let (mean, off) = ((a + d) / 2.0, (b + c) / 2.0);
    let spread = ((a - d) / 2.0).hypot(off);
    (mean.abs() + spread).max(1e-3)
}
