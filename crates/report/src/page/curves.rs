//! Curves of a comparison as figures.

use lab::compare::{Comparison, CurvePoint, Row, watched};
use train::Record;
use train::record::Point;

use crate::document::{Figure, FigureLine, SeedLine};
use crate::panel::Panel;
use crate::text::plain;

/// A measure of the axis across.
type Measure = (&'static str, fn(&CurvePoint) -> f64);

const MEASURES: [Measure; 5] = [
    ("epochs", |point| point.epoch),
    ("updates", |point| point.updates),
    ("examples", |point| point.examples),
    ("gradients", |point| point.gradients),
    ("seconds", |point| point.seconds),
];

/// Maximum number of points of a mean, and of all single runs of a figure together.
const MOST_POINTS: usize = 400;
const MOST_IN_RUNS: usize = 60_000;
/// Minimum number of points of a single run.
const LEAST_IN_RUN: usize = 6;

/// End of the title of a panel on a logarithmic scale.
const LOG: &str = " (log scale)";

/// Loss and metric over epochs; `prefix` makes their names unique in a document.
pub(crate) fn figures(comparison: &Comparison, prefix: &str) -> Vec<Figure> {
    let [mut loss, mut score] = [Panel::loss(comparison), Panel::score(comparison)];
    loss.name = format!("{prefix}loss");
    score.name = format!("{prefix}metric");
    vec![
        figure(
            comparison,
            &loss,
            "training loss",
            |row| &row.train_curve,
            |run| run.curve(Record::TRAIN_LOSS),
        ),
        figure(
            comparison,
            &score,
            &score.title.trim_end_matches(LOG).to_lowercase(),
            |row| &row.score_curve,
            watched,
        ),
    ]
}

fn figure(
    comparison: &Comparison,
    panel: &Panel,
    y: &str,
    mean: fn(&Row) -> &Vec<CurvePoint>,
    single: fn(&Record) -> &[Point],
) -> Figure {
    let known =
        |&(_, measure): &Measure| comparison.rows.iter().flat_map(mean).any(|point| measure(point) > 0.0);
    let measures: Vec<_> =
        MEASURES.into_iter().enumerate().filter(|(i, found)| *i == 0 || known(found)).collect();
    let runs = comparison.runs.len().max(1);
    let in_run = (MOST_IN_RUNS / runs).clamp(LEAST_IN_RUN, MOST_POINTS);
    let line = |(look, row): (usize, &Row)| {
        let curve = mean(row);
        let kept: Vec<&CurvePoint> =
            places(curve.len(), MOST_POINTS).into_iter().map(|i| &curve[i]).collect();
        let column =
            |of: fn(&CurvePoint) -> f64| -> Vec<f64> { kept.iter().map(|point| of(point)).collect() };
        let has_band = kept.iter().any(|point| point.low != point.high);
        let band = |of| if has_band { column(of) } else { Vec::new() };
        let at = places(kept.len(), in_run);
        // The mean of one run is the run.
        let seeds = match row.runs {
            0 | 1 => Vec::new(),
            _ => comparison.runs_of(row).map(|run| seed_line(run.seed, single(run), &kept, &at)).collect(),
        };
        FigureLine {
            name: plain(&row.optimizer),
            look,
            draw: "line",
            x: measures.iter().map(|(_, (_, measure))| column(*measure)).collect(),
            y: column(|point| point.mean),
            low: band(|point| point.low),
            high: band(|point| point.high),
            at,
            seeds,
        }
    };
    let target = panel.target.as_ref().and(comparison.target).map(|at| (at, "target".to_string()));
    Figure {
        id: panel.name.clone(),
        title: panel.title.trim_end_matches(LOG).to_string(),
        summary: panel.summary.clone(),
        x: measures.iter().map(|(_, (name, _))| name.to_string()).collect(),
        x_log: false,
        y: y.to_string(),
        y_log: panel.y.is_log(),
        percent: panel.in_percent,
        window: panel.has_points().then(|| (panel.y.low(), panel.y.high())),
        marks: [Vec::new(), target.into_iter().collect()],
        lines: comparison.rows.iter().enumerate().map(line).collect(),
        notes: panel.remarks.clone(),
        svg: panel.inline(),
    }
}

/// At most about `most` of `count` places, the last among them.
pub(crate) fn places(count: usize, most: usize) -> Vec<usize> {
    let every = count.div_ceil(most).max(1);
    let mut places: Vec<usize> = (0..count).step_by(every).collect();
    if count > 0 && places.last() != Some(&(count - 1)) {
        places.push(count - 1);
    }
    places
}

/// A run at the places of the mean.
fn seed_line(seed: u64, points: &[Point], mean: &[&CurvePoint], at: &[usize]) -> SeedLine {
    let find = |place: &usize| {
        let epoch = mean[*place].epoch;
        let found = points.binary_search_by(|point| point.epoch.total_cmp(&epoch)).ok();
        found.map_or((f64::NAN, f64::NAN), |i| (points[i].value, points[i].seconds))
    };
    let (y, seconds) = at.iter().map(find).unzip();
    SeedLine { seed, y, seconds }
}
