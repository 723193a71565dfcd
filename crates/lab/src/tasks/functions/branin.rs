//! Three minima of equal depth.

use std::f64::consts::PI;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(y − 5.1x²/4π² + 5x/π − 6)² + 10(1 − 1/8π)cos x + 10`.
#[derive(Debug)]
pub struct Branin;

impl TestFunction for Branin {
    const NAME: &'static str = "branin";
    const WHY: &'static str = "three minima of equal depth";
    const FORMULA: &'static str = "(y − 5.1x²/4π² + 5x/π − 6)² + 10(1 − 1/8π)cos x + 10";
    const START: &'static [f32; 2] = &[0.0, 12.0];
    const DOMAIN: [[f64; 2]; 2] = [[-5.0, 10.0], [0.0, 15.0]];
    const MINIMA: &'static [[f64; 2]] = &[[PI, 2.275], [-PI, 12.275], [3.0 * PI, 2.475]];
    const MINIMUM: Option<f64> = Some(0.39788735772973816);
    const SOURCE: &'static str = "Branin 1972";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let valley = y - x.square() * (5.1 / (4.0 * PI * PI)) + x * (5.0 / PI) - 6.0;
        valley.square() + x.cos() * (10.0 * (1.0 - 1.0 / (8.0 * PI))) + 10.0
    }
}
