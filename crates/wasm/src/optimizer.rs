//! A rule at work on weights.

use crate::rules::{Rule, Settings, Step};

/// A rule with its settings, its state and the number of steps made.
#[derive(Debug, Clone)]
pub struct Optimizer {
    rule: &'static Rule,
    settings: Settings,
    max_norm: f64,
    state: Vec<f32>,
    scalar: f64,
    steps: u64,
}

impl Optimizer {
    /// A rule before its first step on this number of weights; gradients of a larger ℓ² norm are scaled down to
    /// `max_norm`, which is infinite for none.
    pub fn new(rule: &'static Rule, settings: Settings, max_norm: f64, weights: usize) -> Optimizer {
        let mut state = vec![0.0; weights * rule.arrays(&settings).len()];
        if let Some(last) = state.len().checked_sub(weights) {
            // The only array that starts elsewhere is the last of its rule.
            state[last..].fill(rule.start(&settings));
        }
        Optimizer { rule, settings, max_norm, state, scalar: 1.0, steps: 0 }
    }

    /// Sets the learning rate of the next steps.
    pub fn set_rate(&mut self, lr: f64) {
        self.settings[0] = lr;
    }

    /// State arrays, one after the other, each with a number for every weight.
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// One step.
    ///
    /// # Panics
    /// If the number of weights or gradients is not that of the state.
    pub fn step(&mut self, weights: &mut [f32], gradients: &[f32]) {
        let Optimizer { rule, settings, max_norm, state, scalar, steps } = self;
        *steps += 1;
        let scale = if max_norm.is_finite() { norm_factor(gradients, *max_norm) as f32 } else { 1.0 };
        (rule.update)(settings, *steps, Step { weights, gradients, scale, state, scalar });
    }
}

/// The factor that brings a norm down to `max_norm`: min(1, max_norm/(norm + 1e-6)).
fn norm_factor(gradients: &[f32], max_norm: f64) -> f64 {
    let norm = sum_of_squares(gradients).sqrt();
    // NaN if a gradient is.
    if norm + 1e-6 <= max_norm { 1.0 } else { max_norm / (norm + 1e-6) }
}

/// Σ gᵢ² in double precision, in the order of `tensor::math::sum_of_squares`.
fn sum_of_squares(values: &[f32]) -> f64 {
    const CHUNK: usize = 1 << 14;
    const LANES: usize = 16;
    let of_chunk = |chunk: &[f32]| {
        let mut lanes = [0.0_f64; LANES];
        for block in chunk.chunks(LANES) {
            for (lane, &x) in lanes.iter_mut().zip(block) {
                *lane += f64::from(x) * f64::from(x);
            }
        }
        lanes.iter().sum::<f64>()
    };
    values.chunks(CHUNK).map(of_chunk).sum()
}
