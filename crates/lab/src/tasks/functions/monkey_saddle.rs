//! A saddle whose second derivatives vanish; it has no minimum.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `x³ − 3xy²`.
#[derive(Debug)]
pub struct MonkeySaddle;

impl TestFunction for MonkeySaddle {
    const NAME: &'static str = "monkey-saddle";
    const WHY: &'static str = "a saddle whose second derivatives vanish; it has no minimum";
    const FORMULA: &'static str = "x³ − 3xy²";
    const START: &'static [f32; 2] = &[0.1, 0.02];
    const DOMAIN: [[f64; 2]; 2] = [[-1.0, 1.0], [-1.0, 1.0]];
    const MINIMA: &'static [[f64; 2]] = &[];
    const MINIMUM: Option<f64> = None;
    const SOURCE: &'static str = "a classic of differential geometry";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        x.square() * x - 3.0 * x * y.square()
    }
}
