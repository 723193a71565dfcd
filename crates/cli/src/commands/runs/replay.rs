//! A stored run, done again and compared bit for bit.

use std::ops::ControlFlow;
use std::sync::Arc;

use clap::Args;
use data::batches::Normalize;
use data::samples::Holdout;
use data::{Dataset, Request};
use nn::{Activation, Architecture};
use serde_json::json;
use train::{Examples, InMemory, Recipe, Record, Split, Task, Training};

use super::place::{StoreArgs, find};
use crate::args::{OutputArgs, PlaceArgs, ThreadsArgs};
use crate::console;
use crate::dataset;
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
        let task = task_of(&stored, &self.data)?;
        let recipe: Recipe = stored.recipe.parse()?;
        let mut training = Training::new(&task, &recipe, stored.seed, stored.budget)?;
        same_run(&stored, &training.record())?;

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

/// The task of a record: a network that classifies images, as the record describes both.
fn task_of(record: &Record, place: &PlaceArgs) -> Result<Task, Failure> {
    let (task, settings) = (&record.task, &record.task.settings);
    let cannot = |why: String| {
        Failure::usage(
            why,
            "only networks that classify images of the known sets are put together from a record",
        )
    };
    let architecture = architecture(&task.name, &task.model).ok_or_else(|| {
        cannot(format!("expected the name of a network as task, found `{}`", files::text::name(&task.name)))
    })?;
    let set = data::set(&task.data.name)?;
    let dataset: Dataset = match task.data.sample {
        true => data::load(&Request::embedded(set), &mut |_| ())?,
        false => dataset::load(&place.request(set))?,
    };
    let mut examples = InMemory::images(dataset);
    let held_out = record.examples(Split::Validation);
    if held_out > 0 && held_out < examples.len(Split::Train) {
        examples = examples
            .with_validation(Holdout::Count(held_out), 0)
            .map_err(|fault| cannot(format!("validation examples: {fault}")))?;
    }
    if let Some(name) = settings.keys().find(|name| *name != "normalize") {
        return Err(cannot(format!(
            "the run has the setting `{}`, which is none of the usual ones",
            files::text::name(name)
        )));
    }
    let normalize = match settings.get("normalize") {
        None => Normalize::HALF,
        Some(text) => normalize(text).ok_or_else(|| {
            Failure::bad_data(format!("normalize: `{}`", files::text::name(text)), "expected `mean=… std=…`")
        })?,
    };
    let built = Task::supervised(Arc::new(examples), &architecture, normalize)?;
    Ok(Task { target: task.target, ..built })
}

/// The network that a record names; of dense layers with the widths and the nonlinearity of its description.
fn architecture(name: &str, model: &str) -> Option<Architecture> {
    let known = Architecture::by_name(name)?;
    let Architecture::Mlp { .. } = known else { return Some(known) };
    let (widths, activation) = model.split_once(' ').unwrap_or((model, "relu"));
    let widths: Vec<usize> = widths.split('-').map(|width| width.parse().ok()).collect::<Option<_>>()?;
    let [_, hidden @ .., _] = widths.as_slice() else { return None };
    Some(Architecture::Mlp { hidden: hidden.to_vec(), activation: Activation::by_name(activation)? })
}

fn normalize(text: &str) -> Option<Normalize> {
    let (mean, std) = text.strip_prefix("mean=")?.split_once(" std=")?;
    Some(Normalize { mean: mean.parse().ok()?, std: std.parse().ok()? })
}

/// Makes sure that what would be done is the stored run.
fn same_run(stored: &Record, planned: &Record) -> Result<(), Failure> {
    if stored.key() == planned.key() {
        return Ok(());
    }
    let [old, new] = [stored, planned].map(|record| {
        let (task, environment) = (&record.task, &record.environment);
        [
            ("data", format!("{} {}", task.data.name, task.sha256)),
            ("examples", format!("{:?}", task.examples)),
            ("model", task.model.clone()),
            ("loss", task.loss.clone()),
            ("metric", format!("{:?}", task.metric)),
            ("recipe", record.recipe.clone()),
            ("kernel", environment.kernel.clone()),
            ("numbers", environment.numbers.to_string()),
        ]
    });
    let pairs = old.into_iter().zip(new).filter(|(old, new)| old != new);
    let lines: Vec<String> =
        pairs.map(|((name, old), (_, new))| format!("{name}: {old} then, {new} now")).collect();
    let hint = match stored.environment.kernel == planned.environment.kernel {
        true => "its data must be the same; --data-dir names another folder".to_string(),
        false => format!("run it with DESCENT_KERNEL={}", stored.environment.kernel),
    };
    Err(Failure::usage(format!("this would be another run than the stored one:\n{}", lines.join("\n")), hint))
}
