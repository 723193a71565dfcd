//! Steps along the gradient or its running mean.

use super::{Rule, Settings, Step, l2, lerp, single, zero};

/// Stochastic gradient descent with momentum, dampening and Nesterov's form (Sutskever 2013).
pub(super) const SGD: Rule = Rule {
    name: "sgd",
    settings: &["lr", "momentum", "dampening", "nesterov", "weight_decay"],
    arrays: |&[_, momentum, ..]| if momentum == 0.0 { &[] } else { &["momentum_buffer"] },
    start: zero,
    update: sgd,
};

fn sgd(&[lr, momentum, dampening, nesterov, weight_decay, ..]: &Settings, t: u64, step: Step<'_>) {
    let [lr, mu, kept, lambda] = single([lr, momentum, 1.0 - dampening, weight_decay]);
    match (momentum == 0.0, t == 1, nesterov != 0.0) {
        (true, _, _) => step.each_weight(move |w, g, []| (w - lr * l2(w, g, lambda), [])),
        (_, true, false) => step.each_weight(move |w, g, [_]| {
            let v = l2(w, g, lambda);
            (w - lr * v, [v])
        }),
        (_, true, true) => step.each_weight(move |w, g, [_]| {
            let v = l2(w, g, lambda);
            (w - lr * (v + mu * v), [v])
        }),
        (_, _, false) => step.each_weight(move |w, g, [v]| {
            let v = mu * v + kept * l2(w, g, lambda);
            (w - lr * v, [v])
        }),
        (_, _, true) => step.each_weight(move |w, g, [v]| {
            let g = l2(w, g, lambda);
            let v = mu * v + kept * g;
            (w - lr * (g + mu * v), [v])
        }),
    }
}

/// Quasi-hyperbolic momentum (Ma & Yarats 2019).
pub(super) const QHM: Rule = Rule {
    name: "qhm",
    settings: &["lr", "momentum", "nu"],
    arrays: |_| &["momentum_buffer"],
    start: zero,
    update: qhm,
};

fn qhm(&[lr, momentum, nu, ..]: &Settings, _: u64, step: Step<'_>) {
    let [new, of_mean, of_gradient] = single([1.0 - momentum, lr * nu, lr * (1.0 - nu)]);
    step.each_weight(move |w, g, [m]| {
        let m = lerp(m, g, new);
        (w - of_mean * m - of_gradient * g, [m])
    });
}
