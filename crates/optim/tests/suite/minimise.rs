//! Every rule finds the least point of a parabola and of Rosenbrock's valley, within the
//! tolerance of optax's own tests: 3e-2 in 10,000 steps.

use optim::rules;

use crate::walk;

/// A recipe for the parabola and one for the valley.
const RECIPES: [[&str; 2]; 5] = [
    ["sgd lr=0.01", "sgd lr=1e-3 momentum=0.9"],
    ["adagrad lr=0.5", "adagrad lr=0.5"],
    ["rmsprop lr=5e-3", "rmsprop lr=1e-3"],
    ["adam lr=0.01", "adam lr=0.01"],
    ["adamw lr=0.01 weight_decay=1e-4", "adamw lr=0.01 weight_decay=1e-4"],
];

#[test]
fn every_rule_is_here() {
    let names: Vec<&str> = rules::all().iter().map(|rule| rule.card().name).collect();
    let here: Vec<&str> = RECIPES.iter().map(|recipes| recipes[0].split(' ').next().unwrap_or_default()).collect();
    assert_eq!(here, names);
}

#[test]
fn a_parabola() {
    let least = [1.0, -1.0, 1.0];
    for [recipe, _] in RECIPES {
        let gradient = |w: &[f32]| w.iter().zip(least).map(|(w, least)| 2.0 * (w - least)).collect();
        assert_near(recipe, &walk(recipe, &[-1.0, 10.0, 1.0], 10_000, gradient), &least);
    }
}

/// (1 − x)² + 100·(y − x²)², from the origin.
#[test]
fn rosenbrocks_valley() {
    let gradient = |w: &[f32]| {
        let (x, y) = (w[0], w[1]);
        vec![-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
    };
    for [_, recipe] in RECIPES {
        assert_near(recipe, &walk(recipe, &[0.0, 0.0], 10_000, gradient), &[1.0, 1.0]);
    }
}

fn assert_near(recipe: &str, found: &[f32], least: &[f32]) {
    let tolerance = |least: f32| 3e-2 + 3e-2 * least.abs();
    let near = found.iter().zip(least).all(|(w, least)| (w - least).abs() <= tolerance(*least));
    assert!(near, "{recipe} ends at {found:?}, not at {least:?}");
}
