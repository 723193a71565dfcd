//! A bowl covered with minima, in which descent stays.

use std::f64::consts::TAU;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `20 + x² + y² − 10(cos 2πx + cos 2πy)`.
#[derive(Debug)]
pub struct Rastrigin;

impl TestFunction for Rastrigin {
    const NAME: &'static str = "rastrigin";
    const WHY: &'static str = "a bowl covered with minima, in which descent stays";
    const FORMULA: &'static str = "20 + x² + y² − 10(cos 2πx + cos 2πy)";
    const START: &'static [f32; 2] = &[-2.0, 3.5];
    const DOMAIN: [[f64; 2]; 2] = [[-5.12, 5.12], [-5.12, 5.12]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Rastrigin 1974";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let waves = (x * TAU).cos() + (y * TAU).cos();
        x.square() + y.square() + 20.0 - 10.0 * waves
    }
}
