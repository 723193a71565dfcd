//! Values over six orders of magnitude.

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `[1 + (x+y+1)²(19−14x+3x²−14y+6xy+3y²)]·[30 + (2x−3y)²(18−32x+12x²+48y−36xy+27y²)]`.
#[derive(Debug)]
pub struct GoldsteinPrice;

impl TestFunction for GoldsteinPrice {
    const NAME: &'static str = "goldstein-price";
    const WHY: &'static str = "values over six orders of magnitude";
    const FORMULA: &'static str =
        "[1 + (x+y+1)²(19−14x+3x²−14y+6xy+3y²)]·[30 + (2x−3y)²(18−32x+12x²+48y−36xy+27y²)]";
    const START: &'static [f32; 2] = &[-1.5, 1.5];
    const DOMAIN: [[f64; 2]; 2] = [[-2.0, 2.0], [-2.0, 2.0]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, -1.0]];
    const MINIMUM: Option<f64> = Some(3.0);
    const SOURCE: &'static str = "Goldstein & Price 1971";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let (x2, xy, y2) = (x.square(), x * y, y.square());
        let a = (x + y + 1.0).square() * (19.0 - 14.0 * x + 3.0 * x2 - 14.0 * y + 6.0 * xy + 3.0 * y2);
        let b =
            (2.0 * x - 3.0 * y).square() * (18.0 - 32.0 * x + 12.0 * x2 + 48.0 * y - 36.0 * xy + 27.0 * y2);
        (a + 1.0) * (b + 30.0)
    }
}
