//! A picture laid out: which numbers, on which scale, at which pixels; nothing is drawn here.

use lab::compare::{Comparison, CurvePoint, Row};
use lab::stats::mean;
use train::{Record, Split};

use crate::axis::Axis;
use crate::labels::{LABEL_HEIGHT, labels, spread};
use crate::look::{Look, look};
use crate::number;
use crate::table::target;
use crate::text::{listed, plain, shorten, width as columns_of, wrap};

/// The width of a picture, and where its plot begins.
pub(crate) const WIDTH: f64 = 440.0;
pub(crate) const LEFT: f64 = 50.0;
pub(crate) const TOP: f64 = 46.0;
const LEAST_PLOT_HEIGHT: f64 = 250.0;
const MOST_TICKS: usize = 8;
const NAME_COLUMNS: usize = 40;

/// One picture, laid out; what is drawn and what the pointer reads are the same spots.
pub(crate) struct Panel {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The title and what it shows, for readers who do not see it.
    pub(crate) summary: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) in_percent: bool,
    pub(crate) target: Option<(f64, String)>,
    pub(crate) lines: Vec<Line>,
    /// Lines under the picture, and the sentences in them.
    pub(crate) notes: Vec<String>,
    pub(crate) remarks: Vec<String>,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// One optimizer's line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) look: Look,
    /// Stretches of finite points.
    pub(crate) stretches: Vec<Vec<Spot>>,
    pub(crate) label: String,
    pub(crate) label_y: f64,
}

/// A point of a line in pixels and in numbers.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) low_y: f64,
    pub(crate) high_y: f64,
    pub(crate) point: Finite,
}

/// A point whose three values are finite.
#[derive(Clone, Copy)]
pub(crate) struct Finite {
    pub(crate) epoch: f64,
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Panel {
    /// Training loss over epochs.
    pub(crate) fn loss(comparison: &Comparison) -> Panel {
        let curves = curves(comparison, |row| &row.train_curve);
        let limits = loss_limits(&curves, untrained_loss(comparison));
        let y = magnitudes(limits, None, (plot_bottom(comparison), TOP), MOST_TICKS);
        let title = if y.is_log() { "Training loss (log scale)" } else { "Training loss" };
        let mut notes = vec![];
        if points(&curves).any(|point| point.high > y.high() * (1.0 + 1e-9)) {
            notes.push("Greater losses lie above the picture.".to_string());
            notes.extend(ending(comparison, &curves, "above", |end| end.mean > y.high()));
        }
        Panel::laid_out(comparison, "loss", title, curves, y, notes)
    }

    /// The metric over epochs, with the target.
    pub(crate) fn score(comparison: &Comparison) -> Panel {
        match comparison.metric.is_fraction() {
            true => Panel::fraction(comparison),
            false => Panel::magnitude(comparison),
        }
    }

    /// A metric that is a loss or a gap: the less the better.
    fn magnitude(comparison: &Comparison) -> Panel {
        let curves = curves(comparison, |row| &row.score_curve);
        // The metric is measured before training too, so the first point is the untrained one.
        let y = magnitudes(loss_limits(&curves, None), None, (plot_bottom(comparison), TOP), MOST_TICKS);
        let scale = if y.is_log() { " (log scale)" } else { "" };
        let title = format!("{}{scale}", score_title(comparison));
        let mut notes = vec![];
        if points(&curves).any(|point| point.high > y.high() * (1.0 + 1e-9)) {
            notes.push("Greater values lie above the picture.".to_string());
            notes.extend(ending(comparison, &curves, "above", |end| end.mean > y.high()));
        }
        Panel::laid_out(comparison, comparison.metric.name(), &title, curves, y, notes)
    }

    /// A metric from 0 to 1.
    fn fraction(comparison: &Comparison) -> Panel {
        let curves = curves(comparison, |row| &row.score_curve);
        let (low, high) = fraction_limits(&curves, comparison.target);
        let bottom = plot_bottom(comparison);
        let y = Axis::linear(low, high, (bottom, TOP), MOST_TICKS);
        let mut notes = vec![];
        if points(&curves).any(|point| point.low < y.low() - 1e-9) {
            notes.push(format!(
                "The axis starts at {}; lower values, such as those early in training, lie below the picture.",
                tick(&y, y.low(), true)
            ));
            notes.extend(ending(comparison, &curves, "below", |end| end.mean < y.low()));
        }
        let title = score_title(comparison);
        let mut panel = Panel::laid_out(comparison, "accuracy", &title, curves, y, notes);
        if let Some(at) = comparison.target.filter(is_a_fraction)
            && panel.has_points()
        {
            panel.target = Some((panel.y.place(at), target(comparison)));
        }
        panel
    }

    fn laid_out(
        comparison: &Comparison,
        name: &str,
        title: &str,
        curves: Vec<Vec<Option<Finite>>>,
        y: Axis,
        mut notes: Vec<String>,
    ) -> Panel {
        let in_percent = name == "accuracy";
        let rows = &comparison.rows;
        let names = labels(rows.iter().map(|row| plain(&row.optimizer)).collect());
        let label_columns = names.iter().map(|name| columns_of(name)).max().unwrap_or(0);
        let right = WIDTH - 30.0 - 7.8 * label_columns as f64;
        let last_epoch = points(&curves).map(|point| point.epoch).fold(0.0, f64::max);
        let x = Axis::from_zero(last_epoch, (LEFT, right), 6);

        let empty: Vec<String> = rows
            .iter()
            .zip(&curves)
            .filter(|(_, curve)| curve.iter().flatten().next().is_none())
            .map(|(row, _)| shorten(&plain(&row.optimizer), NAME_COLUMNS))
            .collect();
        if !empty.is_empty() && empty.len() < rows.len() {
            notes.push(format!("Without a finite value, so not drawn: {}.", listed(&empty)));
        }

        let mut lines: Vec<Line> = names
            .into_iter()
            .zip(curves)
            .enumerate()
            .map(|(index, (name, curve))| Line {
                label: name.clone(),
                name: shorten(&plain(&rows[index].optimizer), NAME_COLUMNS),
                look: look(index),
                stretches: segments(&curve, &x, &y),
                label_y: 0.0,
            })
            .filter(|line| !line.stretches.is_empty())
            .collect();
        let bottom = plot_bottom(comparison);
        place_labels(&mut lines, bottom);

        let remarks = notes.clone();
        let notes: Vec<String> = notes.iter().flat_map(|note| wrap(note, 70)).collect();
        let mut summary = format!("{title} over epochs.");
        if !lines.is_empty() {
            let ends = lines
                .iter()
                .map(|line| format!("{} ends at {}", line.name, value(line.end().point.mean, in_percent)));
            summary = format!("{summary} {}.", listed(&ends.collect::<Vec<_>>()));
        }
        let (name, title) = (name.to_string(), title.to_string());
        Panel { name, title, summary, x, y, in_percent, target: None, lines, notes, remarks, right, bottom }
    }

    pub(crate) fn has_points(&self) -> bool {
        !self.lines.is_empty()
    }

    /// A mark of the upright axis in words.
    pub(crate) fn tick(&self, at: f64) -> String {
        tick(&self.y, at, self.in_percent)
    }
}

impl Line {
    /// The last point.
    pub(crate) fn end(&self) -> Spot {
        let last = self.stretches.last().and_then(|stretch| stretch.last());
        *last.expect("a line without a finite point is left out")
    }
}

/// The metric with the split that it is measured on while runs are under way: `Validation accuracy`.
fn score_title(comparison: &Comparison) -> String {
    let metric = comparison.metric.name();
    let on_validation = |run: &Record| !run.metric_curve(Split::Validation).is_empty();
    let split = if comparison.runs.iter().any(on_validation) { "Validation" } else { "Test" };
    format!("{split} {metric}")
}

/// A note of the optimizers that end outside of the picture, if there are any.
fn ending(
    comparison: &Comparison,
    curves: &[Vec<Option<Finite>>],
    side: &str,
    is_outside: impl Fn(&Finite) -> bool,
) -> Option<String> {
    let ends_outside = |curve: &Vec<Option<Finite>>| curve.iter().flatten().last().is_some_and(&is_outside);
    let rows = comparison.rows.iter().zip(curves).filter(|(_, curve)| ends_outside(curve));
    let names: Vec<String> = rows.map(|(row, _)| shorten(&plain(&row.optimizer), NAME_COLUMNS)).collect();
    (!names.is_empty()).then(|| format!("Ending {side} the picture: {}.", listed(&names)))
}

/// Tall enough for a label at each line.
fn plot_bottom(comparison: &Comparison) -> f64 {
    TOP + LEAST_PLOT_HEIGHT.max(1.25 * LABEL_HEIGHT * comparison.rows.len() as f64)
}

/// Names at the height where their lines end, moved apart where they would overlap.
fn place_labels(lines: &mut [Line], bottom: f64) {
    lines.sort_by(|a, b| a.end().y.total_cmp(&b.end().y));
    let ends: Vec<f64> = lines.iter().map(|line| line.end().y).collect();
    for (line, y) in lines.iter_mut().zip(spread(&ends, TOP, bottom)) {
        line.label_y = y;
    }
    lines.sort_by_key(|line| line.look.index);
}

/// Each row's points, `None` where the mean is not finite.
fn curves(comparison: &Comparison, of: impl Fn(&Row) -> &Vec<CurvePoint>) -> Vec<Vec<Option<Finite>>> {
    comparison.rows.iter().map(|row| of(row).iter().map(finite).collect()).collect()
}

fn finite(point: &CurvePoint) -> Option<Finite> {
    let CurvePoint { epoch, mean, low, high, .. } = *point;
    let or_mean = |x: f64| if x.is_finite() { x } else { mean };
    let kept = epoch.is_finite() && epoch >= 0.0 && mean.is_finite();
    kept.then(|| Finite { epoch, mean, low: or_mean(low), high: or_mean(high) })
}

fn points(curves: &[Vec<Option<Finite>>]) -> impl Iterator<Item = Finite> {
    curves.iter().flatten().flatten().copied()
}

/// Mean loss before any training, over the runs that were evaluated then.
fn untrained_loss(comparison: &Comparison) -> Option<f64> {
    let of = |run: &Record, split| run.loss_curve(split).first().filter(|point| point.epoch == 0.0).copied();
    let first = |run| of(run, Split::Validation).or_else(|| of(run, Split::Test));
    let losses: Vec<f64> = comparison.runs.iter().filter_map(first).map(|point| point.value).collect();
    Some(mean(&losses)).filter(|loss| loss.is_finite() && *loss > 0.0)
}

/// The axis of losses: logarithmic over more than a decade, unless `log` says which.
pub(crate) fn magnitudes(
    (low, high): (f64, f64),
    log: Option<bool>,
    pixels: (f64, f64),
    most_ticks: usize,
) -> Axis {
    match low > 0.0 && log.unwrap_or(high / low > 10.0) {
        true => Axis::log(low / 1.1, high * 1.1, pixels, most_ticks),
        false => Axis::linear(low, high, pixels, most_ticks),
    }
}

/// The least and greatest loss: of what ends below the loss before training, with the others as far as they fit above
/// it, at most up to ten times that loss, and a million below. What rises higher has not learned and would leave no
/// room for what has; it is drawn at the border.
pub(crate) fn loss_limits(curves: &[Vec<Option<Finite>>], untrained: Option<f64>) -> (f64, f64) {
    let starts = curves.iter().filter_map(|curve| curve.iter().flatten().next());
    let firsts = || starts.clone().map(|point| point.mean).filter(|mean| *mean > 0.0);
    // A curve that begins with a mean over some batches may have exploded before its first point.
    let least = firsts().fold(f64::INFINITY, f64::min);
    let first = firsts().filter(|mean| *mean <= 10.0 * least).reduce(f64::max);
    let start = untrained.or(first).unwrap_or(0.0);
    let greatest = points(curves).map(|point| point.high).fold(f64::NEG_INFINITY, f64::max);
    let learned = |curve: &&Vec<Option<Finite>>| {
        curve.iter().flatten().last().is_some_and(|end| start > 0.0 && end.mean < LEARNED * start)
    };
    let of_learned = curves.iter().filter(learned).flatten().flatten().map(|point| point.high);
    let most = of_learned.fold(f64::NEG_INFINITY, f64::max);
    let high = match start > 0.0 {
        // A tenth above the start, so that what stays at it is seen.
        true if most.is_finite() => greatest.min(10.0 * start).min(most.max(1.1 * start)),
        true => greatest.min(10.0 * start),
        false => greatest,
    };
    if !high.is_finite() {
        return (0.0, 1.0);
    }
    let least = points(curves).map(|point| point.low).fold(f64::INFINITY, f64::min);
    if least < 0.0 || high <= 0.0 {
        return (least.min(high), high);
    }
    let positive = points(curves).map(|point| point.low).filter(|low| *low > 0.0);
    (positive.fold(high, f64::min).max(high * 1e-6), high)
}

/// A loss at the end below this fraction of that before training is one that was learned.
const LEARNED: f64 = 0.95;

/// The range of the values from the first epoch on (in shorter runs, from the middle on), of the
/// optimizers that end at half of the best or more, widened to hold the target.
pub(crate) fn fraction_limits(curves: &[Vec<Option<Finite>>], target: Option<f64>) -> (f64, f64) {
    let end = |curve: &Vec<Option<Finite>>| curve.iter().flatten().last().map(|point| point.mean);
    let best = curves.iter().filter_map(end).fold(0.0, f64::max);
    let last_epoch = points(curves).map(|point| point.epoch).fold(0.0, f64::max);
    let settled = (last_epoch / 2.0).min(1.0) - 1e-9;
    let shown: Vec<Finite> = curves
        .iter()
        .filter(|curve| end(curve).is_some_and(|end| end >= best / 2.0))
        .flatten()
        .flatten()
        .copied()
        .filter(|point| point.epoch > settled)
        .collect();
    let target = target.filter(is_a_fraction);
    let low = shown.iter().map(|point| point.low).chain(target).fold(f64::INFINITY, f64::min);
    let high = shown.iter().map(|point| point.high).chain(target);
    let high = high.fold(f64::NEG_INFINITY, f64::max);
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

pub(crate) fn is_a_fraction(x: &f64) -> bool {
    (0.0..=1.0).contains(x)
}

/// Spots of the finite stretches, one a pixel at most.
fn segments(curve: &[Option<Finite>], x: &Axis, y: &Axis) -> Vec<Vec<Spot>> {
    let place = |point: &Finite| Spot {
        x: x.place(point.epoch),
        y: y.place(point.mean),
        low_y: y.place(point.low),
        high_y: y.place(point.high),
        point: *point,
    };
    let finite = curve.split(Option::is_none).filter(|stretch| !stretch.is_empty());
    finite.map(|stretch| thinned(stretch.iter().flatten().map(place))).collect()
}

/// Of several points on one pixel the last is kept, with a band around all of them.
fn thinned(spots: impl Iterator<Item = Spot>) -> Vec<Spot> {
    let mut kept: Vec<Spot> = vec![];
    for mut spot in spots {
        if let Some(last) = kept.pop_if(|last| last.x.floor() == spot.x.floor()) {
            spot.low_y = spot.low_y.max(last.low_y);
            spot.high_y = spot.high_y.min(last.high_y);
            spot.point.low = spot.point.low.min(last.point.low);
            spot.point.high = spot.point.high.max(last.point.high);
        }
        kept.push(spot);
    }
    kept
}

pub(crate) fn tick(axis: &Axis, at: f64, in_percent: bool) -> String {
    if in_percent {
        return format!("{}%", number::fixed(at * 100.0, axis.decimals.saturating_sub(2)));
    }
    if axis.is_log() {
        let power = (at.log10() + 1e-9).floor() as i32;
        if !(-4..4).contains(&power) {
            return format!("{at:.0e}");
        }
        return number::fixed(at, (-power).max(0) as usize);
    }
    number::fixed(at, axis.decimals)
}

fn value(x: f64, in_percent: bool) -> String {
    if in_percent { number::percent(x) } else { number::loss(x) }
}
