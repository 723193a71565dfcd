//! The same valley at 45° to the axes, where a rate for each coordinate helps no more.

use std::f32::consts::SQRT_2;
use std::f64::consts::FRAC_1_SQRT_2;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `½(u² + 100 v²), u = (x + y)/√2, v = (y − x)/√2`.
#[derive(Debug)]
pub struct QuadraticRotated;

impl TestFunction for QuadraticRotated {
    const NAME: &'static str = "quadratic-rotated";
    const WHY: &'static str =
        "the same valley at 45° to the axes, where a rate for each coordinate helps no more";
    const FORMULA: &'static str = "½(u² + 100 v²), u = (x + y)/√2, v = (y − x)/√2";
    const START: &'static [f32; 2] = &[SQRT_2, 0.0];
    const DOMAIN: [[f64; 2]; 2] = [[-1.5, 1.5], [-1.5, 1.5]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "the standard example of conditioning; κ = 100, turned by 45°";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let (u, v) = ((x + y) * FRAC_1_SQRT_2, (y - x) * FRAC_1_SQRT_2);
        (u.square() + 100.0 * v.square()) * 0.5
    }
}
