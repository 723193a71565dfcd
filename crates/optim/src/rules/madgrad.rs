use crate::formula::lerp;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// AdaGrad by dual averaging: every step starts from the first weights, by a cube root.
    pub struct Madgrad {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Share μ of the last weights in the next.
        momentum: f64 = 0.9 in 0.0..1.0,
        /// Added to the root and to the step size, so that nothing is divided by 0.
        eps: f64 = 1e-6 in 0.0..,
    }
}

impl Rule for Madgrad {
    const INFO: Info = Info {
        name: "madgrad",
        title: "Momentumized, adaptive, dual averaged gradient",
        family: "adaptive",
        problem: "adaptive rules generalize worse than SGD on images, and SGD trains worse than Adam on \
                  text; this rule aims at both",
        formula: "λ = (η + ε)·√t
s ← s + λ·g
v ← v + λ·g²
z = x − s/(∛v + ε)             (x: the weights at the start)
w ← μ·w + (1 − μ)·z",
        good_when: "SGD and Adam each serve part of the problem; it needs less weight decay than either",
        bad_when: "training goes on from trained weights with a new target, or memory is short (12 bytes a \
                   weight)",
        relatives: "it is adagrad by dual averaging, with a cube root in the place of the square root; \
                    dadapt_sgd too starts every step from the first weights",
        source: "Defazio & Jelassi 2021",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("s", "s"), Slot::zeros("grad_sum_sq", "v"), Slot::zeros("x0", "x")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Madgrad { lr, momentum, eps } = *self;
        let [lambda, new, eps] = [(lr + eps) * (t as f64).sqrt(), 1.0 - momentum, eps].map(|x| x as f32);
        let first = t == 1;
        update.each_weight(move |w, g, [s, v, x]| {
            let x = if first { w } else { x };
            let s = s + lambda * g;
            let v = v + lambda * (g * g);
            let z = x - s / (cube_root(v) + eps);
            (lerp(w, z, new), [s, v, x])
        });
    }
}

/// ∛x to within 2 units in the last place for x ≥ 0, in operations that vectorize: a guess by a
/// third of the exponent (Kahan's), then two steps of Halley's method, each of which triples the
/// digits.
#[inline(always)]
fn cube_root(x: f32) -> f32 {
    const GUESS: u32 = 709_958_130;
    // Half of the root, whose cube is an eighth: no sum below is infinite, however large x is.
    const GUESS_OF_HALF: u32 = GUESS - (1 << 23);
    // Subnormal numbers have no exponent to take a third of, and neither may the eighth be one.
    const SMALL: f32 = f32::MIN_POSITIVE * 16.0;
    let (scaled, back) = if x < SMALL { (x * 281_474_976_710_656.0, 2.0 / 65_536.0) } else { (x, 2.0) };
    // The cube of the guess for 0 would be subnormal, which costs a hundred times a normal product.
    let has_root = x > 0.0 && x < f32::INFINITY;
    let scaled = if has_root { scaled } else { 1.0 };
    // A third as ¼ + 1/16 + 1/64 + …, since dividing integers does not vectorize.
    let mut third = scaled.to_bits();
    third = (third >> 2) + (third >> 4);
    third += third >> 4;
    third += third >> 8;
    let mut half = f32::from_bits(third + GUESS_OF_HALF);
    let eighth = scaled * 0.125;
    for _ in 0..2 {
        let cube = half * half * half;
        half -= half * ((cube - eighth) / (cube + cube + eighth));
    }
    if has_root { half * back } else { x }
}

#[cfg(test)]
mod tests {
    use super::cube_root;

    #[test]
    fn cube_root_is_within_two_units_in_the_last_place() {
        for i in 0..200_000_u32 {
            let x = f32::from_bits(i * 10_607 + 1);
            let exact = f64::from(x).cbrt();
            let error = (f64::from(cube_root(x)) - exact).abs();
            assert!(error <= 2.0 * f64::from(f32::EPSILON) * exact, "∛{x:e} is off by {error:e}");
        }
    }

    #[test]
    fn cube_root_at_the_edges() {
        assert_eq!([0.0, 1.0, 27.0, f32::INFINITY].map(cube_root), [0.0, 1.0, 3.0, f32::INFINITY]);
        for x in [f32::MAX / 4.0, f32::MAX / 3.0, 3.24e38, f32::MAX] {
            let exact = f64::from(x).cbrt();
            assert!(
                (f64::from(cube_root(x)) - exact).abs() <= 2.0 * f64::from(f32::EPSILON) * exact,
                "{x:e}"
            );
        }
        assert!(cube_root(f32::NAN).is_nan());
    }
}
