//! The process that callgrind watches.

use std::sync::Arc;

use data::{Images, Places, Request};
use optim::{DynRule, Optimizer, Requires, Tier, rules};
use rayon::ThreadPoolBuilder;
use serde_json::json;
use tensor::{Layout, Role, simd};

use crate::step;

/// The word that starts [`run`] instead of a bench; no user needs it.
pub(crate) const WORD: &str = "counted";

/// The name of [`stretch`], to which the compiler adds at both ends.
pub(super) const STRETCH: &str = "instructions::counted::stretch";

/// Enough for the vectors to be all of the loop.
const WEIGHTS: usize = 16_384;

/// Calls that are counted, after as many that are not: the first one makes buffers.
const CALLS: usize = 2;

/// Something whose instructions are counted.
struct Case {
    name: String,
    /// Unit that a call has a number of.
    unit: &'static str,
    units: usize,
    work: Box<dyn FnMut() + Send>,
}

/// Does each thing, and says in one line what they were, in their order.
pub(crate) fn run() -> Result<(), String> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| error.to_string())?;
    let cases: Vec<_> = cases(&sample()?)
        .into_iter()
        .map(|Case { name, unit, units, mut work }| {
            pool.install(|| {
                (0..CALLS).for_each(|_| work());
                stretch(&mut *work);
            });
            json!({"name": name, "unit": unit, "units": CALLS * units})
        })
        .collect();
    println!("{}", json!({"kernel": simd::path().name(), "cases": cases}));
    Ok(())
}

/// All that callgrind counts.
#[inline(never)]
fn stretch(work: &mut dyn FnMut()) {
    for _ in 0..CALLS {
        work();
    }
}

/// Training steps, and the update of each rule that sees one weight at a time.
fn cases(images: &Arc<Images>) -> Vec<Case> {
    let steps = ["sgd", "adam", "rmsprop"].map(|rule| Case {
        name: format!("step, batch 64, {rule}"),
        unit: "step",
        units: 1,
        work: Box::new(step::steps(&format!("{rule} lr=0.001"), images, 64)),
    });
    let rules = rules::all().into_iter();
    let elementwise =
        rules.filter(|rule| rule.tier() == Tier::Elementwise && rule.requires() == Requires::Gradient);
    let updates = elementwise.map(|rule| Case {
        name: format!("update, {}", rule.info().name),
        unit: "weight",
        units: WEIGHTS,
        work: update(rule),
    });
    steps.into_iter().chain(updates).collect()
}

/// The embedded digits, whatever else is on this machine: what is background is not computed with.
fn sample() -> Result<Arc<Images>, String> {
    let mut request = Request::new(data::set("mnist").map_err(|error| error.to_string())?);
    // No folder is below a file.
    let nowhere = std::env::current_exe().map_err(|error| error.to_string())?;
    let [here, system, cache] = [(); 3].map(|()| nowhere.clone());
    (request.places, request.offline) = (Places { configured: None, here, system, cache }, true);
    let dataset = data::load(&request, &mut |_| ()).map_err(|error| error.to_string())?;
    Ok(Arc::new(dataset.train))
}

/// One update a call, always of the same gradients.
fn update(rule: Box<dyn DynRule>) -> Box<dyn FnMut() + Send> {
    let mut layout = Layout::new();
    layout.push("weights", [WEIGHTS], Role::Matrix);
    let mut optimizer = Optimizer::from_boxed(rule, WEIGHTS).expect("defaults are valid").with_layout(layout);
    let mut w = vec![1.0_f32; WEIGHTS];
    let g: Vec<f32> = (0..WEIGHTS).map(|i| ((i % 97) as f32 - 48.0) * 1e-3).collect();
    Box::new(move || optimizer.step(&mut w, &g))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_elementwise_rule_is_counted() {
        let mut cases = cases(&sample().expect("it is part of the program"));
        cases.iter_mut().for_each(|case| (case.work)());
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        for name in ["step, batch 64, sgd", "update, sgd", "update, adam", "update, lion", "update, adan"] {
            assert!(names.contains(&name), "{name} is not in {names:?}");
        }
        assert!(!names.contains(&"update, lbfgs") && !names.contains(&"update, muon"));
    }
}
