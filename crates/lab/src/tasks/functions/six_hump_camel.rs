//! Six minima, two of which are the deepest.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(4 − 2.1x² + x⁴/3)x² + xy + (4y² − 4)y²`.
#[derive(Debug)]
pub struct SixHumpCamel;

impl TestFunction for SixHumpCamel {
    const NAME: &'static str = "six-hump-camel";
    const WHY: &'static str = "six minima, two of which are the deepest";
    const FORMULA: &'static str = "(4 − 2.1x² + x⁴/3)x² + xy + (4y² − 4)y²";
    const START: &'static [f32; 2] = &[-2.0, 1.5];
    const DOMAIN: [[f64; 2]; 2] = [[-3.0, 3.0], [-2.0, 2.0]];
    const MINIMA: &'static [[f64; 2]] =
        &[[0.0898420131003, -0.7126564032704], [-0.0898420131003, 0.7126564032704]];
    const MINIMUM: Option<f64> = Some(-1.0316284534898774);
    const SOURCE: &'static str = "Dixon & Szegö 1978";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let (x2, y2) = (x.square(), y.square());
        (4.0 - 2.1 * x2 + x2.square() / 3.0) * x2 + x * y + (4.0 * y2 - 4.0) * y2
    }
}
