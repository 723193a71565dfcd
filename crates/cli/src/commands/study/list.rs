//! The studies of a store.

use clap::Args;
use lab::study::{Facts, Outcome};
use serde_json::json;

use crate::args::OutputArgs;
use crate::commands::runs::StoreArgs;
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;

#[derive(Args)]
#[command(about = "Lists the studies of a store, and how far they are", long_about = None)]
pub(super) struct List {
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl List {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.place.open_existing()?;
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for kept in store.studies()? {
            // Of a study with tasks of a program, or of another version, only the name is known.
            let known =
                super::parsed(&kept).ok().and_then(|study| Some((Facts::of_registry(&study).ok()?, study)));
            let known = known.map(|(facts, study)| Outcome::of_store(&study, &facts, &*store)).transpose()?;
            let done = known.as_ref().map(|known| known.cells.iter().filter(|cell| cell.complete).count());
            let cells = known.as_ref().map(|known| known.cells.len());
            let runs = store.list(&lab::store::Filter::study(&kept.name))?.len();
            let words =
                |names: Option<Vec<String>>| names.map_or("—".to_string(), |names| names.join(", "));
            let tasks =
                known.as_ref().map(|known| known.tasks.iter().map(|task| task.name.clone()).collect());
            lines.push(
                json!({
                    "schema": console::SCHEMA, "kind": "study", "name": kept.name, "tasks": tasks,
                    "entries": known.as_ref().map(|known| &known.entries), "cells": cells, "complete": done, "runs": runs,
                })
                .to_string(),
            );
            rows.push(vec![
                kept.name,
                words(tasks),
                words(known.map(|known| known.entries)),
                done.zip(cells).map_or("—".to_string(), |(done, cells)| format!("{done} of {cells}")),
                runs.to_string(),
            ]);
        }
        if self.output.json {
            // Of no studies there are no lines, not an empty one.
            return if lines.is_empty() { Ok(()) } else { Ok(console::print(&lines.join("\n"))?) };
        }
        if rows.is_empty() {
            return Ok(console::print("no studies")?);
        }
        let columns =
            [("study", false), ("tasks", false), ("entries", false), ("cells", true), ("runs", true)];
        let columns = columns.map(|(name, right)| (name.to_string(), right)).into();
        Ok(console::print(&Grid { columns, rows }.lines(console::width()).join("\n"))?)
    }
}
