//! Every measurement of runs, one a row or a line.

use serde::Serialize;
use train::Record;
use train::record::{Point, Status};

use crate::csv::quoted;

/// A measurement with the run that it is of.
#[derive(Serialize)]
struct Row<'r> {
    run: &'r str,
    task: &'r str,
    dataset: &'r str,
    optimizer: &'r str,
    recipe: &'r str,
    seed: u64,
    status: &'r str,
    measure: &'r str,
    epoch: Option<f64>,
    updates: u64,
    seconds: Option<f64>,
    value: Option<f64>,
}

const HEADER: &str = "run,task,dataset,optimizer,recipe,seed,status,measure,epoch,updates,seconds,value\r\n";

/// Every point of every curve and diagnostic in long form: a header, then a row a measurement. A value that is not
/// finite is empty. `run` is the first twelve digits of the run's key.
///
/// Quoting and line ends follow RFC 4180; `pandas.read_csv` and `polars.read_csv` read it as it is.
pub fn points_csv(runs: &[Record]) -> String {
    let mut text = HEADER.to_string();
    each(runs, |row| {
        let number = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
        let fields = [
            row.run.to_string(),
            quoted(row.task),
            quoted(row.dataset),
            quoted(row.optimizer),
            quoted(row.recipe),
            row.seed.to_string(),
            row.status.to_string(),
            quoted(row.measure),
            number(row.epoch),
            row.updates.to_string(),
            number(row.seconds),
            number(row.value),
        ];
        text += &fields.join(",");
        text += "\r\n";
    });
    text
}

/// The same as JSON, an object a line: `pandas.read_json(file, lines=True)` reads it.
pub fn points_jsonl(runs: &[Record]) -> String {
    let mut text = String::new();
    each(runs, |row| {
        text += &serde_json::to_string(&row).expect("plain data");
        text.push('\n');
    });
    text
}

fn each(runs: &[Record], mut tell: impl FnMut(Row<'_>)) {
    for run in runs {
        let key = run.key();
        let status = match run.status {
            Status::Finished => "finished",
            Status::Diverged { .. } => "diverged",
        };
        for (measure, points) in run.curves.iter().chain(&run.diagnostics) {
            for &Point { epoch, updates, seconds, value } in points {
                let finite = |x: f64| Some(x).filter(|x| x.is_finite());
                tell(Row {
                    run: &key[..12],
                    task: &run.task.name,
                    dataset: &run.task.data.name,
                    optimizer: &run.optimizer,
                    recipe: &run.recipe,
                    seed: run.seed,
                    status,
                    measure,
                    epoch: finite(epoch),
                    updates,
                    seconds: finite(seconds),
                    value: finite(value),
                });
            }
        }
    }
}
