//! A bowl with one minimum, poorly scaled.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(x + 2y − 7)² + (2x + y − 5)²`.
#[derive(Debug)]
pub struct Booth;

impl TestFunction for Booth {
    const NAME: &'static str = "booth";
    const WHY: &'static str = "a bowl with one minimum, poorly scaled";
    const FORMULA: &'static str = "(x + 2y − 7)² + (2x + y − 5)²";
    const START: &'static [f32; 2] = &[-5.0, -5.0];
    const DOMAIN: [[f64; 2]; 2] = [[-10.0, 10.0], [-10.0, 10.0]];
    const MINIMA: &'static [[f64; 2]] = &[[1.0, 3.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Jamil & Yang 2013";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        (x + 2.0 * y - 7.0).square() + (2.0 * x + y - 5.0).square()
    }
}
