//! Tasks, parts of recipes, surfaces and studies for the lists of a page.

use lab::tasks::{self, Data};
use lessons::race::{PRESETS, SHORT_NAMES};
use optim::{rules, schedules, wrappers};
use serde_json::{Value, json};

use crate::session::Session;

/// Studies to begin with: a name and the text.
const STUDIES: [(&str, &str); 2] = [
    ("Seconds: MNIST-1D", lab::study::EXAMPLE),
    ("Minutes: the notebook's question on MNIST", include_str!("../../../studies/notebook-quick.toml")),
];

/// Evaluations in each epoch where a page does not say, as in `descent compare`, so that its stored runs are found.
pub(crate) const EVALUATIONS: u32 = 4;

/// Tasks, data sets, parts of recipes, functions, presets and studies.
pub(crate) fn all(session: &Session) -> Value {
    let tasks: Vec<Value> = tasks::all().map(task).collect();
    let sets: Vec<Value> =
        data::SETS.iter().map(|set| json!({ "name": set.name, "title": set.title })).collect();
    let rules: Vec<Value> = rules::all()
        .iter()
        .map(|rule| json!({ "name": rule.info().name, "title": rule.info().title, "good_when": rule.info().good_when }))
        .collect();
    let wrappers: Vec<&str> = wrappers::all().iter().map(|wrapper| wrapper.info().name).collect();
    let schedules: Vec<&str> = schedules::all().iter().map(|schedule| schedule.info().name).collect();
    let functions: Vec<Value> = tasks::functions::ALL
        .iter()
        .map(|function| json!({ "name": function.name, "formula": function.formula, "start": function.start.map(f64::from) }))
        .collect();
    let presets: Vec<Value> =
        PRESETS.iter().map(|preset| json!({ "name": preset.name, "why": preset.why })).collect();
    let studies: Vec<Value> =
        STUDIES.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "tasks": tasks,
        "sets": sets,
        "rules": rules,
        "wrappers": wrappers,
        "schedules": schedules,
        "short_names": SHORT_NAMES,
        "functions": functions,
        "presets": presets,
        "studies": studies,
        "evaluations": EVALUATIONS,
        "has_store": session.store.is_some(),
        "folder": session.folder.to_string_lossy(),
    })
}

fn task(info: &tasks::Info) -> Value {
    let set = match info.data {
        Data::Images(usual) => Some(usual),
        Data::Generated(_) | Data::Formula(_) => None,
    };
    json!({
        "name": info.name,
        "why": info.why,
        "model": info.model,
        "metric": info.metric.name(),
        "epochs": info.budget.epochs,
        "batch": info.batch,
        "set": set,
        "is_formula": matches!(info.data, Data::Formula(_)),
    })
}
