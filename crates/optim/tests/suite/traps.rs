//! Where well-known libraries differ from the source or from each other, one test a trap.

use optim::{Optimizer, OptimizerSpec, rules};

use crate::{one_step, optimizer, step, walk};

fn default_of(rule: &str, hyper: &str) -> f64 {
    let rule = rules::by_name(rule).expect("registered");
    rule.get(hyper).expect("declared").try_into().expect("a number")
}

fn close(a: f32, b: f64) {
    assert!((f64::from(a) - b).abs() <= 2e-7 * b.abs().max(1e-30), "{a} is not {b}");
}

/// m̂/(√v̂ + ε), not m̂/√(v̂ + ε), and not ε̂, which is added before the correction.
#[test]
fn adams_eps_is_added_to_the_root_after_the_correction() {
    assert_eq!(default_of("adam", "eps"), 1e-8);
    let (g, eps) = (1e-4, 1e-2);
    let step = one_step("adam lr=1 eps=1e-2", 0.0, g as f32);
    // At the first step m̂ = g and v̂ = g².
    close(step, -f64::from(g as f32) / (f64::from(g as f32) + eps));
    let (inside, eps_hat) = (g / (g * g + eps).sqrt(), g / (g + eps / 0.001_f64.sqrt()));
    assert!((f64::from(step) + inside).abs() > 1e-3 && (f64::from(step) + eps_hat).abs() > 1e-3);
}

/// In single precision 1 − 0.999¹ is off by 1.3e-5.
#[test]
fn bias_correction_is_computed_in_double_precision() {
    let beta2: f32 = 0.999;
    let single = f64::from(1.0 - beta2) / (1.0 - 0.999_f64);
    assert!((single - 1.0).abs() > 1e-5);
    // Exact correction makes the first step lr, whatever β₂ is.
    for beta2 in ["0.9", "0.999", "0.99999"] {
        close(one_step(&format!("adam lr=1 eps=0 beta2={beta2}"), 0.0, 0.3), -1.0);
    }
}

/// Only Rust's `signum` says 1 for 0: a weight without a gradient stays, whatever the rule.
#[test]
fn a_weight_that_never_has_a_gradient_stays() {
    for rule in rules::all() {
        let mut recipe = rule.to_string();
        for decay in ["weight_decay", "lambd", "adamw_weight_decay"] {
            if rule.get(decay).is_some() {
                recipe += &format!(" {decay}=0");
            }
        }
        if rule.info().name != "noisy_sgd" {
            assert_eq!(walk(&recipe, &[0.75], 3, |_| vec![0.0]), [0.75], "{recipe}");
        }
    }
}

/// optax and Keras put it inside the root.
#[test]
fn rmsprops_eps_is_outside_the_root() {
    let g = f64::from(1e-3_f32);
    close(one_step("rmsprop lr=1 alpha=0 eps=1e-2", 0.0, 1e-3), -g / (g + 1e-2));
}

/// burn ships 0.9.
#[test]
fn rmsprops_momentum_is_0() {
    assert_eq!(default_of("rmsprop", "momentum"), 0.0);
}

/// burn ships 0.1, which also acts at the first step.
#[test]
fn sgds_first_momentum_step_is_the_raw_gradient() {
    assert_eq!(default_of("sgd", "dampening"), 0.0);
    assert_eq!(one_step("sgd lr=1 momentum=0.9 dampening=0.5", 0.0, 0.25), -0.25);
}

/// d = g + μ·v, where v does not contain the learning rate: a change of lr acts at once.
#[test]
fn nesterovs_velocity_does_not_contain_the_learning_rate() {
    let mut optimizer = optimizer("sgd lr=1 momentum=0.5 nesterov=true", 1)
        .with_schedule("step every=1 gamma=0.5".parse().expect("valid"), 2);
    let mut w = [0.0];
    optimizer.step(&mut w, &[1.0]);
    assert_eq!(w, [-1.5]); // v = 1, d = 1 + 0.5·1
    optimizer.step(&mut w, &[1.0]);
    assert_eq!(w, [-1.5 - 0.5 * 1.75]); // v = 1.5, d = 1 + 0.5·1.5, lr = 0.5
}

/// optax and Keras start from 0.1, with ε = 1e-7.
#[test]
fn adagrad_starts_from_0() {
    assert_eq!(default_of("adagrad", "initial_accumulator"), 0.0);
    assert_eq!(default_of("adagrad", "eps"), 1e-10);
    close(one_step("adagrad lr=0.5", 0.0, 1e-3), -0.5);
}

/// 0.01, times the learning rate, before the step.
#[test]
fn adamws_decay_is_multiplied_by_the_learning_rate_and_comes_first() {
    assert_eq!(default_of("adamw", "weight_decay"), 0.01);
    assert_eq!(default_of("adam", "weight_decay"), 0.0);
    assert_eq!(one_step("adamw lr=0.5 weight_decay=0.5", 1.0, 0.0), 0.75);
    // Decay first: 1·0.75 − 0.5·sign(g). Decay last would be (1 − 0.5)·0.75.
    assert!((one_step("adamw lr=0.5 weight_decay=0.5", 1.0, 1.0) - 0.25).abs() < 1e-6);
}

/// burn clips each tensor: then a large gradient of one does not shrink the others'.
#[test]
fn clipping_is_by_the_norm_over_all_weights() {
    let mut w = [0.0, 0.0];
    let mut sgd = optimizer("sgd lr=1", 2).with_clip_norm(5.0).expect("positive");
    sgd.step(&mut w, &[30.0, 40.0]);
    close(w[0], -3.0);
    close(w[1], -4.0);
}

/// PyTorch adds up the norm in single precision, where the squares are infinite; then the step is lost.
#[test]
fn a_huge_gradient_is_clipped_and_not_lost() {
    for size in [1e20, 1e30, 1e38] {
        let mut w = [0.0, 0.0];
        let mut sgd = optimizer("sgd lr=1", 2).with_clip_norm(5.0).expect("positive");
        sgd.step(&mut w, &[0.6 * size, 0.8 * size]);
        close(w[0], -3.0);
        close(w[1], -4.0);
    }
}

/// Averages are what one evaluates at; who asks for the weights to evaluate at cannot forget it.
#[test]
fn evaluation_weights_are_the_average_where_there_is_one() {
    let recipes = [
        ("schedule_free_sgd lr=0.1", true),
        ("schedule_free_adamw lr=0.1", true),
        ("asgd lr=0.1 t0=0", true),
        ("ema(sgd lr=0.1) decay=0.5", true),
        ("swa(sgd lr=0.1) start=10%", true),
        ("tail_average(sgd lr=0.1)", true),
        ("lookahead(sgd lr=0.1) k=5", true),
        ("sgd lr=0.1", false),
        ("sam(adam lr=0.1)", false),
    ];
    for (recipe, has_average) in recipes {
        let spec: OptimizerSpec = recipe.parse().expect(recipe);
        let mut optimizer = Optimizer::of_slice(spec, 2).expect(recipe).with_total_steps(12);
        let mut w = [1.0, -2.0];
        for t in 0..12 {
            step(&mut optimizer, &mut w, &[1.0 - 0.1 * t as f32, 0.5]);
        }
        assert_eq!(*optimizer.evaluation_weights(&w) != w, has_average, "{recipe}");
    }
}

/// A schedule moves once an update, and is told nothing of how many batches made the gradient.
#[test]
fn a_schedule_counts_updates() {
    let mut sgd = optimizer("sgd lr=1", 1).with_schedule("step every=2 gamma=0.5".parse().expect("valid"), 6);
    let mut rates = vec![];
    for _ in 0..6 {
        rates.push(sgd.learning_rate().expect("sgd has one"));
        sgd.step(&mut [0.0], &[0.0]);
    }
    assert_eq!(rates, [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
}

/// The crate of optimizers for candle ships 1.0.
#[test]
fn adamaxs_learning_rate_is_2e_3() {
    assert_eq!(default_of("adamax", "lr"), 2e-3);
    close(one_step("adamax", 0.0, 100.0), -2e-3);
}

/// With momentum_decay, the share of the momentum grows from half of β₁; optax has a constant β₁.
#[test]
fn nadams_momentum_grows_by_a_schedule() {
    assert_eq!(default_of("nadam", "momentum_decay"), 4e-3);
    // At the first step m = (1 − β₁)·g, v̂ = g² and the product of all μ so far is μ₁.
    let mu = |t: f64| 0.9 * (1.0 - 0.5 * 0.96_f64.powf(4e-3 * t));
    let expected = -((1.0 - mu(1.0)) / (1.0 - mu(1.0)) + mu(2.0) * 0.1 / (1.0 - mu(1.0) * mu(2.0)));
    close(one_step("nadam lr=1 eps=0", 0.0, 0.25), expected);
}

/// A weight whose step is not decided must not walk: the sign of 0 is 0.
#[test]
fn sign_rules_take_no_step_for_a_gradient_of_0() {
    for recipe in ["sign_sgd lr=1", "signum lr=1", "lion lr=1", "rprop lr=1"] {
        assert_eq!(one_step(recipe, 0.5, 0.0), 0.5, "{recipe}");
        assert_eq!(one_step(recipe, 0.5, -0.0), 0.5, "{recipe}");
    }
}

/// t^¼ with t counted from the first step that moves; and the first step of all does not move.
#[test]
fn adopts_clip_grows_with_the_fourth_root() {
    let mut adopt = optimizer("adopt lr=1 beta1=0 beta2=0.5", 1);
    let mut w = [0.0];
    adopt.step(&mut w, &[1e-3]);
    assert_eq!(w, [0.0]);
    for t in 1..10 {
        let before = w[0];
        // A hundred times the gradient before, so every one is clipped.
        adopt.step(&mut w, &[1e-3 * 100.0_f32.powi(t)]);
        assert!((f64::from(before - w[0]) - f64::from(t).powf(0.25)).abs() < 2e-6);
    }
}

/// Decay pulls by η·λ whatever the gradient.
#[test]
fn lions_and_nadamws_decay_is_decoupled() {
    assert_eq!(one_step("lion lr=0.5 weight_decay=0.5", 1.0, 0.0), 0.75);
    assert_eq!(one_step("nadamw lr=0.5 weight_decay=0.5", 1.0, 0.0), 0.75);
    assert_eq!(default_of("nadamw", "weight_decay"), 0.01);
    assert_eq!(default_of("nadam", "weight_decay"), 0.0);
}

/// The rule steps on other weights than it is evaluated at, and hands both out.
#[test]
fn asgd_is_evaluated_at_the_average() {
    let mut asgd = optimizer("asgd lr=0.1 lambd=0 t0=5", 1);
    let mut w = [1.0];
    assert_eq!(*asgd.evaluation_weights(&w), [1.0]);
    let mut seen = vec![];
    for t in 1..=12 {
        asgd.step(&mut w, &[if t % 2 == 0 { 3.0 } else { -1.0 }]);
        if t <= 6 {
            assert_eq!(*asgd.evaluation_weights(&w), w);
        }
        if t > 6 {
            seen.push(f64::from(w[0]));
        }
    }
    assert!(
        (f64::from(asgd.evaluation_weights(&w)[0]) - seen.iter().sum::<f64>() / seen.len() as f64).abs()
            < 1e-6
    );
    let adam = optimizer("adam", 1);
    assert_eq!(*adam.evaluation_weights(&w), w);
}
