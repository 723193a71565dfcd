//! Facts that need no reference: multipliers, invariances, inclusions, stability.

use crate::{numbers, one_step, optimizer, step, walk};

/// Steps along recorded gradients, from the same start.
fn replay(recipe: &str, gradients: &[Vec<f32>]) -> Vec<f32> {
    let mut optimizer = optimizer(recipe, gradients[0].len());
    let mut w = numbers(gradients[0].len(), 0);
    gradients.iter().for_each(|g| step(&mut optimizer, &mut w, g));
    w
}

fn stream(steps: usize) -> Vec<Vec<f32>> {
    (1..=steps).map(|step| numbers(50, step)).collect()
}

fn scaled(gradients: &[Vec<f32>], c: f32) -> Vec<Vec<f32>> {
    gradients.iter().map(|g| g.iter().map(|g| c * g).collect()).collect()
}

#[track_caller]
fn assert_near(a: &[f32], b: &[f32], tolerance: f32) {
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "weight {i}: {a} is not {b}");
    }
}

/// A constant gradient g gives m = (1 − β₁ᵗ)·g and v = (1 − β₂ᵗ)·g², so the correction makes every
/// step of Adam lr long; without it step t would be (1 − β₁ᵗ)/√(1 − β₂ᵗ) times that.
#[test]
fn bias_correction_cancels_the_start_at_0() {
    for steps in [1, 2, 10, 100] {
        for recipe in [
            "adam lr=0.01 eps=0",
            "adam lr=0.01 eps=0 beta1=0.5 beta2=0.9",
            "adam lr=0.01 eps=0 amsgrad=true",
        ] {
            let w = walk(recipe, &[0.0, 0.0], steps, |_| vec![0.3, -7.0]);
            let expected = 0.01 * steps as f32;
            assert_near(&w, &[-expected, expected], 2e-6);
        }
    }
}

/// RMSprop has no correction: its first step is 1/√(1 − α) times too long.
#[test]
fn rmsprops_first_step_is_uncorrected() {
    let w = walk("rmsprop lr=0.01 alpha=0.99 eps=0", &[0.0], 1, |_| vec![3.0]);
    assert_near(&w, &[-0.1], 1e-6);
}

/// With ε = 0 the size of the loss does not matter; powers of 2 are exact, so neither do the bits.
#[test]
fn a_multiple_of_the_loss_changes_nothing_without_eps() {
    let gradients = stream(30);
    let recipes = [
        "adam eps=0",
        "adam eps=0 amsgrad=true",
        "adamw eps=0",
        "rmsprop eps=0",
        "rmsprop eps=0 momentum=0.9",
        "adagrad eps=0",
    ];
    // 0/0 is no number, so no weight is without a gradient here.
    let gradients: Vec<Vec<f32>> =
        gradients.iter().map(|g| g.iter().map(|&g| if g == 0.0 { 0.5 } else { g }).collect()).collect();
    for recipe in recipes {
        assert_eq!(replay(recipe, &scaled(&gradients, 1024.0)), replay(recipe, &gradients), "{recipe}");
    }
}

/// … and for SGD it is the learning rate.
#[test]
fn a_multiple_of_the_loss_is_a_multiple_of_sgds_learning_rate() {
    let gradients = stream(30);
    for rest in ["", " momentum=0.5", " momentum=0.5 nesterov=true"] {
        let quarter = replay(&format!("sgd lr=0.25{rest}"), &gradients);
        assert_eq!(replay(&format!("sgd lr=1{rest}"), &scaled(&gradients, 0.25)), quarter, "{rest}");
    }
}

/// Adam without momentum is RMSprop but for the correction, which a learning rate can undo.
#[test]
fn rmsprop_is_adam_without_momentum_and_correction() {
    let steps = 25;
    let gradients = stream(steps);
    let mut rmsprop = optimizer("rmsprop lr=0.01 alpha=0.9 eps=0", 50);
    let (mut w, mut v) = (numbers(50, 0), numbers(50, 0));
    let mut square = [0.0_f64; 50];
    for (t, g) in (1..).zip(&gradients) {
        let g: Vec<f32> = g.iter().map(|&g| if g == 0.0 { 0.5 } else { g }).collect();
        rmsprop.step(&mut w, &g);
        // One corrected step, made from the state that Adam would have.
        for ((v, g), s) in v.iter_mut().zip(&g).zip(&mut square) {
            *s = 0.9 * *s + 0.1 * f64::from(*g).powi(2);
            let correction = 1.0 - 0.9_f64.powi(t);
            let adam = f64::from(*g) / (*s / correction).sqrt();
            *v -= (0.01 / correction.sqrt() * adam) as f32;
        }
    }
    assert_near(&w, &v, 2e-6);
}

/// Large ε: Adam is momentum with lr/ε. The correction m̂ is 1/(1 − β₁ᵗ), gone after many steps.
#[test]
fn adam_with_a_large_eps_is_momentum() {
    let gradients = stream(200);
    let after = |recipe: &str| {
        let (first, second) = (replay(recipe, &gradients[..100]), replay(recipe, &gradients));
        second.iter().zip(first).map(|(b, a)| b - a).collect::<Vec<f32>>()
    };
    // Adam's mean is (1 − β₁) times the sum that SGD keeps.
    assert_near(&after("adam lr=1e4 eps=1e6 beta2=0"), &after("sgd lr=1e-3 momentum=0.9"), 1e-4);
}

#[test]
fn settings_of_0_are_the_simpler_rule() {
    let gradients = stream(20);
    let pairs = [
        ("sgd momentum=1e-300", "sgd"),
        ("adam beta1=0 eps=1", "adam beta1=1e-300 eps=1"),
        ("adamw weight_decay=0", "adam"),
        ("rmsprop momentum=1e-300", "rmsprop"),
        ("adagrad lr_decay=1e-300", "adagrad"),
    ];
    for (general, simple) in pairs {
        assert_near(&replay(general, &gradients), &replay(simple, &gradients), 1e-6);
    }
}

/// For SGD, L2 in the gradient and decay next to it are one thing …
#[test]
fn sgds_l2_is_decoupled_decay() {
    let (lr, decay) = (0.125, 0.25);
    let with =
        walk("sgd lr=0.125 weight_decay=0.25", &[1.0, -2.0], 20, |w| w.iter().map(|w| w - 0.5).collect());
    let mut beside = [1.0, -2.0];
    for _ in 0..20 {
        beside = beside.map(|w: f32| w * (1.0 - lr * decay) - lr * (w - 0.5));
    }
    assert_near(&with, &beside, 1e-6);
}

/// … and for Adam they are not: inside the gradient, decay is divided by √v̂ with the rest.
#[test]
fn adams_l2_is_not_decoupled_decay() {
    let slope = |_: &[f32]| vec![1e4, 1e3];
    let inside = walk("adam lr=0.01 weight_decay=0.1", &[1.0, 1.0], 10, slope);
    let beside = walk("adamw lr=0.01 weight_decay=0.1", &[1.0, 1.0], 10, slope);
    let none = walk("adam lr=0.01", &[1.0, 1.0], 10, slope);
    // Outside of the gradient, both weights lose the same fraction; inside, a constant slope hides the decay.
    assert_near(&[beside[0] - none[0]], &[beside[1] - none[1]], 1e-6);
    assert_near(&inside, &none, 1e-6);
    assert!(beside[0] < none[0] - 0.005);
}

/// On ½·L·w² a step multiplies the error; it shrinks below the edge and grows above it:
/// 2/L, with momentum β 2(1 + β)/L, with Nesterov's 2(1 + β)/(L(1 + 2β)).
#[test]
fn stability_edges_on_a_quadratic() {
    let (curvature, beta) = (4.0_f64, 0.5_f64);
    let edges = [
        ("", 2.0 / curvature),
        (" momentum=0.5", 2.0 * (1.0 + beta) / curvature),
        (" momentum=0.5 nesterov=true", 2.0 * (1.0 + beta) / (curvature * (1.0 + 2.0 * beta))),
    ];
    for (rest, edge) in edges {
        let end = |lr: f64| {
            let recipe = format!("sgd lr={lr}{rest}");
            walk(&recipe, &[1.0], 1500, |w| vec![curvature as f32 * w[0]])[0].abs()
        };
        assert!(end(0.99 * edge) < 1e-3, "{rest} below the edge");
        assert!(end(1.01 * edge) > 1e3, "{rest} above the edge");
    }
}

/// Adamax, Lion and the sign rules step by lr whatever the size of a steady gradient.
#[test]
fn a_steady_gradient_gives_steps_of_the_learning_rate() {
    for rule in ["adamax", "lion", "sign_sgd", "signum", "laprop", "qhadam", "adam"] {
        let w = walk(&format!("{rule} lr=0.01"), &[0.0, 0.0], 50, |_| vec![3.0, -0.02]);
        assert_near(&w, &[-0.5, 0.5], 2e-5);
    }
}

#[test]
fn general_rules_contain_the_simpler_ones() {
    let gradients = stream(20);
    let pairs = [
        ("qhm lr=0.1 nu=0", "sgd lr=0.1"),
        ("aggmo lr=0.1 beta1=0.5 beta2=0.5 beta3=0.5", "sgd lr=0.1 momentum=0.5"),
        ("optimistic_gd lr=0.1 beta=0", "sgd lr=0.1"),
        ("noisy_sgd lr=0.1 eta=0", "sgd lr=0.1"),
        ("asgd lr=0.1 lambd=0", "sgd lr=0.1"),
        ("signum momentum=0", "sign_sgd"),
        ("lion beta1=0", "sign_sgd lr=1e-4"),
        ("qhadam beta1=0.9 nu1=1", "adam"),
        ("ademamix alpha=0", "adam"),
        ("laprop lr=1e-3 beta1=0 eps=1e-8", "adam beta1=0"),
        ("nadamw weight_decay=0", "nadam"),
        ("adan beta1=0.9 beta2=0 beta3=0.999", "adam"),
        ("radam lr=0.1 beta2=0.5 beta1=0", "sgd lr=0.1"),
        ("qhm lr=0.5 momentum=0.8 nu=1", "sgd lr=0.1 momentum=0.8"),
        ("qhm lr=0.5 momentum=0.8 nu=0.8", "sgd lr=0.1 momentum=0.8 nesterov=true"),
        ("lion lr=1e-3 beta1=0.75 beta2=0.75", "signum momentum=0.75"),
        ("ademamix alpha=0 weight_decay=0.01", "adamw"),
        ("sgdp delta=0", "sgd momentum=0.9"),
        ("adamp delta=0 weight_decay=0.01", "adamw"),
        ("adabound gamma=0 eps=1e-30", "adam eps=1e-30"),
        ("amsbound gamma=0 eps=1e-30", "adam eps=1e-30 amsgrad=true"),
        ("mars adamw_lr=1e-3 adamw_beta2=0.999 adamw_weight_decay=0.01", "adamw"),
        ("shampoo lr=0.1 max_dim=0 eps=1e-30 precondition_every=1", "adagrad lr=0.1 eps=1e-15"),
        ("shampoo lr=0.1 momentum=0.9 max_dim=0 eps=1e30 precondition_every=1", "sgd lr=1e-16 momentum=0.9"),
        ("momo lr=0.1 beta=0", "polyak_sps max_lr=0.1 positive=true"),
        ("polyak_sps max_lr=0.01 f_min=-1e30", "sgd lr=0.01"),
        ("momo lr=0.01 beta=0 lower_bound=-1e30", "sgd lr=0.01"),
    ];
    for (general, simple) in pairs {
        assert_near(&replay(general, &gradients), &replay(simple, &gradients), 2e-6);
    }
}

/// SOAP's first gradient only gives the axes, and of a vector not even those.
#[test]
fn soap_on_a_vector_is_adam_a_step_later() {
    let gradients = stream(20);
    let soap = replay("soap lr=1e-3 beta1=0.9 beta2=0.999 eps=1e-30 weight_decay=0", &gradients);
    assert_near(&soap, &replay("adam eps=1e-30", &gradients[1..]), 2e-6);
}

/// Of ½·‖w‖², what is left over the gradient's square is ½: the weights are halved at every step.
#[test]
fn polyaks_step_size_on_a_bowl_is_a_half() {
    let mut polyak = optimizer("polyak_sps", 3);
    let mut w = [3.0, -5.0, 0.25];
    for t in 1..=20 {
        polyak.step_on(&mut w, &mut |w, g| {
            g.copy_from_slice(w);
            w.iter().map(|&w| 0.5 * f64::from(w).powi(2)).sum()
        });
        assert_eq!(w, [3.0, -5.0, 0.25].map(|w| w * 0.5_f32.powi(t)));
    }
}

/// A gambler's first bet is 1/α, whatever the size of the gradient.
#[test]
fn cocobs_first_step_is_1_over_alpha() {
    for size in [1e-6, 1.0, 1e6] {
        assert_near(&[one_step("cocob alpha=50", 0.0, size)], &[-1.0 / 50.0], 1e-6);
        assert_near(&[one_step("cocob alpha=50", 0.0, -size)], &[1.0 / 50.0], 1e-6);
    }
}

/// QHM's mean starts at 0 and SGD's velocity at the first gradient, so the first one is 0 here.
#[test]
fn qhm_with_all_weight_on_the_mean_is_damped_momentum() {
    let gradients: Vec<Vec<f32>> = std::iter::once(vec![0.0; 50]).chain(stream(20)).collect();
    let qhm = replay("qhm lr=0.1 momentum=0.9 nu=1", &gradients);
    assert_near(&qhm, &replay("sgd lr=0.1 momentum=0.9 dampening=0.9", &gradients), 2e-6);
}

/// The bounds meet at final_lr: then AdaBound is SGD with a mean for momentum.
#[test]
fn adabound_ends_as_sgd() {
    let mut adabound = optimizer("adabound final_lr=0.125 gamma=1e9 beta1=0", 1);
    let mut w = [0.0];
    adabound.step(&mut w, &[3.0]);
    assert_near(&w, &[-0.375], 1e-6);
}

/// Noise has mean 0 and variance η/tᵞ, is new for each weight and step, and follows the seed.
#[test]
fn noisy_sgds_noise_fades_as_declared() {
    let n = 40_000;
    let zeros = vec![0.0; n];
    let mut optimizer = optimizer("noisy_sgd lr=1 eta=0.25 gamma=0.5 seed=3", n);
    let mut w = zeros.clone();
    let mut last = zeros.clone();
    for t in 1..=16 {
        let before = w.clone();
        optimizer.step(&mut w, &zeros);
        let noise: Vec<f64> = w.iter().zip(&before).map(|(a, b)| f64::from(a - b)).collect();
        let variance = 0.25 / f64::from(t).sqrt();
        let mean = noise.iter().sum::<f64>() / n as f64;
        let found = noise.iter().map(|x| x * x).sum::<f64>() / n as f64;
        // Five standard errors.
        assert!(mean.abs() < 5.0 * (variance / n as f64).sqrt(), "mean {mean} at step {t}");
        assert!(
            (found / variance - 1.0).abs() < 5.0 * (2.0 / n as f64).sqrt(),
            "variance {found} at step {t}"
        );
        let with_last = noise.iter().zip(&last).map(|(x, &y)| x * f64::from(y)).sum::<f64>() / n as f64;
        assert!(
            with_last.abs() < 5.0 * (variance * 0.25 / n as f64).sqrt(),
            "steps {t} and before go together"
        );
        last = noise.iter().map(|&x| x as f32).collect();
    }
    let one = |seed: u32| walk(&format!("noisy_sgd seed={seed}"), &[0.0; 4], 1, |_| vec![0.0; 4]);
    assert_eq!(one(1), one(1));
    assert_ne!(one(1), one(2));
}
