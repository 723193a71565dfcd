//! Steps of each wrapper, against numbers worked out by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use optim::Optimizer;
use tensor::{Layout, Role};

use crate::numbers;
use crate::wrapped_bits::spec;

fn optimizer(wrappers: &[&str], rule: &str, weights: usize) -> Optimizer {
    Optimizer::of_slice(spec(wrappers, rule), weights).expect(rule)
}

/// The weights and those to evaluate at after each of these gradients of one weight that starts at 1.
fn walk(optimizer: &mut Optimizer, gradients: &[f32]) -> Vec<[f32; 2]> {
    let mut w = [1.0];
    let mut step = |g: &f32| {
        optimizer.step(&mut w, &[*g]);
        [w[0], optimizer.evaluation_weights(&w)[0]]
    };
    gradients.iter().map(&mut step).collect()
}

/// f = w²: from 1 the gradient is 2; at the worst place nearby, 1.25, it is 2.5.
#[test]
fn sam_steps_with_the_gradient_at_the_worst_place_nearby() {
    let mut square = |w: &[f32], gradient: &mut [f32]| {
        gradient[0] = 2.0 * w[0];
        f64::from(w[0] * w[0])
    };
    let mut w = [1.0];
    let mut sam = optimizer(&["sam rho=0.25"], "sgd lr=0.125", 1);
    assert_eq!(sam.step_on(&mut w, &mut square), 1.0);
    assert_eq!((w, sam.gradient_calls()), ([1.0 - 0.125 * 2.5], 2));
}

/// T·g = (2·3, 1·4) has the norm √52; the second weight is a bias, for which T is 1.
#[test]
fn asam_measures_nearness_in_shares_of_a_weight() {
    let mut layout = Layout::new();
    layout.push("weight", [1], Role::Matrix);
    layout.push("bias", [1], Role::Bias);
    let mut seen = vec![];
    let mut objective = |w: &[f32], gradient: &mut [f32]| {
        seen.push([w[0], w[1]]);
        gradient.copy_from_slice(&[3.0, 4.0]);
        0.0
    };
    let mut asam = Optimizer::of(spec(&["asam rho=0.5 eta=0.5"], "sgd lr=1"), layout).expect("valid");
    let mut w = [-1.5, 8.0];
    asam.step_on(&mut w, &mut objective);
    assert_eq!(w, [-4.5, 4.0]);
    let along = 0.5 / 52.0_f32.sqrt();
    let expected = [-1.5 + along * 4.0 * 3.0, 8.0 + along * 4.0];
    assert!(seen[1].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{seen:?}");
}

/// Two steps of −1 from 1 lead to −1; half of the way back is 0.
#[test]
fn lookahead_goes_back_some_of_the_way() {
    let mut lookahead = optimizer(&["lookahead k=2 alpha=0.5"], "sgd lr=1", 1);
    assert_eq!(walk(&mut lookahead, &[1.0; 4]), [[0.0, 1.0], [0.0, 0.0], [-1.0, 0.0], [-1.0, -1.0]]);
}

#[test]
fn ema_is_a_running_mean_from_the_start() {
    let mut ema = optimizer(&["ema decay=0.5 warm_up=false"], "sgd lr=1", 1);
    assert_eq!(walk(&mut ema, &[1.0, 1.0]), [[0.0, 0.5], [-1.0, -0.25]]);
    // With the warm-up, the decay of the first step is 2/11.
    let mut ema = optimizer(&["ema decay=0.5"], "sgd lr=1", 1);
    assert!((walk(&mut ema, &[1.0])[0][1] - 2.0 / 11.0).abs() < 1e-7);
    // And it does not go beyond what is asked for.
    let mut ema = optimizer(&["ema decay=0.125"], "sgd lr=1", 1);
    assert_eq!(walk(&mut ema, &[1.0]), [[0.0, 0.125]]);
}

/// Until an average begins, the weights themselves are evaluated.
#[test]
fn averages_begin_after_their_share() {
    let mut swa = optimizer(&["swa start=25% every=2"], "sgd lr=1", 1).with_total_steps(8);
    assert_eq!(
        walk(&mut swa, &[1.0; 7]),
        [[0.0, 0.0], [-1.0, -1.0], [-2.0, -2.0], [-3.0, -3.0], [-4.0, -3.0], [-5.0, -4.0], [-6.0, -4.0]]
    );
    let mut tail = optimizer(&["tail_average start=25%"], "sgd lr=1", 1).with_total_steps(8);
    assert_eq!(
        walk(&mut tail, &[1.0; 5]),
        [[0.0, 0.0], [-1.0, -1.0], [-2.0, -2.0], [-3.0, -2.5], [-4.0, -3.0]]
    );
}

/// An average that begins after a fraction of the updates needs their number, as a schedule does: to begin at once
/// would be another average. One that begins after a number of updates needs none.
#[test]
fn an_average_of_a_fraction_needs_a_total() {
    for wrappers in [&["swa"][..], &["tail_average"], &["swa start=3"], &["ema", "swa every=2"]] {
        let mut average = optimizer(wrappers, "sgd lr=1", 1);
        let step = AssertUnwindSafe(|| average.step(&mut [1.0], &[1.0]));
        let why = catch_unwind(step).expect_err("a panic");
        let why = why.downcast_ref::<String>().expect("a message");
        assert!(why.ends_with("expected `with_total_steps` before the first step"), "{why}");
    }
    for wrapper in ["swa start=0 every=1", "tail_average start=0"] {
        let mut average = optimizer(&[wrapper], "sgd lr=1", 1);
        assert_eq!(walk(&mut average, &[1.0; 3]), [[0.0, 0.0], [-1.0, -0.5], [-2.0, -1.0]], "{wrapper}");
    }
}

/// An average of averages: what is averaged is what would be evaluated.
#[test]
fn averages_are_of_what_is_evaluated_inside() {
    let mut average = optimizer(&["tail_average start=0"], "sgd lr=1", 1);
    let mut of_lookahead = optimizer(&["tail_average start=0", "lookahead k=2"], "sgd lr=1", 1);
    let evaluated = |optimizer: &mut Optimizer| walk(optimizer, &[1.0; 4]).into_iter().map(|[_, w]| w);
    assert!(evaluated(&mut average).eq([0.0, -0.5, -1.0, -1.5]));
    assert!(evaluated(&mut of_lookahead).zip([1.0, 0.5, 1.0 / 3.0, 0.0]).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn accumulated_batches_are_one_step() {
    let recipe = "sgd lr=0.5 momentum=0.5";
    let mut accumulated = optimizer(&["accumulate every=3"], recipe, 1);
    let mut at_once = optimizer(&[], recipe, 1);
    let found = walk(&mut accumulated, &[1.0, 2.0, 6.0, -1.0, 0.0, 4.0, 9.0]);
    let expected = walk(&mut at_once, &[3.0, 1.0]);
    assert_eq!(found[1], [1.0, 1.0]);
    assert_eq!([found[2], found[5], found[6]], [expected[0], expected[1], expected[1]]);
    assert_eq!((accumulated.steps(), accumulated.gradient_calls()), (2, 7));
    assert_eq!(accumulated.spec().updates(7), 2);
}

/// A schedule counts updates: the second is half way down, whatever the number of batches.
#[test]
fn schedules_count_updates_not_batches() {
    let mut spec = spec(&["accumulate every=2"], "sgd lr=1");
    spec.schedule = "linear".parse().expect("a schedule");
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(2);
    let weights: Vec<f32> = walk(&mut optimizer, &[1.0; 4]).into_iter().map(|[w, _]| w).collect();
    assert_eq!(weights, [1.0, 0.0, 0.0, -0.5]);
}

/// Counters of steps count those that the rule makes: around or inside, accumulation leads to the same.
#[test]
fn wrappers_count_updates_wherever_accumulation_is() {
    for wrapper in
        ["lookahead k=2", "ema decay=0.9", "swa start=2 every=2", "tail_average start=1", "cautious"]
    {
        let run = |wrappers: &[&str]| {
            let mut optimizer = optimizer(wrappers, "adam lr=0.1", 24);
            let mut w = numbers(24, 0);
            (1..=15).for_each(|step| optimizer.step(&mut w, &numbers(24, step)));
            (w.clone(), optimizer.evaluation_weights(&w).into_owned())
        };
        assert_eq!(run(&[wrapper, "accumulate every=3"]), run(&["accumulate every=3", wrapper]), "{wrapper}");
    }
}

/// The loss that a rule inside asks for is of all the batches that make its gradient.
#[test]
fn accumulation_hands_on_the_mean_loss() {
    let mut seen: Vec<Vec<f64>> = vec![];
    let mut optimizer = optimizer(&["accumulate every=2", "accumulate every=2"], "sgd lr=1", 1);
    for loss in [1.0, 2.0, 3.0, 6.0] {
        optimizer.step_with(&mut [1.0], &[1.0], loss, &mut |_, _| 0.0);
        let state = optimizer.state_dict();
        seen.push(
            state.scalars.iter().filter(|(name, _)| name.ends_with("mean_loss")).map(|s| s.1).collect(),
        );
    }
    let expected: [Vec<f64>; 4] = [vec![1.0, 0.0], vec![0.0, 1.5], vec![3.0, 1.5], vec![0.0, 0.0]];
    assert_eq!(seen, expected);
}

#[test]
fn steps_that_are_not_finite_are_left_out_until_there_are_too_many() {
    let mut skipping = optimizer(&["if_finite most=2"], "sgd lr=1", 1);
    let nan = f32::NAN;
    let found = walk(&mut skipping, &[1.0, nan, f32::INFINITY, 1.0, nan]);
    assert_eq!(found, [0.0, 0.0, 0.0, -1.0, -1.0].map(|w| [w, w]));
    let counted = |optimizer: &Optimizer| optimizer.state_dict().scalars;
    let expected = [("calls", 5.0), ("in_a_row", 1.0), ("in_all", 3.0)];
    assert_eq!(counted(&skipping), expected.map(|(name, x)| (format!("if_finite/{name}"), x)));
    assert_eq!((skipping.steps(), skipping.gradient_calls()), (2, 5));
    // The third in a row is made.
    let found = walk(&mut skipping, &[nan, nan]);
    assert!(found[0][0] == 1.0 && found[1][0].is_nan());
}

/// Momentum carries the second weight on uphill; the first makes its step and that of the other.
#[test]
fn cautious_leaves_out_what_goes_uphill() {
    let mut cautious = optimizer(&["cautious"], "sgd lr=1 momentum=0.5", 2);
    let mut w = [8.0, 8.0];
    cautious.step(&mut w, &[1.0, 4.0]);
    assert_eq!(w, [7.0, 4.0]);
    // The buffers are 0.5·1 + 1 and 0.5·4 − 1.
    cautious.step(&mut w, &[1.0, -1.0]);
    assert_eq!(w, [7.0 - 2.0 * 1.5, 4.0]);
}

/// If nothing goes downhill, nothing moves; and the mean is a parameter's own.
#[test]
fn cautious_looks_at_one_parameter_at_a_time() {
    let mut layout = Layout::new();
    layout.push("a", [2], Role::Bias);
    layout.push("none", [0], Role::Bias);
    layout.push("b", [2], Role::Bias);
    let mut cautious = Optimizer::of(spec(&["cautious"], "sgd lr=1 momentum=0.5"), layout).expect("valid");
    let mut w = [8.0; 4];
    cautious.step(&mut w, &[4.0, 4.0, 1.0, 1.0]);
    cautious.step(&mut w, &[-1.0, -1.0, 1.0, -0.25]);
    assert_eq!(w, [4.0, 4.0, 7.0 - 2.0 * 1.5, 7.0]);
}

/// The mask is of the gradient that the step was made with, also where a wrapper inside has changed it.
#[test]
fn cautious_sees_the_gradient_that_the_rule_sees() {
    let mut cautious = optimizer(&["cautious", "accumulate every=2"], "sgd lr=1", 1);
    let weights: Vec<f32> = walk(&mut cautious, &[4.0, -1.0]).into_iter().map(|[w, _]| w).collect();
    assert_eq!(weights, [1.0, -0.5]);
}

#[test]
fn centralized_gradients_have_no_mean_in_a_row() {
    let mut layout = Layout::new();
    layout.push("matrix", [2, 3], Role::Matrix);
    layout.push("bias", [2], Role::Bias);
    layout.push("empty", [3, 0], Role::Matrix);
    layout.push("kernel", [2, 2, 2], Role::Matrix);
    let gradient = [1.0, 2.0, 6.0, 0.0, 0.0, 3.0, 5.0, 7.0, 1.0, 1.0, 1.0, 5.0, 0.0, 8.0, 0.0, 0.0];
    let step = |wrapper: &str| {
        let mut optimizer = Optimizer::of(spec(&[wrapper], "sgd lr=1"), layout.clone()).expect("valid");
        let mut w = [0.0; 16];
        optimizer.step(&mut w, &gradient);
        w.map(|w| -w)
    };
    let kernel = [-1.0, -1.0, -1.0, 3.0, -2.0, 6.0, -2.0, -2.0];
    let [matrix, bias] = [&[-2.0, -1.0, 3.0, -1.0, -1.0, 2.0][..], &[5.0, 7.0]];
    assert_eq!(step("centralized"), *[matrix, bias, &kernel].concat());
    assert_eq!(step("centralized kernels_only=true"), *[&gradient[..6], bias, &kernel].concat());
}
