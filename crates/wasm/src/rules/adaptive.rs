//! Steps divided by the root of a sum or mean of squared gradients.

use super::{Rule, Settings, Step, l2, lerp, maximum, single, zero};

/// Divides by the root of the sum (Duchi 2011).
pub(super) const ADAGRAD: Rule = Rule {
    name: "adagrad",
    settings: &["lr", "lr_decay", "initial_accumulator", "eps", "weight_decay"],
    arrays: |_| &["sum"],
    start: |&[_, _, initial_accumulator, ..]| initial_accumulator as f32,
    update: adagrad,
};

fn adagrad(&[lr, lr_decay, _, eps, weight_decay, ..]: &Settings, t: u64, step: Step<'_>) {
    let lr = (lr / (1.0 + (t - 1) as f64 * lr_decay)) as f32;
    let [eps, lambda] = single([eps, weight_decay]);
    step.each_weight(move |w, g, [sum]| {
        let g = l2(w, g, lambda);
        let sum = sum + g * g;
        (w - lr * g / (sum.sqrt() + eps), [sum])
    });
}

/// Steps with the units of weights (Zeiler 2012).
pub(super) const ADADELTA: Rule = Rule {
    name: "adadelta",
    settings: &["lr", "rho", "eps", "weight_decay"],
    arrays: |_| &["square_avg", "acc_delta"],
    start: zero,
    update: adadelta,
};

fn adadelta(&[lr, rho, eps, weight_decay, ..]: &Settings, _: u64, step: Step<'_>) {
    let [lr, rho, new, eps, lambda] = single([lr, rho, 1.0 - rho, eps, weight_decay]);
    step.each_weight(move |w, g, [v, u]| {
        let g = l2(w, g, lambda);
        let v = rho * v + new * g * g;
        let delta = (u + eps).sqrt() / (v + eps).sqrt() * g;
        let u = rho * u + new * delta * delta;
        (w - lr * delta, [v, u])
    });
}

/// Divides by the root of a running mean, with ε outside the root (Tieleman & Hinton 2012).
pub(super) const RMSPROP: Rule = Rule {
    name: "rmsprop",
    settings: &["lr", "alpha", "eps", "momentum", "centered", "weight_decay"],
    arrays: |&[_, _, _, momentum, centered, ..]| match (momentum != 0.0, centered != 0.0) {
        (false, false) => &["square_avg"],
        (true, false) => &["square_avg", "momentum_buffer"],
        (false, true) => &["square_avg", "grad_avg"],
        (true, true) => &["square_avg", "momentum_buffer", "grad_avg"],
    },
    start: zero,
    update: rmsprop,
};

fn rmsprop(&[lr, alpha, eps, momentum, centered, weight_decay, ..]: &Settings, _: u64, step: Step<'_>) {
    let [lr, new, alpha, eps, mu, lambda] = single([lr, 1.0 - alpha, alpha, eps, momentum, weight_decay]);
    let mean_square = move |s: f32, g: f32| alpha * s + new * g * g;
    // Rounding would let it fall below 0.
    let variance = |s: f32, a: f32| maximum(0.0, s - a * a);
    match (momentum != 0.0, centered != 0.0) {
        (false, false) => step.each_weight(move |w, g, [s]| {
            let g = l2(w, g, lambda);
            let s = mean_square(s, g);
            (w - lr * g / (s.sqrt() + eps), [s])
        }),
        (true, false) => step.each_weight(move |w, g, [s, b]| {
            let g = l2(w, g, lambda);
            let s = mean_square(s, g);
            let b = mu * b + g / (s.sqrt() + eps);
            (w - lr * b, [s, b])
        }),
        (false, true) => step.each_weight(move |w, g, [s, a]| {
            let g = l2(w, g, lambda);
            let (s, a) = (mean_square(s, g), lerp(a, g, new));
            (w - lr * g / (variance(s, a).sqrt() + eps), [s, a])
        }),
        (true, true) => step.each_weight(move |w, g, [s, b, a]| {
            let g = l2(w, g, lambda);
            let (s, a) = (mean_square(s, g), lerp(a, g, new));
            let b = mu * b + g / (variance(s, a).sqrt() + eps);
            (w - lr * b, [s, b, a])
        }),
    }
}
