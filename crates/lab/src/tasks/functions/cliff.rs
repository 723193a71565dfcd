//! The loss of a recurrent unit: a wall at which gradients explode.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// Steps of the recurrence.
const STEPS: usize = 50;

/// `(σ(x₅₀) − 0.7)², xₜ = w·σ(xₜ₋₁) + b, x₀ = ½; the point is (w, b)`.
#[derive(Debug)]
pub struct Cliff;

impl TestFunction for Cliff {
    const NAME: &'static str = "cliff";
    const WHY: &'static str = "the loss of a recurrent unit: a wall at which gradients explode";
    const FORMULA: &'static str = "(σ(x₅₀) − 0.7)², xₜ = w·σ(xₜ₋₁) + b, x₀ = ½; the point is (w, b)";
    const START: &'static [f32; 2] = &[6.5, -2.0];
    const DOMAIN: [[f64; 2]; 2] = [[3.0, 9.0], [-5.0, -1.0]];
    const MINIMA: &'static [[f64; 2]] = &[];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Pascanu 2013";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let (w, b) = (x, y);
        let half = 1.0 / (1.0 + f64::exp(-0.5));
        let first = w * half + b;
        let last = (1..STEPS).fold(first, |x, _| w * x.sigmoid() + b);
        (last.sigmoid() - 0.7).square()
    }
}
