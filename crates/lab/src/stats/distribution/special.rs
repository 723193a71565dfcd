//! The incomplete beta and gamma functions, both tails at once so that neither is a difference.

use std::f64::consts::TAU;

const MOST_TERMS: u32 = 100_000;

/// The regularized incomplete beta function, (Iₓ(a, b), I_y(b, a)) with y = 1 − x, by its continued
/// fraction (Abramowitz & Stegun 26.5.8) on the side of the mean where it converges fast.
///
/// `y` is an argument since 1 − x has lost its digits where x is close to 1.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        let (upper, lower) = incomplete_beta(b, a, y, x);
        return (lower, upper);
    }
    let fraction = lentz(|i| {
        let m = f64::from(i / 2);
        match i {
            0 => 1.0,
            _ if i % 2 == 0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        }
    });
    let lower = beta_front(a, b, x, y) / a * fraction;
    (lower, 1.0 - lower)
}

/// xᵃ yᵇ / B(a, b) without large logarithms that cancel (Loader 2000, *Fast and accurate computation
/// of binomial probabilities*).
fn beta_front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let stirling = stirling_error(n) - stirling_error(a) - stirling_error(b);
    (a * b / (TAU * n)).sqrt() * (stirling - deviance(a, n * x) - deviance(b, n * y)).exp()
}

/// The regularized incomplete gamma functions (P(a, x), Q(a, x)): the series of Abramowitz & Stegun
/// 6.5.29 below the mean, the continued fraction 6.5.31 above.
pub(crate) fn incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    // xᵃ e⁻ˣ / Γ(a)
    let front = (a / TAU).sqrt() * (-stirling_error(a) - deviance(a, x)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for i in 1..MOST_TERMS {
            term *= x / (a + f64::from(i));
            sum += term;
            if term < sum * 0.1 * f64::EPSILON {
                break;
            }
        }
        return (front * sum, 1.0 - front * sum);
    }
    // 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)), each denominator divided out.
    let denominator = |i: u32| x + 2.0 * f64::from(i) + 1.0 - a;
    let fraction = lentz(|i| match i {
        0 => 1.0 / denominator(0),
        _ => f64::from(i) * (a - f64::from(i)) / (denominator(i - 1) * denominator(i)),
    });
    (1.0 - front * fraction, front * fraction)
}

/// The continued fraction c₀/(1 + c₁/(1 + c₂/(1 + …))) by Lentz's method.
fn lentz(coefficient: impl Fn(u32) -> f64) -> f64 {
    let away = |x: f64| if x.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { x };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 + coefficient(1)));
    let mut value = coefficient(0) * d;
    for i in 2..MOST_TERMS {
        d = 1.0 / away(1.0 + coefficient(i) * d);
        c = away(1.0 + coefficient(i) / c);
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// δ(a) of Γ(a) = √(2π/a) (a/e)ᵃ e^δ(a).
fn stirling_error(a: f64) -> f64 {
    if a < 15.0 {
        return libm::lgamma(a) - ((a - 0.5) * a.ln() - a + 0.5 * TAU.ln());
    }
    let square = 1.0 / (a * a);
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0]
        .iter()
        .rev()
        .fold(0.0, |sum, c| sum * square + c)
        / a
}

/// x ln(x/m) + m − x, by its series where x is close to m.
fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() >= 0.1 {
        return x * (x / m).ln() + m - x;
    }
    // ln(x/m) = 2 artanh v.
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}
