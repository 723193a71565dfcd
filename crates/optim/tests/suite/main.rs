//! Properties of every rule because it is listed, and the known traps of some by name.

mod bits;
mod closed_forms;
mod faults;
mod groups;
mod lbfgs;
mod methods;
mod minimize;
mod recipes;
mod refusals;
mod registry;
mod schedules;
mod state_files;
mod tensors;
mod traps;
mod wrapped_bits;
mod wrappers;

use optim::hyper::{Hyper, Value};
use optim::{DynRule, Optimizer, rules};

/// An optimizer by its spelling.
fn optimizer(rule: &str, weights: usize) -> Optimizer {
    Optimizer::from_boxed(optim::parse_rule(rule).expect(rule), weights).expect(rule)
}

/// One update of one weight.
fn one_step(recipe: &str, w: f32, g: f32) -> f32 {
    let mut w = [w];
    step(&mut optimizer(recipe, 1), &mut w, &[g]);
    w[0]
}

/// One step with these gradients. What asks for more is told that the loss is 1, and elsewhere that of
/// a bowl in which every weight counts for every other's gradient.
fn step(optimizer: &mut Optimizer, w: &mut [f32], g: &[f32]) {
    let here = w.to_vec();
    let mut bowl = |at: &[f32], gradient: &mut [f32]| {
        let way: Vec<f64> = at.iter().zip(&here).map(|(at, here)| f64::from(at - here)).collect();
        let mean = way.iter().sum::<f64>() / way.len() as f64;
        let (mut loss, couple) = (1.0, 0.5 * way.len() as f64 * mean * mean);
        for ((gradient, &g), way) in gradient.iter_mut().zip(g).zip(&way) {
            *gradient = (f64::from(g) + way + mean) as f32;
            loss += f64::from(g) * way + 0.5 * way * way;
        }
        loss + couple
    };
    optimizer.step_with(w, g, 1.0, &mut bowl);
}

/// Where `steps` updates with the gradients of `gradient` lead, by `rule` or `rule, schedule`.
fn walk(recipe: &str, start: &[f32], steps: usize, gradient: impl Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
    let (rule, schedule) = recipe.split_once(", ").unwrap_or((recipe, "constant"));
    let schedule = schedule.parse().expect(schedule);
    let mut optimizer = optimizer(rule, start.len()).with_schedule(schedule, steps as u64);
    let mut w = start.to_vec();
    for _ in 0..steps {
        let g = gradient(&w);
        step(&mut optimizer, &mut w, &g);
    }
    w
}

/// Every rule with its defaults, with each setting changed, and with each pair of settings changed:
/// so every branch of every rule.
fn variants() -> Vec<Box<dyn DynRule>> {
    let mut variants = rules::all();
    for rule in rules::all() {
        let hypers = rule.hypers();
        for i in 0..hypers.len() {
            for j in i..hypers.len() {
                let mut variant = rule.boxed();
                for hyper in [&hypers[i], &hypers[j]] {
                    variant.set(hyper.name, another_value(hyper)).expect("in range");
                }
                if variant.validate().is_ok() {
                    variants.push(variant);
                }
            }
        }
    }
    variants
}

/// A value in range that is not the default.
fn another_value(hyper: &Hyper) -> Value {
    match hyper.default {
        Value::Flag(x) => Value::Flag(!x),
        Value::Number(x) => {
            let range = hyper.range.expect("a number has a range");
            let candidates = [0.5 * x, 0.5, 2.0 * x, 1.5, 2.0];
            let inside = candidates.into_iter().find(|&y| y != x && range.contain(y));
            Value::Number(inside.unwrap_or_else(|| panic!("no other value for {}", hyper.name)))
        }
        Value::Word(word) => {
            let words = hyper.kind.trim_start_matches("one of ").split(", ");
            let other = words.into_iter().find(|other| *other != word);
            let other = other.unwrap_or_else(|| panic!("no other word for {}", hyper.name));
            Value::Word(other)
        }
        other => panic!("no other value for {}={other}", hyper.name),
    }
}

/// Weights or gradients of both signs and many sizes, with zeros among them.
fn numbers(n: usize, salt: usize) -> Vec<f32> {
    (0..n).map(|i| number(i, salt)).collect()
}

fn number(i: usize, salt: usize) -> f32 {
    let x = (i * 7919 + salt * 104_729) % 1009;
    if x.is_multiple_of(11) {
        0.0
    } else {
        (x as f32 / 500.0 - 1.0) * [1.0, 0.3, 0.1, 1e-2, 1e-3, 1e-4, 1e-6][x % 7]
    }
}
