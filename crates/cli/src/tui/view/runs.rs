//! The table of runs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::line::Line;
use crate::text;
use crate::tui::state::{Run, Stage, State};
use crate::tui::theme::Theme;

/// Columns between two cells.
const GAP: usize = 1;

/// Least columns of names, for which other columns are left out.
const NAME: usize = 12;

/// Columns of the marker and its gap.
const MARK: usize = 2;

/// Columns other than the name, in the order in which they are left out, the first one first.
const LEFT_OUT: [usize; 5] = [3, 0, 1, 4, 2];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, theme: &Theme) {
    if area.height < 2 || area.width < 4 {
        return;
    }
    let rows = usize::from(area.height) - 1;
    let first = first_shown(state.selected, state.runs.len(), rows);
    let shown = &state.runs[first..state.runs.len().min(first + rows)];
    let metric = shown.first().map_or("metric", |run| run.info.metric.name());
    let heading = ["epoch", "loss", metric, "examples/s", "state"].map(String::from);
    let cells: Vec<[String; 5]> = shown.iter().map(cells).collect();
    let widths: [usize; 5] = std::array::from_fn(|place| {
        cells.iter().chain([&heading]).map(|row| text::width(&row[place])).max().unwrap_or(0)
    });
    let names = shown.iter().map(|run| text::width(&run.label.name)).max().unwrap_or(0).max(NAME);
    let room = usize::from(area.width).saturating_sub(MARK);
    let (kept, name) = fitting(&widths, names.min(room / 2), room);
    let line = |name_cell: &str, row: &[String; 5]| {
        let mut line = text::pad(&text::shortened(name_cell, name), name);
        for place in kept.iter().copied() {
            let pad = " ".repeat(widths[place] - text::width(&row[place]));
            // The state is text, the rest are numbers.
            line += &match place {
                4 => format!("{:GAP$}{}{pad}", "", row[place]),
                _ => format!("{:GAP$}{pad}{}", "", row[place]),
            };
        }
        line
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let row = |index: usize| Rect { y: area.y + index as u16, height: 1, ..area };
    Line::new().text("  ").styled(line("run", &heading), bold).draw(buffer, row(0));
    for (index, (run, cells)) in shown.iter().zip(&cells).enumerate() {
        let selected = first + index == state.selected;
        let style = if selected { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        let mark = format!("{} ", theme.marker(run.label.look));
        let line = line(&run.label.name, cells);
        Line::new()
            .styled(mark, theme.style(run.label.look))
            .styled(line, style)
            .draw(buffer, row(index + 1));
    }
}

/// The first row that is shown, so that the selected one is among them.
fn first_shown(selected: usize, runs: usize, rows: usize) -> usize {
    let most = runs.saturating_sub(rows);
    // In the middle, unless the end is nearer.
    selected.saturating_sub(rows / 2).min(most)
}

/// The columns that fit next to names of this width, and the width of names in them.
fn fitting(widths: &[usize; 5], names: usize, room: usize) -> (Vec<usize>, usize) {
    let mut kept: Vec<usize> = (0..5).collect();
    let taken = |kept: &[usize]| kept.iter().map(|&place| widths[place] + GAP).sum::<usize>();
    for place in LEFT_OUT {
        if taken(&kept) + names.min(room) <= room {
            break;
        }
        kept.retain(|&other| other != place);
    }
    let rest = room.saturating_sub(taken(&kept));
    (kept, rest.min(names.max(40)))
}

fn cells(run: &Run) -> [String; 5] {
    let total = run.info.epochs;
    let epoch = match run.stage {
        Stage::Finished | Stage::Kept => format!("{total}/{total}"),
        _ => format!("{:.1}/{total}", run.epochs()),
    };
    let shown = |value: Option<f64>| value.map_or("—".to_string(), text::significant);
    let metric = match run.metric() {
        Some(metric) if run.info.metric.is_fraction() => text::percent(metric),
        metric => shown(metric),
    };
    let state = match run.stage {
        Stage::Running => "running".to_string(),
        Stage::Ending => "stopping".to_string(),
        Stage::Ended => "stopped".to_string(),
        Stage::Finished => "finished".to_string(),
        Stage::Kept => "was kept".to_string(),
        Stage::Diverged { batch } => format!("diverged {batch}"),
    };
    [epoch, shown(run.loss()), metric, run.speed().map_or("—".to_string(), speed), state]
}

/// `210k`, `1.2M`, `840`.
fn speed(examples: f64) -> String {
    match examples {
        0.0..1e4 => format!("{examples:.0}"),
        1e4..1e6 => format!("{:.0}k", examples / 1e3),
        _ => format!("{:.1}M", examples / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_run_is_always_shown() {
        for (runs, rows) in [(0, 3), (1, 3), (3, 3), (40, 5), (7, 1)] {
            for selected in 0..runs {
                let first = first_shown(selected, runs, rows);
                assert!((first..first + rows).contains(&selected), "{selected} of {runs} in {rows}");
                assert!(first + rows <= runs.max(rows), "no empty row while others are hidden");
            }
        }
    }

    #[test]
    fn speeds_have_three_digits_or_so() {
        assert_eq!([840.0, 9_999.0, 210_400.0, 1_240_000.0].map(speed), ["840", "9999", "210k", "1.2M"]);
    }
}
