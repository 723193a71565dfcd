//! Everything about a run.

use clap::Args;
use lab::store::Summary;
use train::Record;
use train::record::Status;

use super::grid::Grid;
use super::place::{StoreArgs, find};
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::text;

#[derive(Args)]
#[command(
    about = "Shows everything about runs",
    long_about = None,
    after_help = "Examples:\n  descent runs show 3f2a9c01\n  descent runs show 3f2a9c01 --json"
)]
pub(super) struct Show {
    /// The runs: first digits of their keys
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.place.open_existing()?;
        let mut shown = Vec::new();
        for id in &self.ids {
            let run = find(&*store, id)?;
            let record = store.get(&run.key)?.expect("a listed run is there");
            shown.push(match self.output.json {
                true => report::jsonl(&[record]).trim_end().to_string(),
                false => page(&run, &record),
            });
        }
        Ok(console::print(&shown.join(if self.output.json { "\n" } else { "\n\n" }))?)
    }
}

fn page(run: &Summary, record: &Record) -> String {
    let Record { task, counts, environment, budget, .. } = record;
    let number = |number: u64| text::grouped(number);
    let status = match record.status {
        Status::Finished => "finished".to_string(),
        Status::Diverged { step } => format!("diverged at batch {}", number(step)),
    };
    let work = match counts.gradients {
        Some(gradients) if gradients != counts.updates => format!(", {} gradients", number(gradients)),
        _ => String::new(),
    };
    let examples: Vec<String> =
        task.examples.iter().map(|(split, count)| format!("{} {split}", number(*count as u64))).collect();
    let settings: Vec<String> = task.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let rows = [
        ("key", run.key.clone()),
        ("task", format!("{}: {}, {}", task.name, task.loss, task.metric.name())),
        ("data", format!("{} ({}): {}", task.data.name, task.data.origin, examples.join(", "))),
        ("model", format!("{}, {} weights", task.model, number(task.weights as u64))),
        ("settings", settings.join(", ")),
        ("recipe", record.recipe.clone()),
        ("seed", record.seed.to_string()),
        (
            "budget",
            format!(
                "{}, {} in each",
                counted(budget.epochs.into(), "epoch"),
                counted(budget.evaluations.into(), "evaluation")
            ),
        ),
        ("status", status),
        ("work", format!("{} updates, {} examples{work}", number(counts.updates), number(counts.examples))),
        (
            "made by",
            format!(
                "version {}, numbers {}, {}, {}",
                environment.version,
                environment.numbers,
                environment.kernel,
                counted(environment.threads as u64, "thread")
            ),
        ),
        ("studies", run.studies.join(", ")),
    ];
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let rows: Vec<[String; 2]> =
        filled.map(|(name, value)| [name.to_string(), files::text::visible(&value).into_owned()]).collect();
    let facts: String = text::table(&rows, 0, console::width()).concat();
    format!("{facts}\n{}", curves(record).lines(console::width()).join("\n"))
}

/// A number of things: `1 epoch`, `2 epochs`.
fn counted(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", text::grouped(count), if count == 1 { "" } else { "s" })
}

/// A row for each curve.
fn curves(record: &Record) -> Grid {
    let heading = [
        ("curve", false),
        ("points", true),
        ("first", true),
        ("last", true),
        ("least", true),
        ("greatest", true),
    ];
    let row = |(name, points): (&String, &Vec<train::record::Point>)| {
        let values = || points.iter().map(|point| point.value);
        let shown = |value: Option<f64>| value.map_or("—".to_string(), |value| format!("{value:.4}"));
        vec![
            name.clone(),
            points.len().to_string(),
            shown(values().next()),
            shown(values().next_back()),
            shown(values().reduce(f64::min)),
            shown(values().reduce(f64::max)),
        ]
    };
    Grid {
        columns: heading.map(|(name, right)| (name.to_string(), right)).into(),
        rows: record.curves.iter().chain(&record.diagnostics).map(row).collect(),
    }
}
