//! The settings of a comparison on which its results depend.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use train::{Record, Training};

use super::RunMatrix;
use crate::error::Error;

/// All that the results of a matrix depend on. Two with the same settings have the same results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The version of this form.
    pub schema: u32,
    /// The task's name.
    pub task: String,
    /// Name of the data and its SHA-256.
    pub data: String,
    /// Examples of each split.
    pub examples: BTreeMap<train::Split, usize>,
    /// The model in words.
    pub model: String,
    /// The loss.
    pub loss: String,
    /// The measure by which recipes are compared.
    pub metric: String,
    /// Other settings of the task, where they are not the usual ones.
    pub settings: BTreeMap<String, String>,
    /// The recipes, in order.
    pub recipes: Vec<String>,
    /// The seeds, in order.
    pub seeds: Vec<u64>,
    /// Passes over the training examples.
    pub epochs: u32,
    /// Evaluations in each.
    pub evaluations: u32,
    /// The instruction set of the kernels.
    pub kernel: String,
    /// The version of the numbers.
    pub numbers: u32,
    /// The tuning of the recipes, if they are reported tuned as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<String>,
    /// The rule by which seeds are added to the first ones, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Settings {
    pub(super) fn of(matrix: &RunMatrix<'_>) -> Result<Settings, Error> {
        let blank = Training::new(matrix.task, &matrix.recipes[0], 0, matrix.budget)?.record();
        let Record { task, budget, environment, .. } = blank;
        Ok(Settings {
            schema: 1,
            task: task.name,
            data: format!("{}, sha256 {}", task.data.name, task.sha256),
            examples: task.examples,
            model: task.model,
            loss: task.loss,
            metric: task.metric.name().to_string(),
            settings: task.settings,
            recipes: matrix.recipes.iter().map(ToString::to_string).collect(),
            seeds: matrix.seeds.clone(),
            epochs: budget.epochs,
            evaluations: budget.evaluations,
            kernel: environment.kernel,
            numbers: environment.numbers,
            tuning: None,
            until: None,
        })
    }

    pub(super) fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self).expect("plain data") {
            Value::Object(map) => map,
            _ => unreachable!("a struct is an object"),
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data") + "\n"
    }
}
