//! A nearly flat outer region, a deep hole, and a kink at its bottom.

use std::f64::consts::{E, TAU};

use autograd::Var;
use tensor::Kernels;

use super::TestFunction;

/// `−20e^{−0.2√(½(x²+y²))} − e^{½(cos 2πx + cos 2πy)} + e + 20`.
#[derive(Debug)]
pub struct Ackley;

impl TestFunction for Ackley {
    const NAME: &'static str = "ackley";
    const WHY: &'static str = "a nearly flat outer region, a deep hole, and a kink at its bottom";
    const FORMULA: &'static str = "−20e^{−0.2√(½(x²+y²))} − e^{½(cos 2πx + cos 2πy)} + e + 20";
    const START: &'static [f32; 2] = &[-3.0, 2.0];
    const DOMAIN: [[f64; 2]; 2] = [[-5.0, 5.0], [-5.0, 5.0]];
    const MINIMA: &'static [[f64; 2]] = &[[0.0, 0.0]];
    const MINIMUM: Option<f64> = Some(0.0);
    const SOURCE: &'static str = "Ackley 1987";

    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        // At the origin the root has no derivative; 10⁻³⁰ keeps it finite and changes no value.
        let radius = ((x.square() + y.square()) * 0.5 + 1e-30).sqrt();
        let waves = ((x * TAU).cos() + (y * TAU).cos()) * 0.5;
        20.0 - 20.0 * (radius * -0.2).exp() + (E - waves.exp())
    }
}
