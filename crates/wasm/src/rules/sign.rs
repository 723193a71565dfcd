//! Steps of one length, in the direction of a sign.

use super::{Rule, Settings, Step, none, sign, single, zero};

/// The sign of the gradient.
pub(super) const SIGN_SGD: Rule =
    Rule { name: "sign_sgd", settings: &["lr"], arrays: none, start: zero, update: sign_sgd };

fn sign_sgd(&[lr, ..]: &Settings, _: u64, step: Step<'_>) {
    let lr = lr as f32;
    step.each_weight(move |w, g, []| (w - lr * sign(g), []));
}

/// The sign of the mean gradient (Bernstein 2018).
pub(super) const SIGNUM: Rule = Rule {
    name: "signum",
    settings: &["lr", "momentum"],
    arrays: |_| &["momentum_buffer"],
    start: zero,
    update: signum,
};

fn signum(&[lr, momentum, ..]: &Settings, _: u64, step: Step<'_>) {
    let [lr, beta, new] = single([lr, momentum, 1.0 - momentum]);
    step.each_weight(move |w, g, [m]| {
        let m = beta * m + new * g;
        (w - lr * sign(m), [m])
    });
}

/// The sign of a mean that the gradient moves faster than the one that is kept (Chen 2023).
pub(super) const LION: Rule = Rule {
    name: "lion",
    settings: &["lr", "beta1", "beta2", "weight_decay"],
    arrays: |_| &["exp_avg"],
    start: zero,
    update: lion,
};

fn lion(&[lr, beta1, beta2, weight_decay, ..]: &Settings, _: u64, step: Step<'_>) {
    let [lr, beta1, new1, beta2, new2, lambda] =
        single([lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, weight_decay]);
    step.each_weight(move |w, g, [m]| {
        let c = beta1 * m + new1 * g;
        let m = beta2 * m + new2 * g;
        (w - lr * (sign(c) + lambda * w), [m])
    });
}
