//! The screen as a pure function of its state and size.

mod curves;
mod help;
mod line;
mod runs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::state::{Question, State};
use super::theme::Theme;
use crate::text;
use line::Line;

/// Least rows of a picture with its axes.
const PICTURE: u16 = 8;

/// Least columns for the picture next to the table.
const WIDE: u16 = 110;

/// Draws everything; `note` is one of the program.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, note: Option<&str>, theme: &Theme) {
    buffer.set_style(area, Style::reset());
    let mut rest = area;
    heading(buffer, cut_top(&mut rest, 1), state);
    progress(buffer, cut_top(&mut rest, 1), state);
    foot(buffer, cut_bottom(&mut rest, 1), state, state.note.as_deref().or(note));
    let [picture, table] = split(rest, state.runs.len());
    curves::draw(buffer, picture, state, theme);
    runs::draw(buffer, table, state, theme);
    if state.help {
        help::draw(buffer, rest);
    }
}

/// The picture and the table: next to each other where there is room for both, or one above the other; the picture is
/// left out of a screen with few rows.
fn split(area: Rect, runs: usize) -> [Rect; 2] {
    let Rect { x, y, width, height } = area;
    if width >= WIDE && runs > 1 && height >= PICTURE {
        let left = width / 2 + width / 16;
        return [Rect { width: left - 2, ..area }, Rect { x: x + left, width: width - left, ..area }];
    }
    // A heading and the rows, two in five of the screen at most.
    let wanted = (runs as u16).saturating_add(2).min((height * 2 / 5).max(3));
    let picture = height.saturating_sub(wanted);
    let picture = if picture < PICTURE { 0 } else { picture };
    [Rect { height: picture, ..area }, Rect { y: y + picture, height: height - picture, ..area }]
}

/// The task on the left, and the state of everything on the right.
fn heading(buffer: &mut Buffer, area: Rect, state: &State) {
    let stage = if state.paused { "paused" } else { "" };
    let title = match state.part.name.as_str() {
        "" => state.title.clone(),
        name => format!("{}: {name}", state.title),
    };
    let room = usize::from(area.width).saturating_sub(text::width(stage) + 2);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let title = text::cut(&title, room);
    Line::new().styled(title, bold).fill(stage, bold.add_modifier(Modifier::REVERSED)).draw(buffer, area);
}

/// The done part of the work, and the time that the rest will take.
fn progress(buffer: &mut Buffer, area: Rect, state: &State) {
    let (over, runs) = state.counted();
    let left = match state.seconds_left() {
        _ if over >= runs && runs > 0 => String::new(),
        Some(seconds) => format!(", {}", text::time_left(seconds)),
        None => String::new(),
    };
    let of_runs = if runs > 1 { format!(", {over} of {runs} runs") } else { String::new() };
    let words = format!(" {:.0}%{of_runs}{left}", 100.0 * state.done());
    let bar = usize::from(area.width).saturating_sub(text::width(&words)).min(60);
    let (full, empty) = bar_of(state.done(), bar);
    let dim = Style::new().add_modifier(Modifier::DIM);
    Line::new().text(full).styled(empty, dim).text(words).draw(buffer, area);
}

/// A bar in eighths of a column.
fn bar_of(share: f64, columns: usize) -> (String, String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * (8 * columns) as f64).round() as usize;
    let full = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    let empty = "░".repeat(columns - text::width(&full));
    (full, empty)
}

/// A question, a note, or the keys.
fn foot(buffer: &mut Buffer, area: Rect, state: &State, note: Option<&str>) {
    let asked = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
    let columns = usize::from(area.width);
    if let Some(question) = &state.question {
        let (what, yes) = match question {
            Question::End(run) => (format!("stop {}?", state.runs[*run].label.name), "s again: yes"),
            Question::Quit => ("quit before the end?".to_string(), "q again: yes"),
        };
        let end = format!(" {yes}, another key: no");
        let what = text::cut(&what, columns.saturating_sub(text::width(&end)));
        return Line::new().styled(format!("{what}{end}"), asked).draw(buffer, area);
    }
    if let Some(note) = note {
        return Line::new().styled(text::cut(note, columns), asked).draw(buffer, area);
    }
    Line::new().text(keys(columns, state.paused)).draw(buffer, area);
}

/// As many keys as fit, the last two in any case.
fn keys(columns: usize, paused: bool) -> String {
    let last = "? help  q quit";
    let pause = if paused { "p go on" } else { "p pause" };
    let mut line = String::new();
    for key in [pause, "tab view", "s stop", "↑↓ select", "o one/all", "l scale"] {
        if text::width(&line) + text::width(key) + 2 + last.len() > columns {
            break;
        }
        line += &format!("{key}  ");
    }
    line + last
}

fn cut_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let top = Rect { height: rows, ..*area };
    (area.y, area.height) = (area.y + rows, area.height - rows);
    top
}

fn cut_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}
