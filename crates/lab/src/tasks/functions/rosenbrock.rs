//! A curved valley with a nearly flat floor.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(1 − x)² + 100(y − x²)²`.
#[derive(Debug)]
pub struct Rosenbrock;

impl TestFunction for Rosenbrock {
    const NAME: &'static str = "rosenbrock";
    const WHY: &'static str = "a curved valley with a nearly flat floor";
    const FORMULA: &'static str = "(1 − x)² + 100(y − x²)²";
    const START: &'static [f32; 2] = &[-1.2, 1.0];
    const DOMAIN: [[f64; 2]; 2] = [[-2.0, 2.0], [-1.0, 3.0]];
    const MINIMA: &'static [[f64; 2]] = &[[1.0, 1.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Rosenbrock 1960";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        (1.0 - x).square() + 100.0 * (y - x.square()).square()
    }
}
