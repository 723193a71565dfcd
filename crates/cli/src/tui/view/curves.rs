//! The picture of curves in braille, with axes and a marker for each run.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Line as Segment, Points};
use report::plot::{Area, Curve, Plot};

use super::line::Line;
use crate::text;
use crate::tui::state::{Measure, Run, Stage, State};
use crate::tui::theme::Theme;

/// Columns of the labels of the axis up, and of its line.
const LABELS: u16 = 9;

/// Dots of a braille cell, across and up.
const ACROSS: usize = 2;
const UP: usize = 4;

/// Columns between two markers of a curve, and between those of one curve and the next.
const BETWEEN: usize = 16;
const NEXT: usize = 5;

/// Draws the title, the plot and its axes into an area of at least 5 rows and 20 columns.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, theme: &Theme) {
    if area.height < 5 || area.width < 20 {
        return;
    }
    let runs = state.pictured();
    let inside =
        Rect { x: area.x + LABELS, y: area.y + 1, width: area.width - LABELS, height: area.height - 3 };
    let most = if runs.len() == 1 { usize::MAX } else { AMONG_OTHERS };
    let curves: Vec<Curve> = runs.iter().map(|run| averaged(run.curve(state.measure), most)).collect();
    let plot = plot(&runs, &curves, state, inside);
    title(buffer, Rect { height: 1, ..area }, state, &runs, plot.is_log());
    axes(buffer, area, inside, &plot);
    if curves.iter().flatten().all(|point| !point.1.is_finite()) {
        let nothing =
            if state.measure == Measure::LearningRate { "no learning rate" } else { "no value yet" };
        let row = Rect { y: inside.y + inside.height / 2, height: 1, ..inside };
        let left = row.width.saturating_sub(nothing.len() as u16) / 2;
        return Line::new()
            .text(nothing)
            .draw(buffer, Rect { x: row.x + left, width: row.width - left, ..row });
    }
    lines(buffer, inside, &plot, &runs, &curves, theme);
    for (index, (run, curve)) in runs.iter().zip(&curves).enumerate() {
        markers(buffer, inside, &plot, (index, run, curve), theme);
    }
    for (run, curve) in runs.iter().zip(&curves) {
        end(buffer, inside, &plot, (run, curve), state, theme);
    }
}

/// Points of a curve among others, so that noise does not hide them.
const AMONG_OTHERS: usize = 64;

/// Means of as many neighbors as leave at most this number of points; what is not finite stays as it is.
fn averaged(curve: &[(f64, f64)], most: usize) -> Curve {
    let together = curve.len().div_ceil(most).max(1);
    let mean = |points: &[(f64, f64)]| {
        let sum: f64 = points.iter().map(|point| point.1).sum();
        (points[points.len() - 1].0, sum / points.len() as f64)
    };
    curve.chunks(together).map(mean).collect()
}

fn plot(runs: &[&Run], curves: &[Curve], state: &State, inside: Rect) -> Plot {
    let area = Area {
        width: usize::from(inside.width) * ACROSS,
        height: usize::from(inside.height) * UP,
        ticks: (usize::from(inside.width / 8), usize::from(inside.height / 3)),
    };
    let epochs = runs.iter().map(|run| run.info.epochs).max().unwrap_or(1).into();
    let log = state.scale.log();
    match (state.measure, runs.first()) {
        (Measure::Metric, Some(run)) => Plot::metric((curves, run.info.metric, None), epochs, log, area),
        (Measure::LearningRate, _) => Plot::whole(curves, epochs, log, area),
        _ => Plot::loss(curves, epochs, log, area),
    }
}

/// The measure on the left, the runs on the right.
fn title(buffer: &mut Buffer, area: Rect, state: &State, runs: &[&Run], log: bool) {
    let scale = if log { ", log scale" } else { "" };
    let measure = match (state.measure, runs.first()) {
        (Measure::Loss, _) => "training loss".to_string(),
        (Measure::LearningRate, _) => "learning rate".to_string(),
        (Measure::Metric, Some(run)) => {
            let split = runs.iter().find_map(|run| run.split);
            let split = split.map_or(String::new(), |split| format!("{split} "));
            format!("{split}{}", run.info.metric.name())
        }
        (Measure::Metric, None) => "metric".to_string(),
    };
    let title = format!("{measure}{scale}");
    let of = match runs {
        [] => String::new(),
        [run] => run.label.name.clone(),
        [.., run] if run.label.group.is_empty() => format!("{} runs", runs.len()),
        [.., run] => format!("{} runs of {}", runs.len(), run.label.group),
    };
    let room = usize::from(area.width).saturating_sub(text::width(&title) + 2);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    Line::new().styled(title, bold).fill(text::cut(&of, room), Style::new()).draw(buffer, area);
}

fn axes(buffer: &mut Buffer, area: Rect, inside: Rect, plot: &Plot) {
    let dim = Style::new().add_modifier(Modifier::DIM);
    let column = inside.x - 1;
    for y in inside.top()..inside.bottom() {
        buffer[(column, y)].set_symbol("│").set_style(dim);
    }
    buffer[(column, inside.bottom())].set_symbol("└").set_style(dim);
    for x in inside.left()..inside.right() {
        buffer[(x, inside.bottom())].set_symbol("─").set_style(dim);
    }
    for (dot, label) in plot.ticks_up() {
        let Some(y) = cell(dot, UP, inside.height) else { continue };
        let columns = usize::from(LABELS) - 1;
        let label = format!("{label:>width$}", width = columns - 1);
        Line::new()
            .text(text::cut(&label, columns))
            .draw(buffer, Rect { y: inside.y + y, height: 1, ..area });
        buffer[(column, inside.y + y)].set_symbol("┤");
    }
    let last_row = Rect { y: inside.bottom() + 1, height: 1, ..area };
    let mut free = area.x;
    let name = "epoch";
    let end = area.right() - name.len() as u16 - 1;
    for (dot, label) in plot.ticks_across() {
        let Some(x) = cell(dot, ACROSS, inside.width) else { continue };
        let x = inside.x + x;
        buffer[(x, inside.bottom())].set_symbol("┴");
        let start = x.saturating_sub(label.len() as u16 / 2).max(area.x);
        if start >= free && start + label.len() as u16 <= end {
            Line::new()
                .text(label.as_str())
                .draw(buffer, Rect { x: start, width: area.right() - start, ..last_row });
            free = start + label.len() as u16 + 1;
        }
    }
    Line::new().fill(name, dim).draw(buffer, last_row);
}

/// The cell of a dot; `None` outside.
fn cell(dot: f64, dots: usize, cells: u16) -> Option<u16> {
    let cell = (dot.round() / dots as f64).floor();
    (0.0..f64::from(cells)).contains(&cell).then_some(cell as u16)
}

fn lines(buffer: &mut Buffer, inside: Rect, plot: &Plot, runs: &[&Run], curves: &[Curve], theme: &Theme) {
    let (width, height) = (f64::from(inside.width) * ACROSS as f64, f64::from(inside.height) * UP as f64);
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, width - 1.0])
        .y_bounds([0.0, height - 1.0])
        .paint(|context| {
            for (run, curve) in runs.iter().zip(curves) {
                let color = theme.style(run.label.look).fg.unwrap_or(Color::Reset);
                let dot = |&(epoch, value): &(f64, f64)| {
                    let (x, y) = plot.place(epoch, value);
                    (x.round(), height - 1.0 - y.round())
                };
                for stretch in curve.split(|point| !point.1.is_finite()) {
                    let dots: Vec<(f64, f64)> = stretch.iter().map(dot).collect();
                    context.draw(&Points { coords: &dots, color });
                    for pair in dots.windows(2) {
                        let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
                        context.draw(&Segment { x1, y1, x2, y2, color });
                    }
                }
            }
        });
    canvas.render(inside, buffer);
}

/// Markers along a curve, at other places than those of its neighbors.
fn markers(
    buffer: &mut Buffer,
    inside: Rect,
    plot: &Plot,
    (index, run, curve): (usize, &Run, &Curve),
    theme: &Theme,
) {
    let mut next = index * NEXT % BETWEEN;
    for &(epoch, value) in curve.iter().filter(|point| point.1.is_finite()) {
        let (x, y) = plot.place(epoch, value);
        let Some(x) = cell(x, ACROSS, inside.width) else { continue };
        if usize::from(x) >= next
            && let Some(y) = cell(y, UP, inside.height)
        {
            mark(buffer, (inside.x + x, inside.y + y), run, theme);
            next = usize::from(x) + BETWEEN;
        }
    }
}

/// The marker at the end of a curve; at the border, with an arrow, if it ends outside or the run has diverged.
fn end(
    buffer: &mut Buffer,
    inside: Rect,
    plot: &Plot,
    (run, curve): (&Run, &Curve),
    state: &State,
    theme: &Theme,
) {
    let diverged = matches!(run.stage, Stage::Diverged { .. });
    let last = curve.iter().rev().find(|point| point.1.is_finite());
    let (epoch, value) = match last {
        _ if diverged => (run.epochs(), f64::MAX),
        Some(last) => *last,
        None => return,
    };
    let (x, y) = plot.place(epoch, value);
    let Some(x) = cell(x, ACROSS, inside.width).or((x > 0.0).then(|| inside.width - 1)) else { return };
    let x = inside.x + x;
    let is_fraction = state.measure == Measure::Metric && run.info.metric.is_fraction();
    let outside = match state.measure {
        Measure::LearningRate => None,
        _ if diverged && is_fraction => Some(("↓", inside.bottom() - 1)),
        _ if diverged => Some(("↑", inside.top())),
        _ if y.round() < 0.0 => Some(("↑", inside.top())),
        _ if cell(y, UP, inside.height).is_none() => Some(("↓", inside.bottom() - 1)),
        _ => None,
    };
    match outside {
        Some((arrow, row)) => {
            // Two cells, the arrow at its place or next to it.
            let left = x.saturating_sub(1).max(inside.x).min(inside.right() - 2);
            mark(buffer, (left, row), run, theme);
            buffer[(left + 1, row)].set_symbol(arrow).set_style(theme.style(run.label.look));
        }
        None => {
            if let Some(y) = cell(y, UP, inside.height) {
                mark(buffer, (x, inside.y + y), run, theme);
            }
        }
    }
}

fn mark(buffer: &mut Buffer, place: (u16, u16), run: &Run, theme: &Theme) {
    let bold = theme.style(run.label.look).add_modifier(Modifier::BOLD);
    buffer[place].set_char(theme.marker(run.label.look)).set_style(bold);
}
