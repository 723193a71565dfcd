//! Runs in the terms of MLflow's REST interface: parameters, tags and metrics.

use serde::Serialize;
use serde_json::{Value, json};
use train::record::Status;
use train::{Recipe, Record};

/// The tag that holds the key of a run, by which it is found again.
pub const MLFLOW_KEY: &str = "descent.key";

/// Most metrics of one request to `runs/log-batch`.
const METRICS: usize = 1000;

/// Most bytes of a parameter's and of a tag's value.
const VALUE: usize = 5000;

/// A run as MLflow keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct MlflowRun {
    /// Name in lists: recipe and seed.
    pub name: String,
    /// Facts about the run; [`MLFLOW_KEY`] is one.
    pub tags: Vec<(String, String)>,
    /// `FINISHED`, or `FAILED` for a run that diverged.
    pub status: &'static str,
    /// Duration in milliseconds.
    pub milliseconds: i64,
    /// Bodies of `runs/log-batch` without the run's id: parameters first, then metrics.
    pub batches: Vec<Value>,
}

/// A measurement as `runs/log-batch` takes it.
#[derive(Serialize)]
struct Metric {
    key: String,
    value: Value,
    /// Milliseconds since 1970.
    timestamp: i64,
    step: u64,
}

/// A run for MLflow, which began at `started`, in milliseconds since 1970. Each curve and diagnostic is a metric with
/// the number of updates as step; the settings of the rule are parameters.
pub fn mlflow(run: &Record, started: i64) -> MlflowRun {
    let at = |seconds: f64| started + (seconds.max(0.0) * 1000.0) as i64;
    let curves = || run.curves.iter().chain(&run.diagnostics);
    let metrics: Vec<Metric> = curves()
        .flat_map(|(name, points)| {
            points.iter().map(move |point| Metric {
                key: key(name),
                value: number(point.value),
                timestamp: at(point.seconds),
                step: point.updates,
            })
        })
        .collect();
    let params =
        params(run).into_iter().map(|(name, value)| json!({ "key": key(&name), "value": cut(&value) }));
    let mut batches = vec![json!({ "params": params.collect::<Vec<_>>() })];
    batches.extend(metrics.chunks(METRICS).map(|metrics| json!({ "metrics": metrics })));
    let last =
        curves().filter_map(|(_, points)| points.last()).map(|point| point.seconds).fold(0.0, f64::max);
    MlflowRun {
        name: cut(&format!("{} seed={}", run.recipe, run.seed)),
        tags: vec![
            (MLFLOW_KEY.into(), run.key()),
            ("descent.version".into(), cut(&run.environment.version)),
            ("descent.kernel".into(), cut(&run.environment.kernel)),
            ("descent.data_sha256".into(), cut(&run.task.sha256)),
        ],
        status: if run.status == Status::Finished { "FINISHED" } else { "FAILED" },
        milliseconds: at(last) - started,
        batches,
    }
}

fn params(run: &Record) -> Vec<(String, String)> {
    let Record { task, recipe, seed, batch, budget, .. } = run;
    let facts = [
        ("task", task.name.clone()),
        ("data", task.data.name.clone()),
        ("model", task.model.clone()),
        ("optimizer", run.optimizer.clone()),
        ("recipe", recipe.clone()),
        ("seed", seed.to_string()),
        ("batch_size", batch.to_string()),
        ("epochs", budget.epochs.to_string()),
    ];
    let mut params: Vec<(String, String)> =
        facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    // A rule of another program is known by its text alone.
    if let Ok(recipe) = recipe.parse::<Recipe>() {
        let rule = recipe.rule();
        let settings =
            rule.hypers().into_iter().filter_map(|hyper| Some((hyper.name, rule.get(hyper.name)?)));
        for (name, value) in settings {
            if params.iter().all(|(taken, _)| taken != name) {
                params.push((name.to_string(), value.to_string()));
            }
        }
    }
    params
}

/// A number as JSON; the others under the names that protocol buffers have for them.
fn number(value: f64) -> Value {
    match value {
        _ if value.is_finite() => json!(value),
        _ if value.is_nan() => json!("NaN"),
        _ => json!(if value > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

/// A name of the letters that MLflow allows.
fn key(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || "_-. /".contains(c) { c } else { '_' };
    name.chars().take(250).map(letter).collect()
}

/// A value of no more bytes than MLflow takes.
fn cut(value: &str) -> String {
    value[..value.floor_char_boundary(VALUE)].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_and_numbers_are_those_that_mlflow_takes() {
        assert_eq!(key("test_loss/layer:0é"), "test_loss/layer_0_");
        assert_eq!(cut(&"é".repeat(3000)).len(), VALUE);
        let numbers = [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(number);
        assert_eq!(json!(numbers), json!([1.5, "NaN", "Infinity", "-Infinity"]));
    }
}
