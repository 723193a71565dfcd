//! Parameters with their own settings or rule.

use std::ops::Range;

use optim::{
    DynClip, DynRule, Group, GroupRule, Optimizer, OptimizerSpec, Requires, Selector, Tier, clips, rules,
};
use proptest::prelude::*;
use tensor::{Layout, ParamInfo, Role};

use crate::bits::bits;
use crate::{numbers, step, variants};

const STEPS: usize = 4;

/// Matrices and vectors in turn, so that every group has gaps; and nothing among them.
fn layout() -> Layout {
    let mut layout = Layout::new();
    layout.push("a.weight", [5, 3], Role::Matrix);
    layout.push("a.bias", [5], Role::Bias);
    layout.push("b.weight", [2, 8], Role::Matrix);
    layout.push("b.scale", [2], Role::Norm);
    layout.push("none", [0, 4], Role::Matrix);
    layout.push("c.weight", [4, 2, 3], Role::Matrix);
    layout.push("c.bias", [1], Role::Bias);
    layout.push("c.table", [3, 4], Role::Embedding);
    layout
}

fn rule(text: &str) -> Box<dyn DynRule> {
    optim::parse_rule(text).expect(text)
}

/// A rule, and other parameters with theirs.
fn grouped(main: Box<dyn DynRule>, groups: &[(&str, GroupRule)]) -> OptimizerSpec {
    let groups = groups.iter().map(|(of, is)| Group { selector: (*of).into(), rule: is.clone() }).collect();
    OptimizerSpec { groups, ..OptimizerSpec::new(main) }
}

fn settings(settings: &[(&str, f64)]) -> GroupRule {
    GroupRule::Settings(settings.iter().map(|(name, x)| (name.to_string(), (*x).into())).collect())
}

/// The weights after some updates.
fn run(spec: OptimizerSpec, layout: &Layout) -> Vec<f32> {
    let mut optimizer = Optimizer::of(spec, layout.clone()).expect("valid");
    let mut w = numbers(layout.len(), 0);
    (1..=STEPS).for_each(|t| step(&mut optimizer, &mut w, &numbers(layout.len(), t)));
    w
}

/// The same, of these parameters by themselves.
fn run_alone(rule: &dyn DynRule, of: impl Fn(&ParamInfo) -> bool) -> Vec<(Range<usize>, Vec<f32>)> {
    let all = layout();
    let entries: Vec<&ParamInfo> = all.entries().iter().filter(|entry| of(entry)).collect();
    let mut layout = Layout::new();
    entries.iter().for_each(|entry| _ = layout.push(&entry.name, entry.shape, entry.role));
    let gathered = |salt: usize| -> Vec<f32> {
        let all = numbers(all.len(), salt);
        entries.iter().flat_map(|entry| all[entry.range.clone()].to_vec()).collect()
    };
    let mut w = gathered(0);
    let mut optimizer = Optimizer::of(OptimizerSpec::new(rule.boxed()), layout).expect("valid");
    (1..=STEPS).for_each(|t| step(&mut optimizer, &mut w, &gathered(t)));
    let mut w = w.into_iter();
    entries.iter().map(|e| (e.range.clone(), w.by_ref().take(e.range.len()).collect())).collect()
}

/// Rules of every tier, with state of every extent, on parameters with gaps between them.
#[test]
fn groups_are_separate_optimizers_bit_for_bit() {
    let of_group = |entry: &ParamInfo| matches!(entry.role, Role::Bias | Role::Norm);
    for main in variants().into_iter().filter(|rule| rule.requires() < Requires::Closure) {
        for group in ["adamw lr=0.1", "nadam", "prodigy", "novograd"] {
            let is = |of| (of, GroupRule::Rule(rule(group)));
            // Two groups of one rule are two optimizers.
            let found = run(grouped(main.clone(), &[is("bias"), is("norm")]), &layout());
            let mut expected = run_alone(&*main, |entry| !of_group(entry));
            expected.extend(run_alone(&*rule(group), |entry| entry.role == Role::Bias));
            expected.extend(run_alone(&*rule(group), |entry| entry.role == Role::Norm));
            for (range, expected) in expected {
                assert_eq!(bits(&found[range]), bits(&expected), "{main} and {group}");
            }
        }
    }
}

#[test]
fn a_group_is_a_role_or_a_pattern_and_the_first_that_fits_counts() {
    let groups = [
        ("c.*", settings(&[("lr", 0.0)])),
        ("bias", settings(&[("lr", 2.0)])),
        ("*.scale", GroupRule::Rule(rule("sign_sgd lr=8"))),
    ];
    let layout = layout();
    let mut optimizer = Optimizer::of(grouped(rule("sgd lr=1"), &groups), layout.clone()).expect("valid");
    let mut w = vec![0.0; layout.len()];
    optimizer.step(&mut w, &vec![1.0; layout.len()]);
    for (name, step) in [
        ("a.weight", -1.0),
        ("a.bias", -2.0),
        ("b.weight", -1.0),
        ("b.scale", -8.0),
        ("c.weight", 0.0),
        ("c.bias", 0.0),
        ("c.table", 0.0),
    ] {
        let entry = layout.entry(layout.find(name).expect(name));
        assert!(w[entry.range.clone()].iter().all(|&w| w == step), "{name}");
    }
}

#[test]
fn a_name_that_fits_nothing_is_refused_with_those_there_are() {
    let no_decay = OptimizerSpec { no_decay: vec!["fc.*".into()], ..OptimizerSpec::new(rule("adamw")) };
    for spec in [grouped(rule("adamw"), &[("fc.*", settings(&[("lr", 0.1)]))]), no_decay] {
        let error = Optimizer::of(spec, layout()).expect_err("no such parameter");
        assert_eq!(error.to_string(), "unknown parameter named `fc.*`");
        assert_eq!(
            error.hint().expect("the names"),
            "expected one of: a.weight, a.bias, b.weight, b.scale, none, c.weight, c.bias, c.table"
        );
    }
    // A role that no parameter has is no mistake: a recipe is for more than one model.
    let mut one = Layout::new();
    one.push("w", [3], Role::Matrix);
    let spec = grouped(rule("adamw"), &[("embedding", settings(&[("lr", 0.1)]))]);
    assert!(Optimizer::of(spec, one).is_ok());
}

#[test]
fn a_setting_that_is_none_of_the_rules_is_refused() {
    let spec = grouped(rule("sgd"), &[("bias", settings(&[("beta1", 0.1)]))]);
    let error = Optimizer::of(spec, layout()).expect_err("sgd has no beta1").to_string();
    assert!(error.starts_with("unknown hyperparameter of sgd `beta1`"), "{error}");
}

#[test]
fn no_decay_takes_weight_decay_from_some() {
    let main = "adamw lr=0.1 weight_decay=0.5";
    let spec =
        OptimizerSpec { no_decay: vec!["bias".into(), "*.table".into()], ..OptimizerSpec::new(rule(main)) };
    let found = run(spec, &layout());
    let decays = |entry: &ParamInfo| entry.role != Role::Bias && entry.name != "c.table";
    for (range, expected) in run_alone(&*rule(main), decays) {
        assert_eq!(found[range], expected);
    }
    for (range, expected) in run_alone(&*rule("adamw lr=0.1 weight_decay=0"), |entry| !decays(entry)) {
        assert_eq!(found[range], expected);
    }
}

#[test]
fn no_decay_needs_something_to_leave_out() {
    let no_decay =
        |main: &str| OptimizerSpec { no_decay: vec!["bias".into()], ..OptimizerSpec::new(rule(main)) };
    let error = no_decay("signum").validate().expect_err("no decay").to_string();
    assert_eq!(error, "signum: no_decay requires a hyperparameter weight_decay; remove no_decay");
    // It is enough if one rule has it.
    let table = ("embedding", GroupRule::Rule(rule("adamw")));
    assert_eq!(
        OptimizerSpec { no_decay: vec!["*.bias".into()], ..grouped(rule("signum"), &[table]) }.validate(),
        Ok(())
    );
    let error = no_decay("prodigy").validate().expect_err("one number for all").to_string();
    assert_eq!(
        error,
        "prodigy: conflicts with no_decay, which would split the weights on which it measures one number; remove \
         no_decay, or use a group, as in `bias: weight_decay=0`"
    );
}

/// The norm is that of all gradients, whatever group they are of.
#[test]
fn clipping_by_norm_is_over_all_groups() {
    let mut layout = Layout::new();
    layout.push("w", [1, 1], Role::Matrix);
    layout.push("b", [1], Role::Bias);
    let spec = grouped(rule("sgd lr=1"), &[("bias", settings(&[("lr", 0.5)]))]);
    let mut optimizer =
        Optimizer::of(OptimizerSpec { clip: Some(clips::Norm { max_norm: 1.0 }.boxed()), ..spec }, layout)
            .expect("valid");
    let mut w = [0.0; 2];
    optimizer.step(&mut w, &[3.0, 4.0]);
    assert!((w[0] + 0.6).abs() < 1e-6 && (w[1] + 0.4).abs() < 1e-6, "{w:?}");
}

/// Only the group's rule keeps an average; the other weights are evaluated where they are.
#[test]
fn evaluation_weights_are_those_of_each_group() {
    let averaging = rule("schedule_free_sgd lr=0.1 momentum=0.5");
    let spec = grouped(rule("sgd lr=0.1"), &[("bias", GroupRule::Rule(averaging.clone()))]);
    let layout = layout();
    let mut optimizer = Optimizer::of(spec, layout.clone()).expect("valid");
    let mut alone = Optimizer::from_boxed(averaging, 6).expect("valid");
    let (mut w, mut v) = (numbers(layout.len(), 0), vec![]);
    let biases = layout.entries().iter().filter(|entry| entry.role == Role::Bias);
    let biases: Vec<usize> = biases.flat_map(|entry| entry.range.clone()).collect();
    v.extend(biases.iter().map(|&i| w[i]));
    for step in 1..=STEPS {
        let g = numbers(layout.len(), step);
        optimizer.step(&mut w, &g);
        alone.step(&mut v, &biases.iter().map(|&i| g[i]).collect::<Vec<f32>>());
    }
    let (evaluated, expected) = (optimizer.evaluation_weights(&w), alone.evaluation_weights(&v));
    for i in 0..layout.len() {
        let expected = biases.iter().position(|&bias| bias == i).map_or(w[i], |k| expected[k]);
        assert_eq!(evaluated[i], expected, "weight {i}");
    }
    assert_ne!(expected[..], v[..]);
}

#[test]
fn the_learning_rate_is_that_of_the_rest_whatever_comes_first() {
    let mut layout = Layout::new();
    layout.push("table", [2, 2], Role::Embedding);
    layout.push("w", [2, 2], Role::Matrix);
    let spec = grouped(rule("sgd lr=0.25"), &[("embedding", settings(&[("lr", 4.0)]))]);
    assert_eq!(Optimizer::of(spec, layout).expect("valid").learning_rate(), Some(0.25));
}

/// Names of parameters never make two states one.
#[test]
fn state_has_its_own_name_for_each_group() {
    let mut layout = Layout::new();
    layout.push("rest", [2], Role::Bias);
    layout.push("w", [2], Role::Matrix);
    layout.push("v", [1], Role::Norm);
    let spec = OptimizerSpec {
        no_decay: vec!["norm".into()],
        ..grouped(rule("lion"), &[("rest", settings(&[("lr", 0.5)]))])
    };
    let fresh = || Optimizer::of(spec.clone(), layout.clone()).expect("valid");
    let (mut optimizer, mut w) = (fresh(), numbers(5, 0));
    optimizer.step(&mut w, &numbers(5, 1));
    let saved = optimizer.state_dict();
    let names: Vec<&str> = saved.arrays.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["\"rest\"/exp_avg", "rest/exp_avg", "rest without decay/exp_avg"]);
    let mut resumed = fresh();
    resumed.load_state_dict(saved.clone()).expect("its own");
    assert_eq!(resumed.state_dict(), saved);
}

#[test]
fn groups_of_nothing_and_of_all_are_fine() {
    let layout = layout();
    let all = grouped(rule("sgd lr=7"), &[("*", GroupRule::Rule(rule("adam lr=0.1")))]);
    assert_eq!(run(all, &layout), run(OptimizerSpec::new(rule("adam lr=0.1")), &layout));
    let nothing = grouped(rule("adam lr=0.1"), &[("none", GroupRule::Rule(rule("prodigy")))]);
    assert_eq!(run(nothing, &layout), run(OptimizerSpec::new(rule("adam lr=0.1")), &layout));
    let mut empty =
        Optimizer::of(grouped(rule("adam"), &[("bias", settings(&[("lr", 1.0)]))]), Layout::new())
            .expect("no parameters");
    empty.step(&mut [], &[]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// For a rule that looks at single weights, a group with the settings of the rest is the rest.
    #[test]
    fn parting_into_groups_changes_nothing(of in 0_usize..4, sizes in prop::collection::vec((0_usize..9, 0_usize..4), 1..9)) {
        let roles = Selector::ROLES.map(|(_, role)| role);
        let mut layout = Layout::new();
        for (i, (size, role)) in sizes.iter().enumerate() {
            layout.push(format!("p{i}"), [*size], roles[*role]);
        }
        let elementwise = rules::all().into_iter().filter(|rule| {
            rule.tier() == Tier::Elementwise && rule.info().name != "noisy_sgd"
        });
        for rule in elementwise {
            let group = (Selector::ROLES[of].0, GroupRule::Rule(rule.clone()));
            let parted = run(grouped(rule.clone(), &[group]), &layout);
            prop_assert_eq!(bits(&parted), bits(&run(OptimizerSpec::new(rule.clone()), &layout)), "{}", rule);
        }
    }
}
