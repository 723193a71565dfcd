//! A plateau with one hole: gradients vanish almost everywhere.

use std::f64::consts::PI;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `−cos x cos y e^{−((x−π)² + (y−π)²)}`.
#[derive(Debug)]
pub struct Easom;

impl TestFunction for Easom {
    const NAME: &'static str = "easom";
    const WHY: &'static str = "a plateau with one hole: gradients vanish almost everywhere";
    const FORMULA: &'static str = "−cos x cos y e^{−((x−π)² + (y−π)²)}";
    const START: &'static [f32; 2] = &[1.0, 1.0];
    const DOMAIN: [[f64; 2]; 2] = [[-10.0, 10.0], [-10.0, 10.0]];
    const MINIMA: &'static [[f64; 2]] = &[[PI, PI]];
    const MINIMUM: Option<f64> = Some(-1.0);
    const SOURCE: &'static str = "Easom 1990";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let distance = (x - PI).square() + (y - PI).square();
        -(x.cos() * y.cos() * (-distance).exp())
    }
}
