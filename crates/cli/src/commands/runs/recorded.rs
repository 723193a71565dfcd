//! The task and the recipe of a stored run, to do it again.

use std::sync::Arc;

use data::batches::Normalize;
use data::samples::Holdout;
use data::{Dataset, Request, Set};
use lab::tasks::{self, Setup};
use nn::{Activation, Architecture};
use train::record::TaskRecord;
use train::{Examples, InMemory, Recipe, Record, Split, Task, Training};

use crate::args::PlaceArgs;
use crate::failure::Failure;

/// The task and the recipe, if a run of them would be the stored one.
pub(in crate::commands) fn task_and_recipe(
    record: &Record,
    place: &PlaceArgs,
) -> Result<(Task, Recipe), Failure> {
    let task = task_of(record, place)?;
    let recipe: Recipe = record.recipe.parse()?;
    same_run(record, &Training::new(&task, &recipe, record.seed, record.budget)?.record())?;
    Ok((task, recipe))
}

/// The task of a record: that of the registry, or a network that classifies images, as the record describes both.
fn task_of(record: &Record, place: &PlaceArgs) -> Result<Task, Failure> {
    let listed = tasks::recorded(&record.task, Setup::new(|set| load(record, place, set)))?;
    match listed {
        // A network of a task's name may have been given other data or another normalization.
        Some(task) if is_same(&record.task, &task.record()) || !is_architecture(record) => Ok(task),
        _ => classifier(record, place),
    }
}

fn is_architecture(record: &Record) -> bool {
    architecture(&record.task.name, &record.task.model).is_some()
}

/// True if numbers are the same: no number depends on the target.
fn is_same(stored: &TaskRecord, built: &TaskRecord) -> bool {
    TaskRecord { target: built.target, ..stored.clone() } == *built
}

/// A network that classifies images, as a record describes both.
fn classifier(record: &Record, place: &PlaceArgs) -> Result<Task, Failure> {
    let (task, settings) = (&record.task, &record.task.settings);
    let cannot = |why: String| {
        Failure::usage(
            why,
            "tasks of the registry and networks that classify images of the known sets are put together from a record",
        )
    };
    let architecture = architecture(&task.name, &task.model).ok_or_else(|| {
        cannot(format!("expected the name of a network as task, found `{}`", files::text::name(&task.name)))
    })?;
    let set = data::set(&task.data.name)?;
    let mut examples = InMemory::images(load(record, place, set)?);
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

/// The whole set, or the embedded sample if the run was on that.
fn load(record: &Record, place: &PlaceArgs, set: &'static Set) -> Result<Dataset, data::Error> {
    match record.task.data.sample {
        true => data::load(&Request::embedded(set), &mut |_| ()),
        false => place.load(set),
    }
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
            ("settings", format!("{:?}", task.settings)),
            ("recipe", record.recipe.clone()),
            ("changes by hand", record.changes.len().to_string()),
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
