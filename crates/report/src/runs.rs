//! Stored runs as documents.

use std::collections::BTreeMap;

use lab::store::Summary;
use train::record::{Change, Histogram, Point, Status};
use train::{Record, Split};

use crate::chart::{Chart, Draw, Scale, Series};
use crate::document::{Block, Cell, Column, Document, Figure, Layout, Table};
use crate::measure;
use crate::number::{self, count, counted};
use crate::page::{name, places, section, sentence};
use crate::text::{listed, plain};

/// Runs, one a row.
pub fn runs_document(runs: &[Summary]) -> Document {
    let row = |run: &Summary| {
        vec![
            Cell::text(run.key.get(..KEY).unwrap_or(&run.key)),
            Cell::text(name(&run.task)),
            Cell::text(name(&run.data)),
            Cell::text(name(&run.model)),
            Cell::text(sentence(&run.recipe)),
            Cell::number(run.seed.to_string(), run.seed as f64),
            Cell::number(run.epochs.to_string(), f64::from(run.epochs)),
            Cell::text(run.status.clone()),
            Cell::text(name(&run.metric)),
            Cell::optional(run.value, number::loss),
            Cell::optional(run.train_loss, number::loss),
            Cell::text(sentence(&run.studies.join(", "))),
        ]
    };
    let texts = |names: &[&str]| -> Vec<Column> { names.iter().map(|name| Column::text(name)).collect() };
    let numbers = |names: &[&str]| -> Vec<Column> { names.iter().map(|name| Column::number(name)).collect() };
    let columns = [
        texts(&["run", "task", "data", "model", "recipe"]),
        numbers(&["seed", "epochs"]),
        texts(&["status", "measure"]),
        numbers(&["value", "train_loss"]),
        texts(&["studies"]),
    ];
    let table = Table {
        title: "Runs".into(),
        layout: Layout::Scroll,
        columns: columns.concat(),
        rows: runs.iter().map(row).collect(),
        footnotes: Vec::new(),
    };
    Document {
        kind: "runs".into(),
        eyebrow: "Descent · runs".into(),
        title: counted(runs.len(), "run"),
        facts: String::new(),
        blocks: vec![Block::Table(table.clone())],
        data: table,
    }
}

/// Digits of a key that are shown.
const KEY: usize = 12;

/// A run: how it ended, its curves and diagnostics, what it was, and every measurement as data.
pub fn run_document(summary: &Summary, run: &Record) -> Document {
    let mut blocks = vec![Block::Verdict(sentence(&ending(run)))];
    let mut sections: [Vec<Figure>; 2] = Default::default();
    for (place, ((is_diagnostic, measure), curves)) in groups(run).iter().enumerate() {
        let figure = figure(run, &format!("curve{place}"), measure, curves);
        sections[usize::from(*is_diagnostic)].extend(figure);
    }
    let titles = [("curves", "Curves"), ("diagnostics", "Diagnostics")];
    for ((id, title), figures) in titles.into_iter().zip(sections) {
        if !figures.is_empty() {
            blocks.push(section(id, title, vec![Block::Figures(figures)]));
        }
    }
    blocks.extend(weights(run));
    blocks.push(section("summary", "Curves in numbers", vec![Block::Table(summaries(run))]));
    blocks.push(section("facts", "How it was done", vec![Block::Table(facts(summary, run))]));
    let key = summary.key.get(..KEY).unwrap_or(&summary.key);
    Document {
        kind: "run".into(),
        eyebrow: "Descent · run".into(),
        title: sentence(&run.recipe),
        facts: format!("{} · seed {} · run {key}", name(&run.task.name), run.seed),
        blocks,
        data: measurements(run),
    }
}

/// The end of a run in a sentence, and what is not the recipe's in another.
fn ending(run: &Record) -> String {
    let metric = run.task.metric;
    let last = |points: &[Point]| points.last().map(|point| point.value);
    let loss = last(run.curve(Record::EPOCH_LOSS)).map(number::loss);
    let loss = loss.map_or(String::new(), |loss| format!("training loss {loss} in the last epoch"));
    let [test, validation] = [Split::Test, Split::Validation].map(|split| {
        let score = last(run.metric_curve(split));
        score.map(|score| format!("{split} {} {}", metric.name(), measure::value(metric, score)))
    });
    let measured = [test.or(validation).unwrap_or_default(), loss];
    let measured: Vec<String> = measured.into_iter().filter(|text| !text.is_empty()).collect();
    let end = match run.status {
        Status::Finished if measured.is_empty() => format!("Finished {}.", epochs(run)),
        Status::Finished => format!("After {}: {}.", epochs(run), listed(&measured)),
        Status::Diverged { step } => {
            format!("The run diverged at batch {}: its loss was no longer finite.", count(step as usize))
        }
    };
    let by_hand = if run.changes.is_empty() { "" } else { " Its learning rate was changed by hand." };
    end + by_hand
}

fn epochs(run: &Record) -> String {
    counted(run.budget.epochs as usize, "epoch")
}

/// Histograms of the final weights, a figure for each parameter.
fn weights(run: &Record) -> Option<Block> {
    if run.histograms.is_empty() {
        return None;
    }
    let figure = |(place, (name, histogram)): (usize, (&String, &Histogram))| {
        let edges = histogram.edges().chain([histogram.high]);
        let last = histogram.counts.last().copied();
        let counts = histogram.counts.iter().copied().chain(last).map(|count| count as f64);
        let bars = Series { draw: Draw::Steps, ..Series::line("weights", edges.zip(counts).collect()) };
        let chart = Chart {
            title: plain(name),
            x: ("weight".into(), Scale::Linear),
            y: ("weights in a bin".into(), Scale::Linear),
            series: vec![bars],
            marks: vec![],
        };
        Figure::of_chart(&format!("weights{place}"), &chart)
    };
    let figures: Vec<Figure> = run.histograms.iter().take(MOST_LINES).enumerate().map(figure).collect();
    let left_out = run.histograms.len() - figures.len();
    let mut blocks = vec![Block::Figures(figures)];
    if left_out > 0 {
        blocks.push(Block::Text(format!("{} more are in the record.", counted(left_out, "parameter"))));
    }
    Some(section("weights", "Weights at the end", blocks))
}

fn facts(summary: &Summary, run: &Record) -> Table {
    let Record { task, counts, environment, .. } = run;
    let examples = task.examples.iter().map(|(split, n)| format!("{} {split}", count(*n)));
    let settings = task.settings.iter().map(|(name, value)| format!("{name}={value}"));
    let status = match run.status {
        Status::Finished => "finished".to_string(),
        Status::Diverged { step } => format!("diverged at batch {step}"),
    };
    let many = |number: u64| count(number as usize);
    let gradients = counts.gradients.map_or(String::new(), |found| format!(", {} gradients", many(found)));
    let rows = [
        ("Key", summary.key.clone()),
        ("Task", format!("{}: {}, {}", task.name, task.loss, task.metric.name())),
        ("Data", format!("{} ({})", task.data.name, task.data.origin)),
        ("Examples", examples.collect::<Vec<_>>().join(", ")),
        ("Data, SHA-256", task.sha256.clone()),
        ("Network", format!("{}, {} weights", task.model, count(task.weights))),
        ("Settings", settings.collect::<Vec<_>>().join(", ")),
        ("Recipe", run.recipe.clone()),
        ("Seed", run.seed.to_string()),
        ("Budget", epochs(run)),
        ("Changed by hand", run.changes.iter().map(change).collect::<Vec<_>>().join("; ")),
        ("Status", status),
        ("Work", format!("{} updates, {} examples{gradients}", many(counts.updates), many(counts.examples))),
        ("Version", environment.version.clone()),
        ("Instruction set", environment.kernel.clone()),
        ("Studies", summary.studies.join(", ")),
    ];
    Table {
        title: "Facts".into(),
        layout: Layout::Stack,
        columns: vec![Column::text("Fact"), Column::text("Value")],
        rows: rows
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| vec![Cell::text(name), Cell::text(sentence(&value))])
            .collect(),
        footnotes: Vec::new(),
    }
}

fn change(change: &Change) -> String {
    let Change { batches, lr_scale } = *change;
    format!("learning rate × {lr_scale} after batch {}", count(batches as usize))
}

/// A measure of the axis across: its name, and its value at a point.
type Measure<'m> = (&'m str, &'m dyn Fn(&Point) -> f64);

type Curve<'r> = (&'r str, &'r [Point]);

/// Curves that belong together, by measure: those of the loss and of each metric, then (true) those of each diagnostic.
fn groups(run: &Record) -> BTreeMap<(bool, &str), Vec<Curve<'_>>> {
    let mut groups: BTreeMap<(bool, &str), Vec<Curve<'_>>> = BTreeMap::new();
    for (is_diagnostic, curves, mark) in [(false, &run.curves, '_'), (true, &run.diagnostics, '/')] {
        for (curve, points) in curves {
            let measure = curve.rsplit_once(mark).map_or(curve.as_str(), |(_, measure)| measure);
            groups.entry((is_diagnostic, measure)).or_default().push((curve, points));
        }
    }
    groups
}

/// Maximum number of lines of a figure, and, about, of points of a line.
const MOST_LINES: usize = 24;
const MOST_POINTS: usize = 1000;

fn figure(run: &Record, id: &str, measure: &str, curves: &[Curve<'_>]) -> Option<Figure> {
    let title = in_words(measure);
    let kept: Vec<(String, Vec<&Point>)> = curves
        .iter()
        .take(MOST_LINES)
        .map(|(curve, points)| {
            let kept = places(points.len(), MOST_POINTS).into_iter().map(|place| &points[place]);
            (line_name(curve, measure), kept.filter(|point| point.value.is_finite()).collect())
        })
        .collect();
    let line = |(curve, points): &(String, Vec<&Point>)| {
        Series::line(curve.clone(), points.iter().map(|point| (point.epoch, point.value)).collect())
    };
    let series: Vec<Series> = kept.iter().map(line).collect();
    let chart = Chart {
        title: title.clone(),
        x: ("epochs".into(), Scale::Linear),
        y: (measure.replace('_', " "), Scale::spanning(&series)),
        series,
        marks: Vec::new(),
    };
    let mut figure = Figure::of_chart(id, &chart);
    figure.percent = measure == run.task.metric.name() && run.task.metric.is_fraction();
    let examples = run.examples(Split::Train) as f64;
    let measures: [Measure<'_>; 4] = [
        ("epochs", &|point| point.epoch),
        ("updates", &|point| point.updates as f64),
        ("examples", &|point| point.epoch * examples),
        ("seconds", &|point| point.seconds),
    ];
    let known = |(name, _): &&Measure<'_>| *name != "examples" || examples > 0.0;
    figure.x = measures.iter().filter(known).map(|(name, _)| name.to_string()).collect();
    for (line, (_, points)) in figure.lines.iter_mut().zip(&kept) {
        let drawn: Vec<&&Point> = points.iter().filter(|point| !figure.y_log || point.value > 0.0).collect();
        let column = |of: &dyn Fn(&Point) -> f64| drawn.iter().map(|point| of(point)).collect();
        line.x = measures.iter().filter(known).map(|(_, of)| column(*of)).collect();
    }
    figure.lines.iter().any(|line| !line.y.is_empty()).then_some(figure)
}

/// A measure as a title: `Gradient norm`; names of parameters are as they are.
fn in_words(measure: &str) -> String {
    if measure.contains('.') {
        return plain(measure);
    }
    let words = plain(measure).replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A curve among those of its measure: `test accuracy`, and of a parameter `update norm`.
fn line_name(curve: &str, measure: &str) -> String {
    match curve {
        Record::TRAIN_LOSS => return "training loss".to_string(),
        Record::EPOCH_LOSS => return "training loss of whole epochs".to_string(),
        _ => {}
    }
    let of_parameter = curve.strip_suffix(measure).and_then(|name| name.strip_suffix('/'));
    plain(of_parameter.unwrap_or(curve)).replace('_', " ")
}

fn summaries(run: &Record) -> Table {
    let row = |(curve, points): (&String, &Vec<Point>)| {
        let values = || points.iter().map(|point| point.value);
        let cell = |value: Option<f64>| Cell::optional(value, number::loss);
        vec![
            Cell::text(name(curve)),
            Cell::number(count(points.len()), points.len() as f64),
            cell(values().next()),
            cell(values().next_back()),
            cell(values().reduce(f64::min)),
            cell(values().reduce(f64::max)),
        ]
    };
    Table {
        title: "Curves in numbers".into(),
        layout: Layout::Scroll,
        columns: [
            vec![Column::text("Measure")],
            ["Points", "First", "Last", "Min", "Max"].map(Column::number).to_vec(),
        ]
        .concat(),
        rows: run.curves.iter().chain(&run.diagnostics).map(row).collect(),
        footnotes: Vec::new(),
    }
}

/// Every measurement, a row each.
fn measurements(run: &Record) -> Table {
    let row = |measure: &String, point: &Point| {
        let Point { epoch, updates, seconds, value } = *point;
        let finite = |x: f64| Cell::number("", Some(x).filter(|x| x.is_finite()));
        vec![
            Cell::text(measure.clone()),
            finite(epoch),
            Cell::number("", updates as f64),
            finite(seconds),
            finite(value),
        ]
    };
    let curves = run.curves.iter().chain(&run.diagnostics);
    Table {
        title: "Measurements".into(),
        columns: [
            vec![Column::text("measure")],
            ["epoch", "updates", "seconds", "value"].map(Column::number).to_vec(),
        ]
        .concat(),
        rows: curves
            .flat_map(|(measure, points)| points.iter().map(move |point| row(measure, point)))
            .collect(),
        ..Table::default()
    }
}
