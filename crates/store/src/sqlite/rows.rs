//! The rows of the checked tables.

use lab::store::{StudyText, Summary, Trial};
use rusqlite::types::Type;

use super::table::{Row, Value};

/// A row of `runs`: a run in a line, and the hash of its record.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) summary: Summary,
    pub(crate) record_sha256: String,
}

impl Row for Run {
    const TABLE: &'static str = "runs";
    const COLUMNS: &'static [&'static str] = &[
        "key",
        "task",
        "data",
        "model",
        "optimizer",
        "recipe",
        "seed",
        "epochs",
        "status",
        "metric",
        "value",
        "train_loss",
        "added",
        "record_sha256",
    ];

    fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Run> {
        let text = |place: usize| row.get::<_, String>(first + place);
        let summary = Summary {
            key: text(0)?,
            task: text(1)?,
            data: text(2)?,
            model: text(3)?,
            optimizer: text(4)?,
            recipe: text(5)?,
            seed: row.get::<_, i64>(first + 6)? as u64,
            epochs: row.get(first + 7)?,
            status: text(8)?,
            metric: text(9)?,
            value: row.get(first + 10)?,
            train_loss: row.get(first + 11)?,
            added: row.get::<_, i64>(first + 12)? as u64,
            studies: Vec::new(),
        };
        Ok(Run { summary, record_sha256: text(13)? })
    }

    fn values(&self) -> Vec<Value> {
        let Summary {
            key,
            task,
            data,
            model,
            optimizer,
            recipe,
            seed,
            epochs,
            status,
            metric,
            value,
            train_loss,
            added,
            ..
        } = &self.summary;
        let text = |text: &String| Value::Text(text.clone());
        vec![
            text(key),
            text(task),
            text(data),
            text(model),
            text(optimizer),
            text(recipe),
            (*seed as i64).into(),
            i64::from(*epochs).into(),
            text(status),
            text(metric),
            value.map_or(Value::Null, Value::Real),
            train_loss.map_or(Value::Null, Value::Real),
            (*added as i64).into(),
            text(&self.record_sha256),
        ]
    }

    fn name(&self) -> String {
        self.summary.key.clone()
    }
}

impl Row for StudyText {
    const TABLE: &'static str = "studies";
    const COLUMNS: &'static [&'static str] = &["name", "text"];

    fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<StudyText> {
        Ok(StudyText { name: row.get(first)?, text: row.get(first + 1)? })
    }

    fn values(&self) -> Vec<Value> {
        [&self.name, &self.text].map(|text| Value::Text(text.clone())).into()
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A row of `trials`.
#[derive(Debug)]
pub(crate) struct TrialRow {
    pub(crate) study: String,
    pub(crate) trial: Trial,
}

impl TrialRow {
    /// The name by which a trial of a study is found.
    pub(crate) fn name_of(study: &str, trial: &str) -> String {
        format!("{study}\n{trial}")
    }
}

impl Row for TrialRow {
    const TABLE: &'static str = "trials";
    const COLUMNS: &'static [&'static str] = &["study", "name", "runs", "result"];

    fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<TrialRow> {
        let runs: String = row.get(first + 2)?;
        let runs = serde_json::from_str(&runs).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(first + 2, Type::Text, error.into())
        })?;
        let trial = Trial { name: row.get(first + 1)?, runs, result: row.get(first + 3)? };
        Ok(TrialRow { study: row.get(first)?, trial })
    }

    fn values(&self) -> Vec<Value> {
        let Trial { name, runs, result } = &self.trial;
        let runs = serde_json::to_string(runs).expect("plain data");
        [self.study.clone(), name.clone(), runs, result.clone()].map(Value::Text).into()
    }

    fn name(&self) -> String {
        TrialRow::name_of(&self.study, &self.trial.name)
    }
}
