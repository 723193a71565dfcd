//! Closed forms that lessons compare with: rate limits, convergence factors, noise floors, Adam's multiplier.
//!
//! Symbols: η learning rate, β momentum, λ curvature, L largest and m smallest curvature, κ = L/m.

/// Rate above which gradient descent diverges: 2/L.
///
/// ```
/// assert_eq!(lessons::theory::gd_limit(4.0), 0.5);
/// ```
pub fn gd_limit(l: f64) -> f64 {
    2.0 / l
}

/// Rate above which heavy ball diverges: 2(1+β)/L (Polyak 1964).
///
/// ```
/// assert_eq!(lessons::theory::heavy_ball_limit(4.0, 0.5), 0.75);
/// ```
pub fn heavy_ball_limit(l: f64, beta: f64) -> f64 {
    2.0 * (1.0 + beta) / l
}

/// Rate above which PyTorch's form of Nesterov's momentum diverges: 2(1+β)/(L(1+2β)) (Cohen 2021).
///
/// ```
/// assert_eq!(lessons::theory::nesterov_limit(1.0, 0.5), 1.5);
/// ```
pub fn nesterov_limit(l: f64, beta: f64) -> f64 {
    2.0 * (1.0 + beta) / (l * (1.0 + 2.0 * beta))
}

/// Rate above which Adam with a frozen preconditioner diverges: (2+2β₁)/((1−β₁)L) (Cohen 2022); L is the
/// largest curvature after the division by the preconditioner.
///
/// ```
/// assert!((lessons::theory::adam_limit(1.0, 0.9) - 38.0).abs() < 1e-9);
/// ```
pub fn adam_limit(l: f64, beta1: f64) -> f64 {
    (2.0 + 2.0 * beta1) / ((1.0 - beta1) * l)
}

/// Steps of gradient descent at 1/L until f/f₀ ≤ `fraction` along one direction of curvature m = L/κ:
/// ln(fraction)/(2 ln(1−1/κ)).
///
/// ```
/// assert!((lessons::theory::gd_steps(100.0, 1e-6) - 687.3).abs() < 0.1);
/// ```
pub fn gd_steps(kappa: f64, fraction: f64) -> f64 {
    fraction.ln() / (2.0 * (-1.0 / kappa).ln_1p())
}

/// Convergence factor a step of gradient descent at 2/(L+m): (κ−1)/(κ+1).
///
/// ```
/// assert_eq!(lessons::theory::gd_best_factor(3.0), 0.5);
/// ```
pub fn gd_best_factor(kappa: f64) -> f64 {
    (kappa - 1.0) / (kappa + 1.0)
}

/// Rate and momentum of the fastest heavy ball: 4/(√L+√m)² and ((√κ−1)/(√κ+1))² (Polyak 1964).
///
/// ```
/// assert_eq!(lessons::theory::polyak(1.0, 9.0), (0.25, 0.25));
/// ```
pub fn polyak(m: f64, l: f64) -> (f64, f64) {
    let factor = polyak_factor(l / m);
    (4.0 / (l.sqrt() + m.sqrt()).powi(2), factor * factor)
}

/// Convergence factor a step of the fastest heavy ball: (√κ−1)/(√κ+1).
///
/// ```
/// assert_eq!(lessons::theory::polyak_factor(9.0), 0.5);
/// ```
pub fn polyak_factor(kappa: f64) -> f64 {
    gd_best_factor(kappa.sqrt())
}

/// Steps of the fastest heavy ball on ½(x² + κy²) from (1, 1) until f/f₀ ≤ `fraction`.
///
/// At [`polyak`]'s choice each direction has a double root r = ±√β, so the error is (1 + (x₁/r − 1)t)rᵗ with
/// x₁ = 1 − ηλ.
///
/// ```
/// assert_eq!(lessons::theory::polyak_steps(1.0, 1e-6), 1.0);
/// assert_eq!(lessons::theory::polyak_steps(100.0, 1e-6), 58.0);
/// ```
pub fn polyak_steps(kappa: f64, fraction: f64) -> f64 {
    let (lr, beta) = polyak(1.0, kappa);
    let error = |curvature: f64, root: f64, step: f64| match root {
        0.0 => 1.0 - step.min(1.0),
        _ => (1.0 + ((1.0 - lr * curvature) / root - 1.0) * step) * root.abs().powf(step),
    };
    let below = |step: &f64| {
        let value =
            error(1.0, beta.sqrt(), *step).powi(2) + kappa * error(kappa, -beta.sqrt(), *step).powi(2);
        value / (1.0 + kappa) <= fraction
    };
    (0..1_000_000).map(f64::from).find(below).unwrap_or(f64::INFINITY)
}

/// Variance of SGD with momentum around the minimum of ½λx² under gradient noise of variance σ²:
/// ησ²(1+β)/(λ(1−β)(2(1+β)−ηλ)).
///
/// ```
/// // Without momentum: ησ²/(λ(2−ηλ)).
/// assert!((lessons::theory::noise_floor(0.1, 0.0, 1.0, 1.0) - 0.1 / 1.9).abs() < 1e-15);
/// ```
pub fn noise_floor(lr: f64, beta: f64, curvature: f64, noise: f64) -> f64 {
    lr * noise * (1.0 + beta) / (curvature * (1.0 - beta) * (2.0 * (1.0 + beta) - lr * curvature))
}

/// Factor by which Adam's step without bias correction differs: (1−β₁ᵗ)/√(1−β₂ᵗ) (Kingma & Ba 2015).
///
/// ```
/// assert!((lessons::theory::adam_multiplier(0.9, 0.999, 1) - 0.1 / 0.001_f64.sqrt()).abs() < 1e-9);
/// ```
pub fn adam_multiplier(beta1: f64, beta2: f64, step: u64) -> f64 {
    let mean = |beta: f64| 1.0 - beta.powf(step as f64);
    mean(beta1) / mean(beta2).sqrt()
}

/// Steps of gradient descent down the sigmoid from s to 0: (2s + eˢ − e⁻ˢ)/η.
///
/// ```
/// assert!((lessons::theory::plateau_steps(4.0, 0.1) - 625.8).abs() < 0.1);
/// ```
pub fn plateau_steps(start: f64, lr: f64) -> f64 {
    (2.0 * start + start.exp() - (-start).exp()) / lr
}

/// Steps of gradient descent until it leaves the saddle x² − y² from a height y₀: ln(1/y₀)/ln(1+2η).
///
/// ```
/// assert!((lessons::theory::saddle_steps(1e-4, 0.05) - 96.6).abs() < 0.1);
/// ```
pub fn saddle_steps(start: f64, lr: f64) -> f64 {
    (1.0 / start).ln() / (2.0 * lr).ln_1p()
}

/// Least average regret of Adam on Reddi's sequence: (2C−4)/3 (Reddi 2018).
///
/// ```
/// assert_eq!(lessons::theory::reddi_regret(5.0), 2.0);
/// ```
pub fn reddi_regret(c: f64) -> f64 {
    (2.0 * c - 4.0) / 3.0
}

/// Distance at which gradient descent follows a target of ½(x−target)² that moves by `speed` a step:
/// speed/η·(1−η) after the step.
///
/// ```
/// assert!((lessons::theory::lag(0.01, 0.1) - 0.09).abs() < 1e-12);
/// ```
pub fn lag(speed: f64, lr: f64) -> f64 {
    speed / lr * (1.0 - lr)
}

/// Decades of rates at which `steps` of gradient descent reduce the error on a parabola to `fraction`:
/// lg((1+q)/(1−q)) with q = fraction^(1/steps).
///
/// ```
/// assert!((lessons::theory::basin_decades(0.25, 2.0) - 3_f64.log10()).abs() < 1e-12);
/// ```
pub fn basin_decades(fraction: f64, steps: f64) -> f64 {
    let q = fraction.powf(1.0 / steps);
    ((1.0 + q) / (1.0 - q)).log10()
}

/// Accuracy on labels of which a fraction is drawn from ten classes, of a model that is right with probability
/// `accuracy`: a(1−p) + p/10.
///
/// ```
/// assert!((lessons::theory::accuracy_on_drawn(1.0, 0.4) - 0.64).abs() < 1e-12);
/// ```
pub fn accuracy_on_drawn(accuracy: f64, fraction: f64) -> f64 {
    accuracy * (1.0 - fraction) + fraction / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest root of z² − bz + c by its size.
    fn radius(b: f64, c: f64) -> f64 {
        match b * b - 4.0 * c {
            under if under < 0.0 => c.sqrt(),
            under => (b.abs() + under.sqrt()) / 2.0,
        }
    }

    /// Spectral radius of momentum on ½λx²: x₊ = (1+β−ηλ)x − βx₋, and with Nesterov's look ahead.
    fn momentum_radius(lr: f64, beta: f64, l: f64, nesterov: bool) -> f64 {
        match nesterov {
            false => radius(1.0 + beta - lr * l, beta),
            // v₊ = βv + g, x₊ = x − η(g + βv₊): z² − (1+β−ηL(1+β))z + β − ηLβ.
            true => radius(1.0 + beta - lr * l * (1.0 + beta), beta - lr * l * beta),
        }
    }

    #[test]
    fn at_its_limit_a_method_has_spectral_radius_1() {
        for l in [0.5, 1.0, 100.0] {
            for beta in [0.0, 0.5, 0.9, 0.99] {
                let heavy = momentum_radius(heavy_ball_limit(l, beta), beta, l, false);
                let nesterov = momentum_radius(nesterov_limit(l, beta), beta, l, true);
                let averaged = momentum_radius(adam_limit(l, beta) * (1.0 - beta), beta, l, false);
                for radius in [heavy, nesterov, averaged] {
                    assert!((radius - 1.0).abs() < 1e-9, "L={l} β={beta}: {radius}");
                }
            }
            assert!((gd_limit(l) - heavy_ball_limit(l, 0.0)).abs() < 1e-15);
        }
    }

    #[test]
    fn polyaks_choice_has_its_factor_at_both_ends_of_the_spectrum() {
        for kappa in [2.0, 10.0, 1e4] {
            let (lr, beta) = polyak(1.0, kappa);
            for curvature in [1.0, kappa] {
                let radius = momentum_radius(lr, beta, curvature, false);
                assert!((radius - polyak_factor(kappa)).abs() < 1e-6, "κ={kappa} λ={curvature}: {radius}");
            }
        }
    }

    #[test]
    fn the_noise_floor_solves_the_equation_of_the_variance() {
        // Var and the covariance of neighbors of x₊ = ax − βx₋ + ηξ, a = 1+β−ηλ.
        for (lr, beta, curvature) in [(0.1, 0.0, 1.0), (0.05, 0.5, 2.0), (0.01, 0.9, 3.0)] {
            let a: f64 = 1.0 + beta - lr * curvature;
            let floor = noise_floor(lr, beta, curvature, 4.0);
            let neighbor = a * floor / (1.0 + beta);
            let next = a * a * floor + beta * beta * floor - 2.0 * a * beta * neighbor + lr * lr * 4.0;
            assert!((next - floor).abs() < 1e-12 * floor, "{next} is not {floor}");
        }
    }
}
