//! Waves across a bowl.

use std::f64::consts::PI;

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `sin²3πx + (x−1)²(1 + sin²3πy) + (y−1)²(1 + sin²2πy)`.
#[derive(Debug)]
pub struct Levy13;

impl TestFunction for Levy13 {
    const NAME: &'static str = "levy13";
    const WHY: &'static str = "waves across a bowl";
    const FORMULA: &'static str = "sin²3πx + (x−1)²(1 + sin²3πy) + (y−1)²(1 + sin²2πy)";
    const START: &'static [f32; 2] = &[-4.0, 5.0];
    const DOMAIN: [[f64; 2]; 2] = [[-10.0, 10.0], [-10.0, 10.0]];
    const MINIMA: &'static [[f64; 2]] = &[[1.0, 1.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Lévy & Montalvo 1985";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let wave = |x: Var<'t, T>, frequency: f64| (x * (frequency * PI)).sin().square();
        wave(x, 3.0) + (x - 1.0).square() * (wave(y, 3.0) + 1.0) + (y - 1.0).square() * (wave(y, 2.0) + 1.0)
    }
}
