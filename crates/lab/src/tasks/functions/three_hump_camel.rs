//! Three minima, of which the middle one is the deepest.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `2x² − 1.05x⁴ + x⁶/6 + xy + y²`.
#[derive(Debug)]
pub struct ThreeHumpCamel;

impl TestFunction for ThreeHumpCamel {
    const NAME: &'static str = "three-hump-camel";
    const WHY: &'static str = "three minima, of which the middle one is the deepest";
    const FORMULA: &'static str = "2x² − 1.05x⁴ + x⁶/6 + xy + y²";
    const START: &'static [f32; 2] = &[-4.0, 4.0];
    const DOMAIN: [[f64; 2]; 2] = [[-5.0, 5.0], [-5.0, 5.0]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Jamil & Yang 2013";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let x2 = x.square();
        2.0 * x2 - 1.05 * x2.square() + x2.square() * x2 / 6.0 + x * y + y.square()
    }
}
