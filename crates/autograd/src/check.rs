//! Gradient checks by central differences, in double precision.

use tensor::ParamVec;

use crate::pool::BufferPool;
use crate::tape::Tape;
use crate::var::Var;

/// Step of the central difference for a weight w: `STEP·max(1, |w|)`.
const STEP: f64 = 1e-5;

/// Maximum relative error between the gradient of `f` at `at` and its central difference over all weights:
/// `|a − n| / max(1, |a|, |n|)`.
///
/// ```
/// use autograd::check::gradient_error;
/// use tensor::{ParamVec, Layout, Role};
/// let mut layout = Layout::new();
/// let x = layout.push("x", [3], Role::Matrix);
/// let mut at = ParamVec::<f64>::zeros(layout);
/// at.get_mut(x).copy_from_slice(&[0.5, -1.0, 2.0]);
/// assert!(gradient_error(&at, |tape| tape.param(x).tanh().sum()) < 1e-9);
/// ```
pub fn gradient_error(at: &ParamVec<f64>, f: impl for<'g> Fn(&'g Tape<'g, f64>) -> Var<'g, f64>) -> f64 {
    let pool = BufferPool::new();
    let value = |point: &ParamVec<f64>| f(&pool.tape(point)).item();
    let mut analytic = at.zeros_like();
    f(&pool.tape(at)).backward(&mut analytic);

    let mut point = at.clone();
    let errors = (0..at.as_slice().len()).map(|i| {
        let w = at.as_slice()[i];
        let step = STEP * w.abs().max(1.0);
        let [ahead, behind] = [w + step, w - step].map(|moved| {
            point.as_mut_slice()[i] = moved;
            value(&point)
        });
        point.as_mut_slice()[i] = w;
        let (a, n) = (analytic.as_slice()[i], (ahead - behind) / (2.0 * step));
        (a - n).abs() / a.abs().max(n.abs()).max(1.0)
    });
    // `max` alone would drop a NaN.
    errors.fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
}
