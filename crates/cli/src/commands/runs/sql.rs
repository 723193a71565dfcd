//! Questions in SQL.

use clap::Args;
use serde_json::{Value, json};
use store::{Answer, Cell, QueryError};

use super::place::StoreArgs;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;

#[derive(Args)]
#[command(
    about = "Answers a question in SQL; the store is only read",
    long_about = "Answers one SQL statement. The whole store is checked first, and nothing can be written. \
        Views: results, points, trial_runs, running, running_points; docs/store.md describes their columns.",
    after_help = "Examples:\n  descent runs sql \"SELECT recipe, avg(value), count(*) FROM results GROUP BY recipe\"\n  \
        descent runs sql \"SELECT * FROM points WHERE curve = 'test_loss'\" --csv > curves.csv"
)]
pub(super) struct Sql {
    /// The statement
    #[arg(value_name = "QUERY")]
    query: String,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Sql {
    pub(super) fn run(self) -> Result<(), Failure> {
        let answer =
            store::Sqlite::query(&self.place.sqlite()?, &self.query).map_err(|error| match error {
                QueryError::Store(error) => error.into(),
                QueryError::Sql(why) => Failure::usage(why, "docs/store.md describes tables and views"),
            })?;
        let lines = match () {
            () if self.output.json => json_lines(&answer),
            () if self.csv => csv(&answer),
            () => table(answer).lines(console::width()),
        };
        if lines.is_empty() { Ok(()) } else { Ok(console::print(&lines.join("\n"))?) }
    }
}

fn json_lines(Answer { columns, rows }: &Answer) -> Vec<String> {
    let value = |cell: &Cell| match cell {
        Cell::Null => Value::Null,
        Cell::Integer(x) => json!(x),
        Cell::Real(x) if x.is_finite() => json!(x),
        Cell::Real(x) => json!(x.to_string()),
        Cell::Text(text) => json!(text),
        Cell::Bytes(len) => json!(format!("{len} bytes")),
    };
    let keys = keys(columns);
    let object = |row: &Vec<Cell>| {
        let member = |(key, cell): (&String, &Cell)| format!("{}:{}", json!(key), value(cell));
        format!("{{{}}}", keys.iter().zip(row).map(member).collect::<Vec<_>>().join(","))
    };
    rows.iter().map(object).collect()
}

/// Names of the columns, each once: a second `id` is `id:1`, as SQLite names it in a view.
fn keys(columns: &[String]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for name in columns {
        let numbered = (1..).map(|number| format!("{name}:{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|key| !keys.contains(key));
        keys.extend(free);
    }
    keys
}

fn csv(Answer { columns, rows }: &Answer) -> Vec<String> {
    let quoted = |text: &str| match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    };
    let heading = columns.iter().map(|name| quoted(name)).collect::<Vec<String>>().join(",");
    let row =
        |row: &Vec<Cell>| row.iter().map(|cell| quoted(&whole(cell))).collect::<Vec<String>>().join(",");
    std::iter::once(heading).chain(rows.iter().map(row)).collect()
}

fn table(Answer { columns, rows }: Answer) -> Grid {
    let numbers = |place: usize| {
        let mut cells = rows.iter().map(|row| &row[place]).filter(|cell| **cell != Cell::Null).peekable();
        cells.peek().is_some() && cells.all(|cell| matches!(cell, Cell::Integer(_) | Cell::Real(_)))
    };
    let columns = columns.into_iter().enumerate().map(|(place, name)| (name, numbers(place))).collect();
    let shown = |cell: &Cell| match cell {
        Cell::Real(x) if x.is_finite() && *x != 0.0 => rounded(*x),
        other => whole(other),
    };
    let rows = rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    Grid { columns, rows }
}

/// Six significant digits.
fn rounded(x: f64) -> String {
    let short = format!("{x:.5e}").parse().unwrap_or(x);
    if (1e-4..1e9).contains(&x.abs()) { format!("{short}") } else { format!("{short:e}") }
}

fn whole(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(x) => x.to_string(),
        Cell::Real(x) => x.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(len) => format!("{len} bytes"),
    }
}
