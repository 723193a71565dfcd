//! Adam and its variants: a mean gradient divided by the root of a mean of squares.

use super::{Rule, Settings, Step, bias_correction, l2, lerp, maximum, sign, single, zero};

const ADAM_SETTINGS: &[&str] = &["lr", "beta1", "beta2", "eps", "amsgrad", "weight_decay"];
const MEANS: &[&str] = &["exp_avg", "exp_avg_sq"];

/// Both means corrected for their start at 0 (Kingma & Ba 2015; amsgrad: Reddi 2018).
pub(super) const ADAM: Rule = Rule {
    name: "adam",
    settings: ADAM_SETTINGS,
    arrays: adam_arrays,
    start: zero,
    update: |settings, t, step| {
        let lambda = settings[5] as f32;
        adam(settings, t, step, move |w, g| (w, l2(w, g, lambda)));
    },
};

/// Adam with weight decay next to the gradient (Loshchilov & Hutter 2019).
pub(super) const ADAMW: Rule = Rule {
    name: "adamw",
    settings: ADAM_SETTINGS,
    arrays: adam_arrays,
    start: zero,
    update: |settings, t, step| {
        let keep = (1.0 - settings[0] * settings[5]) as f32;
        adam(settings, t, step, move |w, g| (w * keep, g));
    },
};

fn adam_arrays(&[_, _, _, _, amsgrad, ..]: &Settings) -> &'static [&'static str] {
    if amsgrad == 0.0 { MEANS } else { &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] }
}

fn adam(
    &[lr, beta1, beta2, eps, amsgrad, ..]: &Settings,
    t: u64,
    step: Step<'_>,
    decay: impl Fn(f32, f32) -> (f32, f32) + Copy,
) {
    let step_size = (lr / bias_correction(beta1, t)) as f32;
    let per_correction2_sqrt = bias_correction(beta2, t).sqrt().recip() as f32;
    let [new1, beta2, new2, eps] = single([1.0 - beta1, beta2, 1.0 - beta2, eps]);
    let mean_square = move |v: f32, g: f32| beta2 * v + new2 * g * g;
    if amsgrad == 0.0 {
        step.each_weight(move |w, g, [m, v]| {
            let (w, g) = decay(w, g);
            let (m, v) = (lerp(m, g, new1), mean_square(v, g));
            let denom = v.sqrt() * per_correction2_sqrt + eps;
            (w - step_size * m / denom, [m, v])
        });
    } else {
        step.each_weight(move |w, g, [m, v, max]| {
            let (w, g) = decay(w, g);
            let (m, v) = (lerp(m, g, new1), mean_square(v, g));
            let max = maximum(max, v);
            let denom = max.sqrt() * per_correction2_sqrt + eps;
            (w - step_size * m / denom, [m, v, max])
        });
    }
}

/// The maximum of decaying gradients in place of the root (Kingma & Ba 2015).
pub(super) const ADAMAX: Rule = Rule {
    name: "adamax",
    settings: &["lr", "beta1", "beta2", "eps", "weight_decay"],
    arrays: |_| &["exp_avg", "exp_inf"],
    start: zero,
    update: adamax,
};

fn adamax(&[lr, beta1, beta2, eps, weight_decay, ..]: &Settings, t: u64, step: Step<'_>) {
    let step_size = (lr / bias_correction(beta1, t)) as f32;
    let [new1, beta2, eps, lambda] = single([1.0 - beta1, beta2, eps, weight_decay]);
    step.each_weight(move |w, g, [m, u]| {
        let g = l2(w, g, lambda);
        let m = lerp(m, g, new1);
        let u = maximum(beta2 * u, g.abs() + eps);
        (w - step_size * m / u, [m, u])
    });
}

/// Adam with Nesterov momentum (Dozat 2016).
pub(super) const NADAM: Rule = Rule {
    name: "nadam",
    settings: &["lr", "beta1", "beta2", "eps", "momentum_decay", "weight_decay"],
    arrays: |_| MEANS,
    start: zero,
    update: nadam,
};

fn nadam(&[lr, beta1, beta2, eps, momentum_decay, weight_decay, ..]: &Settings, t: u64, step: Step<'_>) {
    let mu = |t: u64| beta1 * (1.0 - 0.5 * 0.96_f64.powf(t as f64 * momentum_decay));
    *step.scalar *= mu(t);
    let mu_product = *step.scalar;
    let of_gradient = lr * (1.0 - mu(t)) / (1.0 - mu_product);
    let of_mean = lr * mu(t + 1) / (1.0 - mu_product * mu(t + 1));
    let correction2 = bias_correction(beta2, t);
    let [of_gradient, of_mean, correction2] = single([of_gradient, of_mean, correction2]);
    let [new1, beta2, new2, eps, lambda] = single([1.0 - beta1, beta2, 1.0 - beta2, eps, weight_decay]);
    step.each_weight(move |w, g, [m, v]| {
        let g = l2(w, g, lambda);
        let m = lerp(m, g, new1);
        let v = beta2 * v + new2 * g * g;
        let root = (v / correction2).sqrt() + eps;
        (w - of_gradient * g / root - of_mean * m / root, [m, v])
    });
}

/// Adam whose first steps are rectified (Liu 2020).
pub(super) const RADAM: Rule = Rule {
    name: "radam",
    settings: &["lr", "beta1", "beta2", "eps", "weight_decay"],
    arrays: |_| MEANS,
    start: zero,
    update: radam,
};

fn radam(&[lr, beta1, beta2, eps, weight_decay, ..]: &Settings, t: u64, step: Step<'_>) {
    let (correction1, correction2) = (bias_correction(beta1, t), bias_correction(beta2, t));
    let longest = 2.0 / (1.0 - beta2) - 1.0;
    let length = longest - 2.0 * t as f64 * beta2.powf(t as f64) / correction2;
    let squared = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
    let [step_size, rectified] =
        single([lr / correction1, lr / correction1 * correction2.sqrt() * squared.sqrt()]);
    let [new1, beta2, new2, eps, lambda] = single([1.0 - beta1, beta2, 1.0 - beta2, eps, weight_decay]);
    let means = move |w: f32, g: f32, m: f32, v: f32| {
        let g = l2(w, g, lambda);
        [lerp(m, g, new1), beta2 * v + new2 * g * g]
    };
    if length > 5.0 {
        step.each_weight(move |w, g, [m, v]| {
            let [m, v] = means(w, g, m, v);
            (w - rectified * m / (v.sqrt() + eps), [m, v])
        });
    } else {
        step.each_weight(move |w, g, [m, v]| {
            let [m, v] = means(w, g, m, v);
            (w - step_size * m, [m, v])
        });
    }
}

/// Divides by the deviation from the mean gradient (Zhuang 2020).
pub(super) const ADABELIEF: Rule = Rule {
    name: "adabelief",
    settings: &["lr", "beta1", "beta2", "eps"],
    arrays: |_| &["exp_avg", "exp_avg_var"],
    start: zero,
    update: adabelief,
};

fn adabelief(&[lr, beta1, beta2, eps, ..]: &Settings, t: u64, step: Step<'_>) {
    let [correction1, correction2] = single([bias_correction(beta1, t), bias_correction(beta2, t)]);
    let [lr, beta1, new1, beta2, new2, eps] = single([lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps]);
    step.each_weight(move |w, g, [m, s]| {
        let m = new1 * g + beta1 * m;
        let surprise = g - m;
        let s = new2 * (surprise * surprise) + beta2 * s + eps;
        (w - lr * (m / correction1 / ((s / correction2).sqrt() + eps)), [m, s])
    });
}

/// A mean of squares that changes by no more than the square (Zaheer 2018).
pub(super) const YOGI: Rule = Rule {
    name: "yogi",
    settings: &["lr", "beta1", "beta2", "eps", "initial_accumulator"],
    arrays: |_| MEANS,
    start: |&[_, _, _, _, initial_accumulator, ..]| initial_accumulator as f32,
    update: yogi,
};

fn yogi(&[lr, beta1, beta2, eps, ..]: &Settings, t: u64, step: Step<'_>) {
    let [correction1, correction2] = single([bias_correction(beta1, t), bias_correction(beta2, t)]);
    let [lr, beta1, new1, new2, eps] = single([lr, beta1, 1.0 - beta1, 1.0 - beta2, eps]);
    step.each_weight(move |w, g, [m, v]| {
        let square = g * g;
        let m = new1 * g + beta1 * m;
        let v = v - new2 * sign(v - square) * square;
        (w - lr * (m / correction1 / ((v / correction2).sqrt() + eps)), [m, v])
    });
}

/// Nesterov momentum from differences of gradients (Xie 2022).
pub(super) const ADAN: Rule = Rule {
    name: "adan",
    settings: &["lr", "beta1", "beta2", "beta3", "eps", "weight_decay", "no_prox"],
    arrays: |_| &["exp_avg", "exp_avg_diff", "exp_avg_sq", "pre_grad"],
    start: zero,
    update: adan,
};

fn adan(&[lr, beta1, beta2, beta3, eps, weight_decay, no_prox, ..]: &Settings, t: u64, step: Step<'_>) {
    let (before, after) =
        if no_prox != 0.0 { (1.0 - lr * weight_decay, 1.0) } else { (1.0, 1.0 + lr * weight_decay) };
    let [of_mean, of_difference] =
        single([lr / bias_correction(beta1, t), lr * beta2 / bias_correction(beta2, t)]);
    let [root3, before, after] = single([bias_correction(beta3, t).sqrt(), before, after]);
    let [new1, beta2, new2, beta3, new3, eps] =
        single([1.0 - beta1, beta2, 1.0 - beta2, beta3, 1.0 - beta3, eps]);
    let first = t == 1;
    step.each_weight(move |w, g, [m, u, n, p]| {
        let d = if first { 0.0 } else { g - p };
        let m = lerp(m, g, new1);
        let u = beta2 * u + new2 * d;
        let ahead = d * beta2 + g;
        let n = beta3 * n + new3 * ahead * ahead;
        let root = n.sqrt() / root3 + eps;
        ((w * before - of_mean * m / root - of_difference * u / root) / after, [m, u, n, g])
    });
}
