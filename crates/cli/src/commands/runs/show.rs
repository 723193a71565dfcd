//! Everything about a run.

use clap::Args;
use lab::store::Summary;
use train::Record;
use train::record::Status;

use super::place::{StoreArgs, find};
use crate::args::ReportArgs;
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;
use crate::text;

#[derive(Args)]
#[command(
    about = "Shows everything about runs",
    long_about = None,
    after_help = "Examples:\n  descent runs show 3f2a9c01\n  descent runs show 3f2a9c01 --json\n  descent runs show 3f2a9c01 --format html > run.html"
)]
pub(super) struct Show {
    /// The runs: first digits of their keys
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: ReportArgs,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.place.open_existing()?;
        let (json, wanted) = (self.output.json(), self.output.wanted()?);
        let mut shown = Vec::new();
        for id in &self.ids {
            let run = find(&*store, id)?;
            let record = store.get(&run.key)?.expect("a listed run is there");
            shown.push(match &wanted {
                Some(wanted) => wanted.render(&report::run_document(&run, &record))?,
                None if json => report::jsonl(&[record]).trim_end().to_string(),
                None => page(&run, &record),
            });
        }
        Ok(console::print(&shown.join(if json { "\n" } else { "\n\n" }))?)
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
    // Its first digits name a run, so that it may end in an ellipsis.
    let width = console::width();
    let key = text::cut(&run.key, width.saturating_sub("settings  ".len()));
    let rows = [
        ("key", key),
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
    let facts: String = text::table(&rows, 0, width).concat();
    format!(
        "{facts}\n{}",
        Grid::of_curves(record.curves.iter().chain(&record.diagnostics)).lines(width).join("\n")
    )
}

/// A number of things: `1 epoch`, `2 epochs`.
fn counted(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", text::grouped(count), if count == 1 { "" } else { "s" })
}
