//! Flat ground with steep walls at its corners.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²`.
#[derive(Debug)]
pub struct Beale;

impl TestFunction for Beale {
    const NAME: &'static str = "beale";
    const WHY: &'static str = "flat ground with steep walls at its corners";
    const FORMULA: &'static str = "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²";
    const START: &'static [f32; 2] = &[1.0, 1.0];
    const DOMAIN: [[f64; 2]; 2] = [[-4.5, 4.5], [-4.5, 4.5]];
    const MINIMA: &'static [[f64; 2]] = &[[3.0, 0.5]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Beale 1958";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let term = |c: f64, power: Var<'t, T>| (c - x + x * power).square();
        term(1.5, y) + term(2.25, y.square()) + term(2.625, y.square() * y)
    }
}
