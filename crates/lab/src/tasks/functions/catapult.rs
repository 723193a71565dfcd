//! A curve of minima that are the flatter the nearer they are to the origin.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `½(xy − 1)²`.
#[derive(Debug)]
pub struct Catapult;

impl TestFunction for Catapult {
    const NAME: &'static str = "catapult";
    const WHY: &'static str = "a curve of minima that are the flatter the nearer they are to the origin";
    const FORMULA: &'static str = "½(xy − 1)²";
    const START: &'static [f32; 2] = &[10.0, 0.2];
    const DOMAIN: [[f64; 2]; 2] = [[-1.0, 11.0], [-2.0, 4.0]];
    const MINIMA: &'static [[f64; 2]] = &[[1.0, 1.0], [-1.0, -1.0], [5.0, 0.2], [10.0, 0.1]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Lewkowycz 2020; the sharpness on xy = 1 is x² + y²";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        (x * y - 1.0).square() * 0.5
    }
}
