//! A saddle entered almost along its ridge.

use std::f64::consts::SQRT_2;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `x² − y² + y⁴/4`.
#[derive(Debug)]
pub struct Saddle;

impl TestFunction for Saddle {
    const NAME: &'static str = "saddle";
    const WHY: &'static str = "a saddle entered almost along its ridge";
    const FORMULA: &'static str = "x² − y² + y⁴/4";
    const START: &'static [f32; 2] = &[1.0, 0.001];
    const DOMAIN: [[f64; 2]; 2] = [[-2.0, 2.0], [-2.0, 2.0]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, SQRT_2], [0.0, -SQRT_2]];
    const MINIMUM: Option<f64> = Some(-1.0);
    const SOURCE: &'static str = "Dauphin 2014 on saddles; bounded by its quartic";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        x.square() - y.square() + y.square().square() * 0.25
    }
}
