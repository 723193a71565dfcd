//! A plate that is almost flat along its diagonal.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `0.26(x² + y²) − 0.48xy`.
#[derive(Debug)]
pub struct Matyas;

impl TestFunction for Matyas {
    const NAME: &'static str = "matyas";
    const WHY: &'static str = "a plate that is almost flat along its diagonal";
    const FORMULA: &'static str = "0.26(x² + y²) − 0.48xy";
    const START: &'static [f32; 2] = &[-8.0, 6.0];
    const DOMAIN: [[f64; 2]; 2] = [[-10.0, 10.0], [-10.0, 10.0]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Jamil & Yang 2013";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        0.26 * (x.square() + y.square()) - 0.48 * x * y
    }
}
