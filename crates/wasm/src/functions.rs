//! Test functions of two numbers with exact gradients: those of `lab`, in the same order of operations.

mod dual;

use std::f64::consts::{E, FRAC_1_SQRT_2, PI, TAU};

use dual::Dual;

/// A test function.
#[derive(Debug)]
pub struct Function {
    /// Name as a task: `rosenbrock`.
    pub name: &'static str,
    value: fn(Dual, Dual) -> Dual,
}

impl Function {
    /// Value and gradient at a point.
    ///
    /// ```
    /// let rosenbrock = wasm::functions::by_name("rosenbrock").unwrap();
    /// assert_eq!(rosenbrock.at([0.0, 0.0]), (1.0, [-2.0, 0.0]));
    /// ```
    pub fn at(&self, [x, y]: [f64; 2]) -> (f64, [f64; 2]) {
        let Dual { value, gradient } =
            (self.value)(Dual { value: x, gradient: [1.0, 0.0] }, Dual { value: y, gradient: [0.0, 1.0] });
        (value, gradient)
    }
}

/// The function of this name.
pub fn by_name(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|function| function.name == name)
}

/// Every function; pages know one by its place.
pub const ALL: &[Function] = &[
    Function { name: "quadratic", value: |x, y| (x.square() + 100.0 * y.square()) * 0.5 },
    Function {
        name: "quadratic-rotated",
        value: |x, y| {
            let (u, v) = ((x + y) * FRAC_1_SQRT_2, (y - x) * FRAC_1_SQRT_2);
            (u.square() + 100.0 * v.square()) * 0.5
        },
    },
    Function { name: "rosenbrock", value: |x, y| (1.0 - x).square() + 100.0 * (y - x.square()).square() },
    Function {
        name: "beale",
        value: |x, y| {
            let term = |c: f64, power: Dual| (c - x + x * power).square();
            term(1.5, y) + term(2.25, y.square()) + term(2.625, y.square() * y)
        },
    },
    Function { name: "booth", value: |x, y| (x + 2.0 * y - 7.0).square() + (2.0 * x + y - 5.0).square() },
    Function { name: "matyas", value: |x, y| 0.26 * (x.square() + y.square()) - 0.48 * x * y },
    Function {
        name: "himmelblau",
        value: |x, y| (x.square() + y - 11.0).square() + (x + y.square() - 7.0).square(),
    },
    Function {
        name: "rastrigin",
        value: |x, y| {
            let waves = (x * TAU).cos() + (y * TAU).cos();
            x.square() + y.square() + 20.0 - 10.0 * waves
        },
    },
    Function {
        name: "ackley",
        value: |x, y| {
            // At the origin the root has no derivative; 10⁻³⁰ keeps it finite and changes no value.
            let radius = ((x.square() + y.square()) * 0.5 + 1e-30).sqrt();
            let waves = ((x * TAU).cos() + (y * TAU).cos()) * 0.5;
            20.0 - 20.0 * (radius * -0.2).exp() + (E - waves.exp())
        },
    },
    Function {
        name: "styblinski-tang",
        value: |x, y| {
            let term = |x: Dual| x.square().square() - 16.0 * x.square() + 5.0 * x;
            (term(x) + term(y)) * 0.5
        },
    },
    Function {
        name: "three-hump-camel",
        value: |x, y| {
            let x2 = x.square();
            2.0 * x2 - 1.05 * x2.square() + x2.square() * x2 / 6.0 + x * y + y.square()
        },
    },
    Function {
        name: "six-hump-camel",
        value: |x, y| {
            let (x2, y2) = (x.square(), y.square());
            (4.0 - 2.1 * x2 + x2.square() / 3.0) * x2 + x * y + (4.0 * y2 - 4.0) * y2
        },
    },
    Function {
        name: "goldstein-price",
        value: |x, y| {
            let (x2, xy, y2) = (x.square(), x * y, y.square());
            let a = (x + y + 1.0).square() * (19.0 - 14.0 * x + 3.0 * x2 - 14.0 * y + 6.0 * xy + 3.0 * y2);
            let b = (2.0 * x - 3.0 * y).square()
                * (18.0 - 32.0 * x + 12.0 * x2 + 48.0 * y - 36.0 * xy + 27.0 * y2);
            (a + 1.0) * (b + 30.0)
        },
    },
    Function {
        name: "branin",
        value: |x, y| {
            let valley = y - x.square() * (5.1 / (4.0 * PI * PI)) + x * (5.0 / PI) - 6.0;
            valley.square() + x.cos() * (10.0 * (1.0 - 1.0 / (8.0 * PI))) + 10.0
        },
    },
    Function {
        name: "levy13",
        value: |x, y| {
            let wave = |x: Dual, frequency: f64| (x * (frequency * PI)).sin().square();
            wave(x, 3.0)
                + (x - 1.0).square() * (wave(y, 3.0) + 1.0)
                + (y - 1.0).square() * (wave(y, 2.0) + 1.0)
        },
    },
    Function {
        name: "easom",
        value: |x, y| {
            let distance = (x - PI).square() + (y - PI).square();
            -(x.cos() * y.cos() * (-distance).exp())
        },
    },
    Function { name: "saddle", value: |x, y| x.square() - y.square() + y.square().square() * 0.25 },
    Function { name: "monkey-saddle", value: |x, y| x.square() * x - 3.0 * x * y.square() },
    Function { name: "catapult", value: |x, y| (x * y - 1.0).square() * 0.5 },
    Function {
        name: "cliff",
        value: |x, y| {
            let (w, b) = (x, y);
            let half = 1.0 / (1.0 + (-0.5_f64).exp());
            let last = (1..50).fold(w * half + b, |x, _| w * x.sigmoid() + b);
            (last.sigmoid() - 0.7).square()
        },
    },
];
