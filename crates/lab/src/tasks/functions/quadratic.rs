//! A valley a hundred times as steep across as along.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `½(x² + 100 y²)`.
#[derive(Debug)]
pub struct Quadratic;

impl TestFunction for Quadratic {
    const NAME: &'static str = "quadratic";
    const WHY: &'static str = "a valley a hundred times as steep across as along";
    const FORMULA: &'static str = "½(x² + 100 y²)";
    const START: &'static [f32; 2] = &[1.0, 1.0];
    const DOMAIN: [[f64; 2]; 2] = [[-1.5, 1.5], [-1.5, 1.5]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "the standard example of conditioning; κ = 100";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        (x.square() + 100.0 * y.square()) * 0.5
    }
}
