//! One deep minimum among four.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `½(x⁴ − 16x² + 5x + y⁴ − 16y² + 5y)`.
#[derive(Debug)]
pub struct StyblinskiTang;

impl TestFunction for StyblinskiTang {
    const NAME: &'static str = "styblinski-tang";
    const WHY: &'static str = "one deep minimum among four";
    const FORMULA: &'static str = "½(x⁴ − 16x² + 5x + y⁴ − 16y² + 5y)";
    const START: &'static [f32; 2] = &[0.0, 0.0];
    const DOMAIN: [[f64; 2]; 2] = [[-5.0, 5.0], [-5.0, 5.0]];
    const MINIMA: &'static [[f64; 2]] = &[[-2.903534027771177, -2.903534027771177]];
    const MINIMUM: Option<f64> = Some(-78.33233140754282);
    const SOURCE: &'static str = "Styblinski & Tang 1990";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let term = |x: Var<'t, T>| x.square().square() - 16.0 * x.square() + 5.0 * x;
        (term(x) + term(y)) * 0.5
    }
}
