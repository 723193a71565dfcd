//! Four minima of equal depth: the start decides which.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `(x² + y − 11)² + (x + y² − 7)²`.
#[derive(Debug)]
pub struct Himmelblau;

impl TestFunction for Himmelblau {
    const NAME: &'static str = "himmelblau";
    const WHY: &'static str = "four minima of equal depth: the start decides which";
    const FORMULA: &'static str = "(x² + y − 11)² + (x + y² − 7)²";
    const START: &'static [f32; 2] = &[0.0, 0.0];
    const DOMAIN: [[f64; 2]; 2] = [[-6.0, 6.0], [-6.0, 6.0]];
    const MINIMA: &'static [[f64; 2]] = &[
        [3.0, 2.0],
        [-2.805118086952745, 3.131312518250573],
        [-3.779310253377747, -3.283_185_991_286_17],
        [3.584428340330492, -1.848126526964404],
    ];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Himmelblau 1972";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        (x.square() + y - 11.0).square() + (x + y.square() - 7.0).square()
    }
}
