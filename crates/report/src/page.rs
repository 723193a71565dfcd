//! A comparison as a document, and as one HTML page.

mod curves;
mod rates;
mod reading;
mod results;
mod study;
mod why;

use std::collections::BTreeSet;

use lab::compare::{Comparison, Tuned, Warning};
use lab::stats::LrSensitivity;
use lab::study::outcome::CellOutcome;
use train::record::Status;
use train::{Metric, Record, Split};

use crate::document::{Block, Cell, Column, Document, Figure, Format, Layout, Table};
use crate::heading::{headline, line_and_band};
use crate::measure;
use crate::number::{self, NONE, count, counted};
use crate::prose;
use crate::text::{listed, plain, shorten};

pub use study::{StudyParts, study_document};

pub(crate) use curves::places;

use curves::figures;
use rates::rates;
use reading::glossary;

/// One self-contained page: the verdict, the table, the curves, what each number means, the
/// settings and every run.
///
/// It makes no request: pictures, styles and the script are inside, and its content security policy
/// forbids everything else, scripts from elsewhere and inline handlers included. It is complete
/// without JavaScript, which adds legends that toggle, zoom, other axes, values under the pointer and files to save.
/// Names are escaped, whatever they hold. At most 200 runs and 400 pairs are shown, and the page says how many are left
/// out.
pub fn page(comparison: &Comparison) -> String {
    comparison_document(comparison, None).render(Format::Html)
}

/// The same page with the recipes tuned alike after those as they are set, and a verdict on both. `tuning` says how
/// the settings were chosen.
pub fn tuned_page(comparison: &Comparison, tuned: &Tuned, tuning: &str) -> String {
    comparison_document(comparison, Some((tuned, tuning))).render(Format::Html)
}

/// A comparison as a document; with the recipes tuned alike, and how they were, if they were.
pub fn comparison_document(comparison: &Comparison, tuned: Option<(&Tuned, &str)>) -> Document {
    let Comparison { metric, rows, runs, .. } = comparison;
    let mut blocks = opening(comparison, tuned);
    let lead = format!("{} {}", line_and_band(comparison), measure::direction(*metric));
    let results = match rows.is_empty() {
        true => vec![Block::Text("There are no runs, so there is nothing to compare.".into())],
        false => vec![Block::Table(results::table(comparison))],
    };
    blocks.push(section("results", "Results", results));
    if !rows.is_empty() {
        let curves = vec![Block::Lead(lead), Block::Figures(pictures(comparison, ""))];
        blocks.push(section("curves", "Curves", curves));
    }
    let looks = prose::looks(comparison, tuned.map(|(tuned, _)| &tuned.comparison));
    let looks = looks.map(|text| Block::Text(sentence(&text)));
    blocks.extend(results::pairs(comparison).map(|inside| {
        section("pairs", "Which differences are real", inside.into_iter().chain(looks).collect())
    }));
    if let Some((tuned, how)) = tuned {
        blocks.push(section(
            "tuned",
            &format!("The same, {}", prose::tuned_alike(tuned)),
            tuned_alike(tuned, how),
        ));
    }
    blocks.push(section("reading", "How to read this", vec![Block::Terms(glossary(comparison))]));
    blocks.extend(
        why::blocks(rows)
            .map(|inside| section("why", "Why optimizers differ, and when they would not", inside)),
    );
    blocks.extend(settings(comparison).map(|inside| section("settings", "Settings", inside)));
    blocks.extend(every_run(comparison).map(|inside| section("runs", "Every run", inside)));
    blocks.push(section("again", "Do it again", vec![Block::Text(repeat(comparison))]));
    Document {
        kind: "comparison".into(),
        eyebrow: "Descent · optimizer comparison".into(),
        title: headline(comparison),
        facts: runs.first().map(facts).unwrap_or_default(),
        blocks,
        data: results::data(comparison, tuned.map(|(tuned, _)| &tuned.comparison)),
    }
}

/// Curves of a comparison, and the learning rates where they change.
pub(crate) fn pictures(comparison: &Comparison, prefix: &str) -> Vec<Figure> {
    figures(comparison, prefix).into_iter().chain(rates(comparison, prefix)).collect()
}

const MOST_RUNS: usize = 200;
const NAME_COLUMNS: usize = 60;
const SENTENCE_COLUMNS: usize = 1000;

/// The verdict, and what to know before it is believed.
fn opening(comparison: &Comparison, tuned: Option<(&Tuned, &str)>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(run) = comparison.runs.iter().find(|run| run.task.data.sample) {
        blocks.push(sample(run));
    }
    let verdict = match tuned {
        Some((tuned, _)) => prose::tuned_verdict(comparison, tuned),
        None => prose::verdict(comparison),
    };
    blocks.push(Block::Verdict(sentence(&verdict)));
    // The banner says that of the sample.
    let warnings = comparison.warnings().into_iter().filter(|found| !matches!(found, Warning::Sample { .. }));
    let mut items: Vec<String> = warnings.map(|found| sentence(&prose::warning(&found))).collect();
    if let Some((tuned, _)) = tuned {
        items.extend(prose::tuning_warnings(tuned).iter().map(|text| sentence(text)));
    }
    if !items.is_empty() {
        blocks.push(Block::Warnings { title: "Before you believe the numbers".into(), items });
    }
    blocks
}

fn sample(run: &Record) -> Block {
    let [train, test] = [Split::Train, Split::Test].map(|split| count(run.examples(split)));
    Block::Banner {
        title: "A sample, not the whole data set.".into(),
        text: format!(
            "These runs used the sample of {} that is embedded in the program: {train} training and {test} test \
             images. Numbers on the whole set differ, so do not compare these with published ones.",
            name(&run.task.data.name)
        ),
    }
}

fn facts(run: &Record) -> String {
    let model = format!("model {} with {} weights", name(&run.task.model), count(run.task.weights));
    match run.examples(Split::Train) {
        0 => model,
        train => {
            let test = count(run.examples(Split::Test));
            format!("{} training and {test} test examples · {model}", count(train))
        }
    }
}

fn tuned_alike(tuned: &Tuned, how: &str) -> Vec<Block> {
    let Tuned { comparison, outcome } = tuned;
    let metric = comparison.metric;
    let mut blocks = vec![
        Block::Lead(format!("{} The scores below are of the fresh seeds.", sentence(how))),
        Block::Table(Table {
            title: format!("Results, {}", prose::tuned_alike(tuned)),
            ..results::table(comparison)
        }),
        Block::Figures(pictures(comparison, "tuned-")),
    ];
    blocks.extend(results::pairs(comparison).into_iter().flatten().skip(1));
    blocks.push(Block::Heading("What was chosen".into()));
    blocks.push(Block::Table(choices(metric, &outcome.entries, &outcome.cells.iter().collect::<Vec<_>>())));
    blocks.push(Block::Lead(CHOICES.into()));
    blocks
}

/// Explanation of a table of [`choices`].
pub(crate) const CHOICES: &str = "The score that a setting was picked by is too good on average; the fresh one is not. \
    The basin is the width of the range of learning rates that come close to the best: a wide one forgives a careless \
    choice.";

/// Chosen settings of cells, with the scores that chose them.
pub(crate) fn choices(metric: Metric, entries: &[String], cells: &[&CellOutcome]) -> Table {
    let score = |score: Option<f64>| Cell::optional(score, |score| measure::value(metric, score));
    let row = |cell: &&CellOutcome| {
        let tuning = cell.tuning.as_ref();
        let trials = tuning.map(|tuning| tuning.trials.len());
        let settings = if cell.settings.is_empty() { NONE.to_string() } else { sentence(&cell.settings) };
        let basin = cell.lr_sensitivity.as_ref();
        let interval = basin.and_then(|basin| basin.interval);
        let width = basin.map_or(NONE.to_string(), decades);
        let values = [basin.map(|basin| basin.decades), interval.map(|i| i.low), interval.map(|i| i.high)];
        vec![
            Cell::text(name(&entries[cell.id.entry])),
            Cell::text(settings),
            Cell::number(trials.map_or(NONE.to_string(), count), trials.map(|trials| trials as f64)),
            score(tuning.and_then(|tuning| tuning.tuning_score)),
            score(tuning.and_then(|tuning| tuning.fresh_score)),
            Cell { text: width, values: values.into(), ..Cell::default() }
                .with_detail(interval.map_or(String::new(), |i| format!("[{:.1}, {:.1}]", i.low, i.high))),
        ]
    };
    Table {
        title: "Chosen settings".into(),
        layout: Layout::Scroll,
        columns: vec![
            Column::text("Optimizer"),
            Column::text("Chosen"),
            Column::numbers("Trials", "", &["trials"]),
            Column::numbers("Score that it was picked by", "", &["tuning_score"]),
            Column::numbers("On fresh seeds", "", &["fresh_score"]),
            Column::numbers("Basin, decades", "", &["basin_decades", "basin_low", "basin_high"]),
        ],
        rows: cells.iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

/// Width of a basin: `1.8`, or `≥ 1.8` where it goes on beyond the rates that were tried.
pub(crate) fn decades(basin: &LrSensitivity) -> String {
    let least = if basin.open > 0 { "≥ " } else { "" };
    format!("{least}{:.1}", basin.decades)
}

/// Settings that all runs share, and the recipes.
fn settings(comparison: &Comparison) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let row = |(name, value): (&str, &str)| vec![Cell::text(sentence(name)), Cell::text(sentence(value))];
    let of_runs = |of: &dyn Fn(&Record) -> String| of_all(comparison.runs.iter(), of);
    let of_runs = [
        ("data, SHA-256", of_runs(&|run| run.task.sha256.clone())),
        ("version of the program", of_runs(&|run| run.environment.version.clone())),
        ("version of the numbers", of_runs(&|run| run.environment.numbers.to_string())),
    ];
    let of_runs = of_runs.iter().filter(|(_, value)| !value.is_empty());
    let stated = comparison.settings.iter().map(|(name, value)| (&**name, &**value));
    let rows: Vec<Vec<Cell>> =
        stated.chain(of_runs.map(|(name, value)| (*name, &**value))).map(row).collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            title: "Settings".into(),
            layout: Layout::Stack,
            columns: vec![Column::text("Setting"), Column::text("Value")],
            rows,
            footnotes: Vec::new(),
        }));
    }
    let recipes: Vec<String> = comparison.rows.iter().map(|row| sentence(&row.recipe)).collect();
    if !recipes.is_empty() {
        blocks.push(Block::Code(recipes.join("\n")));
    }
    (!blocks.is_empty()).then_some(blocks)
}

/// A fact of all runs: each kind once, or their number where they are many.
pub(crate) fn of_all<'r>(runs: impl Iterator<Item = &'r Record>, of: &dyn Fn(&Record) -> String) -> String {
    let found: BTreeSet<String> = runs.map(of).filter(|text| !text.is_empty()).collect();
    match found.len() > MOST_NAMED {
        true => format!("{} different ones", found.len()),
        false => found.into_iter().collect::<Vec<_>>().join(", "),
    }
}

/// With more kinds of a fact than this, they are counted.
const MOST_NAMED: usize = 8;

/// The runs, one a row; `None` without any.
pub(crate) fn every_run(comparison: &Comparison) -> Option<Vec<Block>> {
    let Comparison { metric, runs, .. } = comparison;
    let left_out = runs.len().saturating_sub(MOST_RUNS);
    let others = match left_out {
        0 => String::new(),
        _ => format!("; the first {MOST_RUNS} are here, the other {} are in the records", count(left_out)),
    };
    let summary = format!("{}{others}", counted(runs.len(), "run"));
    // Where the metric is the loss, one column has both.
    let score = (*metric != Metric::Loss).then(|| Column::numbers("Test", metric.name(), &["test_metric"]));
    let columns = [
        Column::text("Optimizer"),
        Column::number("Seed"),
        Column::text("Ended"),
        Column::numbers("Epochs", "", &["epochs"]),
        Column::numbers("Train loss", "", &["train_loss"]),
        Column::numbers("Test loss", "", &["test_loss"]),
    ];
    let last = [Column::numbers("Seconds", "", &["seconds"]), Column::text("Kernel")];
    let table = Table {
        title: "Runs".into(),
        layout: Layout::Scroll,
        columns: columns.into_iter().chain(score).chain(last).collect(),
        rows: runs.iter().take(MOST_RUNS).map(|run| run_row(comparison, run)).collect(),
        footnotes: Vec::new(),
    };
    (!runs.is_empty()).then(|| vec![Block::Fold { summary, blocks: vec![Block::Table(table)] }])
}

fn run_row(comparison: &Comparison, run: &Record) -> Vec<Cell> {
    let epochs = run.curve(Record::EPOCH_LOSS);
    let [loss, score] = [run.loss_curve(Split::Test), run.metric_curve(Split::Test)].map(<[_]>::last);
    let score = (comparison.metric != Metric::Loss).then(|| {
        Cell::optional(score.map(|score| score.value), |score| measure::value(run.task.metric, score))
    });
    let cells = [
        Cell::text(row_names(comparison, run)),
        Cell::number(run.seed.to_string(), run.seed as f64),
        Cell::text(match run.status {
            Status::Finished => "finished".to_string(),
            Status::Diverged { step } => format!("diverged at step {step}"),
        }),
        Cell::number(epochs.len().to_string(), epochs.len() as f64),
        Cell::optional(epochs.last().map(|epoch| epoch.value), number::loss),
        Cell::optional(loss.map(|loss| loss.value), number::loss),
    ];
    let last = [
        Cell::optional(loss.map(|loss| loss.seconds), |seconds| number::seconds(seconds, &[seconds])),
        Cell::text(name(&run.environment.kernel)),
    ];
    cells.into_iter().chain(score).chain(last).collect()
}

/// The name of a run's row; of all its rows where entries were tuned to one recipe.
fn row_names(comparison: &Comparison, run: &Record) -> String {
    let rows = comparison.rows.iter().filter(|row| row.has(run));
    let names: Vec<String> = rows.map(|row| name(&row.optimizer)).collect();
    if names.is_empty() { name(&run.optimizer) } else { listed(&names) }
}

fn repeat(comparison: &Comparison) -> String {
    format!(
        "`{}` trains and writes this page again; `descent compare --help` lists the choices. With the settings above, \
         every loss and accuracy comes out the same to the last bit on the same instruction set, whatever the number \
         of threads; the seconds will differ. With this page come \
         `results.jsonl` (whole records, one run a line), `results.csv` (one row a run and epoch), `points.csv` (one \
         row a measurement) and `curves.svg`.",
        sentence(&comparison.command).replace('`', "'")
    )
}

pub(crate) fn section(id: &str, title: &str, blocks: Vec<Block>) -> Block {
    Block::Section { id: id.into(), title: title.into(), blocks }
}

pub(crate) fn name(text: &str) -> String {
    shorten(&plain(text), NAME_COLUMNS)
}

pub(crate) fn sentence(text: &str) -> String {
    shorten(&plain(text), SENTENCE_COLUMNS)
}
