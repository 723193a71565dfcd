use anstyle::Style;
use clap::Args;
use lab::tasks::{self, Data, Info, TaskSpec};
use serde_json::json;
use train::{Direction, Metric};

use super::Command;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::text;

#[derive(Args)]
#[command(
    about = "Lists the tasks on which optimizers are compared",
    long_about = "Lists every task: its name, the question that it puts to an optimizer, the data, the model, the \
        loss, the metric and the value of it that is worth reaching, the usual length of a run, and the literature \
        that it is from. With a NAME, tells all of one task.",
    after_help = "Examples:\n  descent tasks\n  descent tasks char-lstm       all of one\n  \
        descent tasks --json",
    mut_arg("json", |json| json.help("Print one JSON object a task and nothing else")),
)]
pub(crate) struct Tasks {
    /// Tell all of this task
    #[arg(value_name = "NAME")]
    task: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Command for Tasks {
    const NAME: &'static str = "tasks";

    fn run(self) -> Result<(), Failure> {
        let one = match &self.task {
            Some(name) => {
                let spec: TaskSpec = name.parse().map_err(|error: tasks::UnknownTask| {
                    Failure::usage(error.to_string(), "`descent tasks` lists them")
                })?;
                Some(spec.info)
            }
            None => None,
        };
        let text = match (one, self.output.json) {
            (Some(info), true) => json_line(info),
            (None, true) => tasks::all().map(json_line).collect(),
            (Some(info), false) => details(info),
            (None, false) => page(),
        };
        Ok(console::print(&text)?)
    }
}

fn json_line(info: &Info) -> String {
    let (kind, data) = match info.data {
        Data::Images(set) => ("images", set),
        Data::Generated(data) => ("generated", data),
        Data::Formula(formula) => ("formula", formula),
    };
    let optimum = match info.metric {
        Metric::Gap { optimum } => Some(optimum),
        Metric::Accuracy | Metric::Loss | Metric::Rmse => None,
    };
    let object = json!({
        "schema": console::SCHEMA,
        "name": info.name,
        "why": info.why,
        "kind": kind,
        "data": data,
        "model": info.model,
        "loss": info.loss,
        "metric": info.metric.name(),
        "direction": info.metric.direction(),
        "optimum": optimum,
        "target": info.target,
        "epochs": info.budget.epochs,
        "evaluations_per_epoch": info.budget.evaluations,
        "batch_size": info.batch,
        "source": info.source,
    });
    format!("{object}\n")
}

fn page() -> String {
    type Belongs = fn(&Data) -> bool;
    let groups: [(&str, Belongs); 3] = [
        ("images: NAME, or NAME:SET for another data set", |data| matches!(data, Data::Images(_))),
        ("tables, signals and text that need no files", |data| matches!(data, Data::Generated(_))),
        ("test functions with known minima", |data| matches!(data, Data::Formula(_))),
    ];
    let mut rows = vec![];
    let mut heads = vec![];
    for (head, belongs) in groups {
        heads.push((rows.len(), head));
        rows.extend(
            tasks::all()
                .filter(|info| belongs(&info.data))
                .map(|info| [info.name.to_string(), goal(info), info.why.to_string()]),
        );
    }
    let bold = Style::new().bold();
    let mut page = String::new();
    for (index, lines) in text::table(&rows, 2, console::width()).into_iter().enumerate() {
        if let Some((_, head)) = heads.iter().find(|(start, _)| *start == index) {
            page += &format!("{bold}{head}{bold:#}\n");
        }
        page += &lines;
    }
    page + "\n`descent tasks NAME` tells all of one.\n"
}

fn details(info: &Info) -> String {
    let mut rows = vec![["why", info.why]];
    let data = match info.data {
        Data::Images(set) => format!("{set}, or another set as {}:SET", info.name),
        Data::Generated(data) => data.to_string(),
        Data::Formula(formula) => format!("none; the function is {formula}"),
    };
    let metric = format!(
        "{}, {}",
        match info.metric {
            Metric::Gap { optimum } => format!("the gap to the least value, {optimum}"),
            other => other.name().to_string(),
        },
        match info.metric.direction() {
            Direction::Maximize => "more is better",
            Direction::Minimize => "less is better",
        }
    );
    let target = match info.target {
        Some(_) => goal(info),
        None => "none".to_string(),
    };
    let budget = match info.data {
        Data::Formula(_) => format!("{} updates", 100 * info.budget.epochs),
        _ => format!("{} epochs in batches of {}", info.budget.epochs, info.batch),
    };
    rows.extend([
        ["data", &data],
        ["model", info.model],
        ["loss", info.loss],
        ["metric", &metric],
        ["target", &target],
        ["budget", &budget],
        ["source", info.source],
    ]);
    // Tasks of one's own need not say all.
    let said = rows.into_iter().filter(|[_, words]| !words.is_empty());
    let rows: Vec<[String; 2]> = said.map(|row| row.map(String::from)).collect();
    let bold = Style::new().bold();
    let table: String = text::table(&rows, 2, console::width()).into_iter().collect();
    format!("{bold}{}{bold:#}\n{table}", info.name)
}

/// The target in short: `≥ 95%`, `≤ 0.001`.
fn goal(info: &Info) -> String {
    let sign = match info.metric.direction() {
        Direction::Maximize => "≥",
        Direction::Minimize => "≤",
    };
    match info.target {
        Some(target) if info.metric.is_fraction() => format!("{sign} {}%", 100.0 * target),
        Some(target) => format!("{sign} {target}"),
        None => String::new(),
    }
}
