//! Stored runs: a list of them, and their curves.

use lab::Store;
use lab::store::{Filter, Summary};
use serde_json::{Value, json};

use crate::numbers::number;
use crate::problem::Problem;
use crate::run::{evaluations, spots};
use crate::session::Session;

/// Maximum number of runs of a list, the newest.
const MOST: usize = 200;

fn store(session: &Session) -> Result<&dyn Store, Problem> {
    session
        .store
        .as_deref()
        .ok_or_else(|| Problem::missing("no store", "start `descent serve` with --store FILE"))
}

/// The newest runs of a task, each in a line.
pub(crate) fn list(session: &Session, task: &str) -> Result<Value, Problem> {
    let Some(store) = session.store.as_deref() else { return Ok(json!({ "runs": [], "more": 0 })) };
    let task = Some(task.to_string()).filter(|task| !task.is_empty());
    let mut found = store.list(&Filter { task, ..Filter::default() })?;
    found.reverse();
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    Ok(json!({ "runs": found.iter().map(line).collect::<Vec<Value>>(), "more": more }))
}

fn line(run: &Summary) -> Value {
    json!({
        "key": run.key,
        "task": run.task,
        "data": run.data,
        "optimizer": run.optimizer,
        "recipe": run.recipe,
        "seed": run.seed.to_string(),
        "epochs": run.epochs,
        "status": run.status,
        "metric": run.metric,
        "value": run.value.map(number),
        "studies": run.studies,
    })
}

/// The curves of the run whose key begins so.
pub(crate) fn curves(session: &Session, key: &str) -> Result<Value, Problem> {
    let store = store(session)?;
    let found = if key.len() < 6 {
        Vec::new()
    } else {
        store.list(&Filter { key: Some(key.to_ascii_lowercase()), ..Filter::default() })?
    };
    let unknown = || {
        let key = files::text::shorten(key, 12);
        Problem::missing(format!("unknown run `{key}` of the store"), "choose one of the list")
    };
    let [summary] = &found[..] else { return Err(unknown()) };
    let record = store.get(&summary.key)?.ok_or_else(unknown)?;
    let (losses, measured) = crate::run::curves(&record);
    let mut value = line(summary);
    value["losses"] = spots(&losses);
    value["evaluations"] = evaluations(&measured);
    value["is_fraction"] = record.task.metric.is_fraction().into();
    Ok(value)
}
