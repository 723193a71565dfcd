//! A stored run, done again and compared bit for bit.

use std::ops::ControlFlow;

use clap::Args;
use serde_json::json;
use train::Training;

use super::place::{StoreArgs, find};
use super::recorded::task_and_recipe;
use crate::args::{OutputArgs, PlaceArgs, ThreadsArgs};
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;

#[derive(Args)]
#[command(
    about = "Does a run again and says whether it has the same bits",
    long_about = "Does a stored run again, with its data, recipe, seed and budget, and compares every number of its \
        curves bit for bit. Seconds, threads and the program's version may differ. Ends with code 1 if a number \
        differs.",
    after_help = "Examples:\n  descent runs replay 3f2a9c01\n  descent runs replay 3f2a9c01 --threads 1"
)]
pub(super) struct Replay {
    /// The run: first digits of its key
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    data: PlaceArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Replay {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.place.open_existing()?;
        let run = find(&*store, &self.id)?;
        let stored = store.get(&run.key)?.expect("a listed run is there");
        let (task, recipe) = task_and_recipe(&stored, &self.data)?;
        let mut training = Training::new(&task, &recipe, stored.seed, stored.budget)?;

        let stop = Stop::listen()?;
        self.threads.start()?.run(|| {
            training.run(&mut |_| match stop.asked() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            });
        });
        if let Some(code) = stop.code() {
            return Err(Failure::signal(code, "stopped before the end: nothing was compared"));
        }
        let record = training.record();
        let differences = lab::store::differences(&stored, &record);
        let short = &run.key[..8];
        if self.output.json {
            console::print(
                &json!({
                    "schema": console::SCHEMA, "kind": "replay", "run": run.key,
                    "same": differences.is_empty(), "differences": differences,
                })
                .to_string(),
            )?;
        } else if differences.is_empty() {
            let points: usize = record.curves.values().map(Vec::len).sum();
            console::print(&format!(
                "{short}: the same bits in {points} points of {} curves",
                record.curves.len()
            ))?;
        }
        if differences.is_empty() {
            return Ok(());
        }
        let [then, now] = [&stored, &record].map(|record| record.environment.version.as_str());
        Err(Failure::failed(
            format!("{short}: other bits than those that are stored:\n{}", differences.join("\n")),
            format!(
                "it was made by version {then} and done again by {now}: a bug, unless the numbers were changed"
            ),
        ))
    }
}
