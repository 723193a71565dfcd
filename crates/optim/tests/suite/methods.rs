//! Parts around a rule: schedules of hyperparameters, a plateau, clipping, maximizing, and counting.

use std::panic::{AssertUnwindSafe, catch_unwind};

use optim::{
    DynClip, Group, GroupRule, HyperSchedule, Info, Optimizer, OptimizerSpec, PlateauSettings, Requires,
    Rule, Slot, Update, clips, hyperparameters, schedules,
};
use tensor::{Layout, Role};

use crate::wrapped_bits::spec;

fn plain(rule: &str) -> OptimizerSpec {
    spec(&[], rule)
}

/// From one value to another in a straight line.
fn line(name: &str, from: f64, to: f64) -> (String, HyperSchedule) {
    (name.to_string(), HyperSchedule::Between(schedules::by_name("linear").expect("linear"), from, to))
}

fn factor(name: &str, schedule: &str) -> (String, HyperSchedule) {
    (name.to_string(), HyperSchedule::Factor(schedule.parse().expect(schedule)))
}

/// One weight that starts at 1, after each of these gradients.
fn walk(optimizer: &mut Optimizer, gradients: &[f32]) -> Vec<f32> {
    let mut w = [1.0];
    let mut step = |g: &f32| {
        optimizer.step(&mut w, &[*g]);
        w[0]
    };
    gradients.iter().map(&mut step).collect()
}

/// Momentum 0.25, 0.5, 0.75, 1 in four of four steps, and then 1: v = 1, 1.5, 2.125, 3.125 − …
#[test]
fn a_hyperparameter_goes_from_one_value_to_another() {
    let hyper_schedules = vec![line("momentum", 0.25, 1.25)];
    let spec = OptimizerSpec { hyper_schedules, ..plain("sgd lr=1 momentum=0.9") };
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(4);
    let [mut v, mut w, mut expected] = [0.0, 1.0, 0.0_f32];
    let found = walk(&mut optimizer, &[1.0; 6]);
    for (found, momentum) in found.into_iter().zip([0.25, 0.5, 0.75, 1.0, 1.25, 1.25]) {
        v = momentum * v + 1.0;
        w -= v;
        expected = w;
        assert_eq!(found, expected);
    }
    assert!(expected < -8.0);
}

/// Adam's correction of the mean's bias takes the β₁ of the step.
#[test]
fn beta1_of_adam_moves() {
    let hyper_schedules = vec![line("beta1", 0.0, 0.5)];
    let spec = OptimizerSpec { hyper_schedules, ..plain("adam lr=1 beta2=0 eps=0") };
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(2);
    // β₁ = 0, 0.25, 0.5: m = 2, 0.5 + 3, 1.75 + 0.5; v̂ = g².
    let expected = [1.0 - 1.0, -(3.5 / 0.9375) / 4.0, -(3.5 / 0.9375) / 4.0 - (2.25 / 0.875) / 1.0];
    for (found, expected) in walk(&mut optimizer, &[2.0, 4.0, 1.0]).into_iter().zip(expected) {
        assert!((f64::from(found) - expected).abs() < 1e-6, "{found} {expected}");
    }
}

/// λ = 0.5, 0.25, 0 times a learning rate that stays.
#[test]
fn a_hyperparameter_is_multiplied_by_a_schedule() {
    let hyper_schedules = vec![factor("weight_decay", "linear")];
    let spec = OptimizerSpec { hyper_schedules, ..plain("adamw lr=1 weight_decay=0.5") };
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(2);
    assert_eq!(walk(&mut optimizer, &[0.0; 3]), [0.5, 0.375, 0.375]);
}

/// f = w² with ρ from 0 to 0.5: the gradient is taken at w, then at w + 0.25.
#[test]
fn a_wrappers_hyperparameter_moves() {
    let spec =
        OptimizerSpec { hyper_schedules: vec![line("rho", 0.0, 0.5)], ..spec(&["sam"], "sgd lr=0.125") };
    let mut sam = Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(2);
    let mut w = [1.0];
    let mut square = |w: &[f32], gradient: &mut [f32]| {
        gradient[0] = 2.0 * w[0];
        f64::from(w[0] * w[0])
    };
    sam.step_on(&mut w, &mut square);
    assert_eq!(w, [0.75]);
    sam.step_on(&mut w, &mut square);
    assert_eq!(w, [0.75 - 0.125 * 2.0]);
}

/// A group's own value, and the 0 of `no_decay`, are theirs; a factor multiplies them too.
#[test]
fn a_schedule_leaves_the_settings_of_a_group_alone() {
    let mut layout = Layout::new();
    layout.push("w", [1], Role::Matrix);
    layout.push("b", [1], Role::Bias);
    layout.push("s", [1], Role::Norm);
    let own = GroupRule::Settings(vec![("weight_decay".to_string(), 0.5.into())]);
    let run = |course| {
        let spec = OptimizerSpec {
            hyper_schedules: vec![course],
            no_decay: vec!["norm".into()],
            groups: vec![Group { selector: "bias".into(), rule: own.clone() }],
            ..plain("adamw lr=1 weight_decay=0.25")
        };
        let mut optimizer = Optimizer::of(spec, layout.clone()).expect("valid").with_total_steps(2);
        let mut w = [1.0; 3];
        (0..2).for_each(|_| optimizer.step(&mut w, &[0.0; 3]));
        w
    };
    // 0.25, then 0.5; and 0.25, then 0.125, of what others have twice as much.
    assert_eq!(run(line("weight_decay", 0.25, 0.75)), [0.75 * 0.5, 0.5 * 0.5, 1.0]);
    assert_eq!(run(factor("weight_decay", "linear")), [0.75 * 0.875, 0.5 * 0.75, 1.0]);
}

/// Half a batch cannot be gathered, and half a step of an iteration cannot be made.
#[test]
fn a_number_of_something_has_no_course() {
    for (wrappers, rule, of, name) in [
        (&["accumulate"][..], "sgd", "accumulate", "every"),
        (&["lookahead"], "sgd", "lookahead", "k"),
        (&[], "muon", "muon", "ns_steps"),
    ] {
        for course in [line(name, 2.0, 8.0), factor(name, "linear")] {
            let spec = OptimizerSpec { hyper_schedules: vec![course], ..spec(wrappers, rule) };
            let error = spec.validate().expect_err(name).to_string();
            assert!(error.starts_with(&format!("{of}: expected ")) && error.contains(name), "{error}");
            assert!(error.contains("whole number") || error.contains("upper bound"), "{error}");
        }
    }
}

#[test]
fn a_plateau_lowers_the_rate_and_is_resumed() {
    let settings = PlateauSettings { gamma: 0.5, patience: 1.0, ..PlateauSettings::default() };
    let spec = OptimizerSpec { plateau: Some(settings), ..plain("sgd lr=1") };
    let fresh = || Optimizer::of_slice(spec.clone(), 1).expect("valid");
    let mut optimizer = fresh();
    let mut rates = vec![];
    for loss in [3.0, 2.0, 2.0, f64::NAN, 2.0, 2.0, 1.0] {
        optimizer.observe(loss);
        rates.push(optimizer.learning_rate().expect("sgd has one"));
    }
    assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
    let mut resumed = fresh();
    resumed.load_state_dict(optimizer.state_dict()).expect("its own");
    assert_eq!(resumed.learning_rate(), Some(0.25));
    assert_eq!(walk(&mut resumed, &[1.0]), [0.75]);
    // Without one, there is nothing to tell.
    let mut other = Optimizer::of_slice(plain("sgd lr=1"), 1).expect("valid");
    (0..20).for_each(|_| other.observe(1.0));
    assert_eq!(other.learning_rate(), Some(1.0));
}

#[test]
fn climbing_is_descending_on_the_other_side() {
    for (wrappers, rule) in [
        (&[][..], "sgd lr=0.1 momentum=0.9 weight_decay=0.1"),
        (&["sam"], "adamw lr=0.1"),
        (&["cautious", "accumulate every=2"], "adam lr=0.1"),
    ] {
        let run = |maximize: bool| {
            let spec = OptimizerSpec { maximize, ..spec(wrappers, rule) };
            let mut optimizer = Optimizer::of_slice(spec, 2).expect("valid");
            let sign = if maximize { -1.0 } else { 1.0 };
            let mut w = [1.0, -2.0];
            let mut bowl = |w: &[f32], gradient: &mut [f32]| {
                gradient.copy_from_slice(&[sign * 2.0 * (w[0] - 3.0), sign * w[1]]);
                f64::from(sign * ((w[0] - 3.0).powi(2) + 0.5 * w[1] * w[1]))
            };
            (0..10).for_each(|_| _ = optimizer.step_on(&mut w, &mut bowl));
            w
        };
        assert_eq!(run(true), run(false), "{rule}");
    }
}

/// The last gradient of a diverged run shows in every weight, as PyTorch's clipping lets it.
#[test]
fn clipping_does_not_hide_what_is_not_a_number() {
    let [norm, tensor_norm] =
        [clips::Norm { max_norm: 1.0 }.boxed(), clips::TensorNorm { max_norm: 1.0 }.boxed()];
    for clip in [norm, tensor_norm, clips::Adaptive { max_ratio: 0.1 }.boxed()] {
        let mut optimizer =
            Optimizer::of_slice(OptimizerSpec { clip: Some(clip.clone()), ..plain("sgd") }, 3)
                .expect("valid");
        let mut w = [1.0; 3];
        optimizer.step(&mut w, &[1.0, f32::NAN, 1.0]);
        assert!(w.iter().all(|w| w.is_nan()), "{clip:?}: {w:?}");
    }
}

hyperparameters! {
    /// Steps with the gradient that follows a first step.
    pub struct Ahead {
        /// Step size.
        lr: f64 = 0.25 in 0.0..,
        /// Pull towards 0.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Ahead {
    const INFO: Info = Info {
        name: "ahead",
        title: "The extragradient method",
        family: "gradient descent",
        problem: "a game of two players goes round in circles",
        formula: "w ← w − η·g(w − η·g(w))",
        good_when: "there are two players",
        bad_when: "there is one",
        relatives: "sgd, with one gradient a step",
        source: "Korpelevich 1976",
    };
    const REQUIRES: Requires = Requires::Closure;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("start", "w")]
    }

    fn update(&self, _t: u64, mut update: Update<'_>) {
        let lr = self.lr as f32;
        update.copy_weights_to_state(0);
        update.reborrow().each_weight(move |w, g, [start]| (w - lr * g, [start]));
        let mut gradient = vec![0.0; update.weights().len()];
        update.evaluate(&mut gradient);
        let start = update.state_array(0).to_vec();
        for ((w, start), g) in update.weights().iter_mut().zip(start).zip(gradient) {
            *w = start - lr * g;
        }
    }
}

/// f = w², from 1: the gradient ahead, at 0.5, is 1.
#[test]
fn a_rule_may_ask_for_more_gradients() {
    let average = spec(&["ema decay=0.5 warm_up=false"], "sgd").wrappers;
    let mut optimizer = Optimizer::of_slice(
        OptimizerSpec { wrappers: average, ..OptimizerSpec::new(Box::new(Ahead::default())) },
        1,
    )
    .expect("an average does not disturb it");
    let mut w = [1.0];
    let loss = optimizer.step_on(&mut w, &mut |w, gradient| {
        gradient[0] = 2.0 * w[0];
        f64::from(w[0] * w[0])
    });
    assert_eq!((loss, w, optimizer.gradient_calls()), (1.0, [0.75], 2));
    assert_eq!(optimizer.evaluation_weights(&w)[..], [0.875]);
}

#[test]
fn what_would_not_reach_its_gradients_is_refused() {
    let ahead = || OptimizerSpec::new(Box::new(Ahead::default()));
    let group =
        Group { selector: "bias".into(), rule: GroupRule::Rule(optim::parse_rule("sgd").expect("sgd")) };
    for (what, spec) in [
        ("a group", OptimizerSpec { groups: vec![group], ..ahead() }),
        ("no_decay", OptimizerSpec { no_decay: vec!["bias".into()], ..ahead() }),
        ("clip_value", OptimizerSpec { clip: Some(clips::Value { max_value: 1.0 }.boxed()), ..ahead() }),
        ("accumulate", OptimizerSpec { wrappers: spec(&["ema", "accumulate"], "sgd").wrappers, ..ahead() }),
        ("lookahead", OptimizerSpec { wrappers: spec(&["lookahead"], "sgd").wrappers, ..ahead() }),
    ] {
        assert_eq!(
            spec.validate().expect_err(what).to_string(),
            format!(
                "ahead: conflicts with {what}, which would not apply to the gradients that it evaluates itself; \
                 remove {what}"
            )
        );
    }
}

#[test]
fn a_step_without_what_it_needs_says_what_that_is() {
    for (wrappers, needs, expected) in [
        (&["ema"][..], Requires::Gradient, ""),
        (
            &["ema", "sam rho=0.1"],
            Requires::Closure,
            "`ema(sam(sgd lr=0.01) rho=0.1)` requires the loss, and gradients at other weights: call step_with or \
             step_on",
        ),
    ] {
        let mut optimizer = Optimizer::of_slice(spec(wrappers, "sgd"), 1).expect("valid");
        assert_eq!(optimizer.requires(), needs);
        let panicked = catch_unwind(AssertUnwindSafe(|| optimizer.step(&mut [1.0], &[1.0])));
        let message = panicked.err().and_then(|panic| panic.downcast_ref::<String>().cloned());
        assert_eq!(message.unwrap_or_default(), expected);
    }
}

#[test]
fn gradients_are_counted_where_they_are_taken() {
    let mut sphere = |w: &[f32], gradient: &mut [f32]| {
        gradient.copy_from_slice(w);
        0.0
    };
    for (wrappers, calls, steps) in [
        (&[][..], 12, 12),
        (&["sam"], 24, 12),
        (&["sam", "asam"], 36, 12),
        (&["sam", "accumulate every=3"], 24, 4),
        (&["lookahead", "if_finite"], 12, 12),
    ] {
        let mut optimizer = Optimizer::of_slice(spec(wrappers, "sgd lr=0.1"), 2).expect("valid");
        let mut w = [1.0, 2.0];
        (0..12).for_each(|_| _ = optimizer.step_on(&mut w, &mut sphere));
        assert_eq!((optimizer.gradient_calls(), optimizer.steps()), (calls, steps), "{wrappers:?}");
        assert_eq!(optimizer.spec().updates(12), steps, "{wrappers:?}");
    }
}

/// Two of a kind keep their own.
#[test]
fn two_wrappers_of_a_kind_have_different_names() {
    let mut optimizer =
        Optimizer::of_slice(spec(&["ema decay=0.5", "ema decay=0.75", "ema"], "sgd"), 1).expect("valid");
    walk(&mut optimizer, &[1.0]);
    let names: Vec<String> = optimizer.state_dict().arrays.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ema/average", "ema2/average", "ema3/average"]);
}

/// Arrays that are only needed inside of a step are not saved, but count as memory.
#[test]
fn scratch_is_no_state() {
    let sam = Optimizer::of_slice(spec(&["sam"], "adam"), 5).expect("valid");
    let names: Vec<String> = sam.state_dict().arrays.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["exp_avg", "exp_avg_sq"]);
    assert_eq!(sam.state_bytes_per_weight(), 12);
}

#[test]
fn a_batch_that_is_left_over_makes_no_update() {
    let accumulated = spec(&["accumulate every=4", "ema", "accumulate every=2"], "sgd");
    assert_eq!([7, 8, 15, 16].map(|batches| accumulated.updates(batches)), [0, 1, 1, 2]);
}

/// The parts of an optimizer cannot change while batches are being gathered.
#[test]
fn settings_come_before_the_first_gradient() {
    let mut optimizer = Optimizer::of_slice(spec(&["accumulate"], "sgd"), 1).expect("valid");
    optimizer.step(&mut [1.0], &[1.0]);
    assert_eq!(optimizer.steps(), 0);
    let late = catch_unwind(AssertUnwindSafe(|| optimizer.with_schedule("cosine".parse().expect("one"), 10)));
    assert!(late.is_err());
}
