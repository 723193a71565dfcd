//! The runs in a table.

use std::collections::BTreeSet;

use clap::Args;
use lab::Store;
use lab::store::{Filter, Summary, now};

use super::filter::FilterArgs;
use super::place::StoreArgs;
use crate::args::ReportArgs;
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;
use crate::text;

/// The most names of a kind that are listed where no run fits.
const MOST_NAMED: usize = 12;

/// Digits of a key that are shown, unless more are needed to tell runs apart.
const DIGITS: usize = 8;

#[derive(Args)]
#[command(
    about = "Lists runs: those that are over, and those under way",
    long_about = None,
    after_help = "Examples:\n  descent runs list\n  descent runs list --optimizer adam --status diverged\n  \
        descent runs list --study rates --last 20\n  descent runs list --json\n  descent runs list --format csv > runs.csv"
)]
pub(super) struct List {
    /// Only the last N of them
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    output: ReportArgs,
}

impl List {
    pub(super) fn run(self) -> Result<(), Failure> {
        let wanted = self.output.wanted()?;
        let store = self.place.open_existing()?;
        let all = store.list(&self.filter.filter())?;
        let from = all.len() - self.last.unwrap_or(all.len()).min(all.len());
        let runs = &all[from..];
        if let Some(wanted) = wanted {
            return Ok(console::print(&wanted.render(&report::runs_document(runs))?)?);
        }
        if self.output.json() {
            let lines: Vec<String> = runs.iter().map(json).collect();
            // Of no runs there are no lines, not an empty one.
            return if lines.is_empty() { Ok(()) } else { Ok(console::print(&lines.join("\n"))?) };
        }
        let (mut lines, width) = (Vec::new(), console::width());
        match runs {
            [] => {
                lines.push("no runs".to_string());
                let every = if all.is_empty() { store.list(&Filter::default())? } else { Vec::new() };
                if let Some(there) = there(&every) {
                    console::note(&there);
                }
            }
            runs => {
                lines.extend(in_common(runs).map(|common| text::paragraph(&common, 0, width)));
                lines.extend(rows(runs, width));
            }
        }
        if from > 0 {
            lines.push(format!("{from} more before these"));
        }
        lines.extend(
            under_way(&*store)?.iter().map(|line| text::paragraph(line, 0, width).trim_end().to_string()),
        );
        Ok(console::print(&lines.join("\n"))?)
    }
}

/// Names of a kind that a run has.
type Names = fn(&Summary) -> Vec<&str>;

/// `the store has 72 runs: tasks friedman1; optimizers adam, sgd`, where no run fits a filter.
fn there(runs: &[Summary]) -> Option<String> {
    let one = |(kind, of): (&str, Names)| {
        let found: BTreeSet<&str> = runs.iter().flat_map(of).collect();
        let named: Vec<&str> = found.iter().take(MOST_NAMED).copied().collect();
        let more = if found.len() > MOST_NAMED { ", …" } else { "" };
        (!found.is_empty()).then(|| format!("{kind} {}{more}", named.join(", ")))
    };
    let kinds: [(&str, Names); 3] = [
        ("tasks", |run| vec![&run.task]),
        ("optimizers", |run| vec![&run.optimizer]),
        ("studies", |run| run.studies.iter().map(String::as_str).collect()),
    ];
    let kinds: Vec<String> = kinds.into_iter().filter_map(one).collect();
    let what = files::text::visible(&kinds.join("; ")).into_owned();
    match runs.len() {
        0 => None,
        1 => Some(format!("the store has 1 run: {what}")),
        several => Some(format!("the store has {several} runs: {what}")),
    }
}

fn json(run: &Summary) -> String {
    let mut value = serde_json::to_value(run).expect("plain data");
    let object = value.as_object_mut().expect("a summary is an object");
    object.insert("schema".to_string(), console::SCHEMA.into());
    object.insert("kind".to_string(), "run".into());
    value.to_string()
}

/// Columns that may be the same for all runs: their name, and their value of a run.
type Column = (&'static str, fn(&Summary) -> String);

const COLUMNS: [Column; 6] = [
    ("task", |run| run.task.clone()),
    ("data", |run| run.data.clone()),
    ("model", |run| run.model.clone()),
    ("epochs", |run| run.epochs.to_string()),
    ("measure", |run| run.metric.clone()),
    ("study", |run| run.studies.join(", ")),
];

/// A line of what all runs have in common, unless it is a single one.
fn in_common(runs: &[Summary]) -> Option<String> {
    let common = COLUMNS.iter().filter(|column| !differs(runs, column));
    let common = common.map(|(name, value)| (name, value(&runs[0]))).filter(|(_, value)| !value.is_empty());
    let words: Vec<String> = common.map(|(name, value)| format!("{name} {value}")).collect();
    let line = files::text::visible(&words.join(", ")).into_owned();
    (!line.is_empty()).then_some(line)
}

fn differs(runs: &[Summary], (_, value): &Column) -> bool {
    runs.iter().any(|run| value(run) != value(&runs[0]))
}

/// A row for each run, no two of other recipes alike: with the whole recipes where they fit, else with what differs
/// between those of an optimizer, else with each recipe below its row.
fn rows(runs: &[Summary], width: usize) -> Vec<String> {
    let whole = table(runs, Some(&|place| runs[place].recipe.clone()));
    if whole.width() <= width {
        return whole.lines(width);
    }
    let recipes: Vec<(&str, &str)> =
        runs.iter().map(|run| (run.optimizer.as_str(), run.recipe.as_str())).collect();
    let names = lab::compare::names(&recipes);
    let short = table(runs, Some(&|place| names[place].clone()));
    if short.width() <= width {
        let note =
            "Recipes have the settings in which those of an optimizer differ; `descent runs show` has all.";
        let note = text::paragraph(note, 0, width).trim_end().to_string();
        return short.lines(width).into_iter().chain([note]).collect();
    }
    let lines = table(runs, None).lines(width);
    if lines.len() != runs.len() + 1 {
        // In so narrow a terminal every cell has a line.
        return short.lines(width);
    }
    let mut lines = lines.into_iter();
    let heading = lines.next().into_iter();
    let below = |(line, run): (String, &Summary)| {
        let recipe = text::paragraph(&files::text::visible(&run.recipe), 2, width);
        [line, recipe.trim_end().to_string()]
    };
    heading.chain(lines.zip(runs).flat_map(below)).collect()
}

/// The recipe of a run by its place.
type Recipes<'r> = dyn Fn(usize) -> String + 'r;

/// A table of the runs, without recipes if none are given.
fn table(runs: &[Summary], recipes: Option<&Recipes<'_>>) -> Grid {
    let digits = digits(runs);
    let columns: Vec<&Column> = COLUMNS.iter().filter(|column| differs(runs, column)).collect();
    let names = columns.iter().map(|(name, _)| (name.to_string(), *name == "epochs"));
    let mut heading = vec![("run".to_string(), false)];
    heading.extend(names);
    heading.extend(recipes.map(|_| ("recipe".to_string(), false)));
    heading.extend([("seed", true), ("value", true)].map(|(name, right)| (name.into(), right)));
    let row = |(place, run): (usize, &Summary)| {
        let value = match run.value {
            _ if run.status != "finished" => run.status.clone(),
            Some(value) => text::loss(value),
            None => "—".to_string(),
        };
        let mut row = vec![run.key[..digits].to_string()];
        row.extend(columns.iter().map(|(_, value)| value(run)));
        row.extend(recipes.map(|recipe| recipe(place)));
        row.extend([run.seed.to_string(), value]);
        row
    };
    Grid { columns: heading, rows: runs.iter().enumerate().map(row).collect() }
}

/// Digits that tell the keys apart.
fn digits(runs: &[Summary]) -> usize {
    let mut keys: Vec<&str> = runs.iter().map(|run| run.key.as_str()).collect();
    keys.sort_unstable();
    let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let needed = keys.windows(2).map(|pair| common(pair[0], pair[1]) + 1).max().unwrap_or(0);
    needed.clamp(DIGITS, 64)
}

/// A line for each run under way.
fn under_way(store: &dyn Store) -> Result<Vec<String>, Failure> {
    let now = now();
    let line = |claim: lab::store::Running| {
        let what = claim.so_far.as_ref().map_or(String::new(), |record| {
            format!(": {}, seed {}, {} updates", record.recipe, record.seed, record.counts.updates)
        });
        let state = if claim.has_expired(now) { "stopped" } else { "under way" };
        let key = claim.key.get(..DIGITS).unwrap_or(&claim.key).to_string();
        files::text::visible(&format!("{key} {state} in {}{what}", claim.holder)).into_owned()
    };
    Ok(store.running()?.into_iter().map(line).collect())
}
