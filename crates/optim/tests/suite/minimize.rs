//! Every rule finds the least point of a parabola and of Rosenbrock's valley, within the
//! tolerance of optax's own tests: 3e-2 in 10,000 steps.

use optim::{Optimizer, rules};

/// A recipe for the parabola and one for the valley.
const RECIPES: [[&str; 2]; 51] = [
    ["sgd lr=0.01", "sgd lr=1e-3 momentum=0.9"],
    ["qhm lr=0.1", "qhm lr=3e-3 momentum=0.9"],
    ["aggmo lr=0.01", "aggmo lr=3e-4"],
    ["optimistic_gd lr=0.01", "optimistic_gd lr=1.5e-3 beta=0.1"],
    ["noisy_sgd lr=0.01", "noisy_sgd lr=1.5e-3"],
    ["asgd lr=0.01", "asgd lr=2e-3 t0=9000"],
    ["sign_sgd lr=2e-3", "sign_sgd lr=5e-4, cosine"],
    ["signum lr=2e-3", "signum lr=2e-4"],
    ["lion lr=2e-3", "lion lr=2e-4"],
    ["rprop", "rprop"],
    ["adagrad lr=0.5", "adagrad lr=0.5"],
    ["adadelta", "adadelta lr=0.03"],
    ["rmsprop lr=5e-3", "rmsprop lr=1e-3"],
    ["madgrad lr=0.01", "madgrad lr=0.01"],
    ["adam lr=0.01", "adam lr=0.01"],
    ["adamw lr=0.01 weight_decay=1e-4", "adamw lr=0.01 weight_decay=1e-4"],
    ["adamax lr=0.01", "adamax lr=0.01"],
    ["nadam lr=0.01", "nadam lr=0.01"],
    ["nadamw lr=0.01 weight_decay=1e-4", "nadamw lr=0.01 weight_decay=1e-4"],
    ["radam lr=0.01", "radam lr=0.01"],
    ["adabelief lr=0.01", "adabelief lr=0.01"],
    ["yogi lr=0.1", "yogi lr=0.1"],
    ["adabound lr=0.01 final_lr=0.01", "adabound lr=0.01 final_lr=1e-3"],
    ["amsbound lr=0.01 final_lr=0.01", "amsbound lr=0.01 final_lr=1e-3"],
    ["adan lr=0.01", "adan lr=0.01"],
    ["adopt lr=0.01", "adopt lr=0.01"],
    ["ademamix lr=0.01 beta3=0.99", "ademamix lr=0.01 beta3=0.99"],
    ["laprop lr=0.01", "laprop lr=0.01"],
    ["qhadam lr=0.01", "qhadam lr=0.01"],
    ["lars lr=1, cosine", "lars lr=0.3, cosine"],
    ["lamb lr=0.01 weight_decay=0, cosine", "lamb lr=0.01 weight_decay=0, cosine"],
    ["novograd lr=1e-3, cosine", "novograd lr=1e-4, cosine"],
    ["adafactor lr=0.1, cosine", "adafactor lr=0.03, cosine"],
    ["sgdp", "sgdp lr=1e-3"],
    ["adamp lr=0.01", "adamp lr=0.01"],
    ["muon adamw_lr=0.01 weight_decay=1e-4", "muon adamw_lr=0.01 weight_decay=1e-4"],
    ["scion lr=0.05, cosine", "scion lr=0.01, cosine"],
    ["mars adamw_lr=0.01 adamw_weight_decay=1e-4", "mars adamw_lr=0.01 adamw_weight_decay=1e-4"],
    ["shampoo lr=0.5 precondition_every=1", "shampoo lr=0.1 precondition_every=1"],
    ["soap lr=0.01 weight_decay=1e-4", "soap lr=0.01 weight_decay=1e-4"],
    ["schedule_free_sgd lr=0.3", "schedule_free_sgd lr=2e-3"],
    ["schedule_free_adamw lr=0.1", "schedule_free_adamw lr=0.03"],
    ["prodigy", "prodigy"],
    ["dadapt_adam", "dadapt_adam"],
    ["dadapt_sgd", "dadapt_sgd lr=0.02 momentum=0.9"],
    ["dog", "dog"],
    ["dowg", "dowg"],
    ["cocob", "cocob alpha=2"],
    ["polyak_sps", "polyak_sps"],
    ["momo", "momo lr=1e-3"],
    ["lbfgs", "lbfgs"],
];

#[test]
fn every_rule_is_here() {
    let names: Vec<&str> = rules::all().iter().map(|rule| rule.info().name).collect();
    let here: Vec<&str> =
        RECIPES.iter().map(|recipes| recipes[0].split([' ', ',']).next().unwrap_or_default()).collect();
    assert_eq!(here, names);
}

#[test]
fn a_parabola() {
    let least = [1.0, -1.0, 1.0];
    let mut bowl = |w: &[f32], gradient: &mut [f32]| {
        let way = [0, 1, 2].map(|i| w[i] - least[i]);
        gradient.copy_from_slice(&way.map(|way| 2.0 * way));
        way.iter().map(|&way| f64::from(way).powi(2)).sum()
    };
    let ends = RECIPES.map(|[recipe, _]| (recipe, end(recipe, &[-1.0, 10.0, 1.0], &mut bowl)));
    assert_near(&ends, &least);
}

/// (1 − x)² + 100·(y − x²)², from the origin.
#[test]
fn rosenbrocks_valley() {
    let mut valley = |w: &[f32], gradient: &mut [f32]| {
        let (x, y) = (w[0], w[1]);
        gradient.copy_from_slice(&[-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]);
        let (x, y) = (f64::from(x), f64::from(y));
        (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
    };
    let ends = RECIPES.map(|[_, recipe]| (recipe, end(recipe, &[0.0, 0.0], &mut valley)));
    assert_near(&ends, &[1.0, 1.0]);
}

/// Where 10,000 steps lead, by `rule` or `rule, schedule`.
fn end(recipe: &str, start: &[f32], f: &mut optim::Evaluate<'_>) -> Vec<f32> {
    let (rule, schedule) = recipe.split_once(", ").unwrap_or((recipe, "constant"));
    let rule = optim::parse_rule(rule).expect(recipe);
    let optimizer = Optimizer::from_boxed(rule, start.len()).expect(recipe);
    let mut optimizer = optimizer.with_schedule(schedule.parse().expect(recipe), 10_000);
    let mut w = start.to_vec();
    (0..10_000).for_each(|_| _ = optimizer.step_on(&mut w, f));
    w
}

fn assert_near(ends: &[(&str, Vec<f32>)], least: &[f32]) {
    let near =
        |end: &[f32]| end.iter().zip(least).all(|(w, least)| (w - least).abs() <= 3e-2 + 3e-2 * least.abs());
    let far: Vec<String> =
        ends.iter().filter(|(_, end)| !near(end)).map(|(r, end)| format!("{r}: {end:?}")).collect();
    assert!(far.is_empty(), "not at {least:?}:\n{}", far.join("\n"));
}
