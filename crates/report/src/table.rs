//! The comparison as text for a terminal.

use lab::compare::{Comparison, Row, Tuned};
use train::Metric;

use crate::measure;
use crate::number::{self, NONE};
use crate::prose;
use crate::ranking::ranked;
use crate::text::{listed, plain, width as columns_of, wrap};

/// Markup of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape code at all: for files, pipes and `NO_COLOR`.
    Plain,
    /// The best optimizer's row in bold, by ANSI escape codes.
    Ansi,
}

/// The final table, best optimizer first, with footnotes, the verdict and the warnings.
///
/// No line is wider than `width` columns, which is taken as 32 when it is less and as 200 when it is
/// more. If the columns do not fit, each optimizer has a separate block. Optimizers that
/// diverged come last and say so.
pub fn table(comparison: &Comparison, width: usize, style: Style) -> String {
    let width = width.clamp(32, 200);
    let mut lines = results(comparison, width, style);
    lines.extend(conclusion(
        &prose::verdict(comparison),
        prose::looks(comparison, None),
        &prose::warnings(comparison),
        width,
    ));
    lines.join("\n") + "\n"
}

/// Two tables, of the recipes as they are set and of the same tuned alike, with one verdict on both.
///
/// `tuning` says how the settings were chosen. Widths as for [`table`].
pub fn tuned_table(
    comparison: &Comparison,
    tuned: &Tuned,
    tuning: &str,
    width: usize,
    style: Style,
) -> String {
    let width = width.clamp(32, 200);
    let mut lines = wrap("As they are set", width);
    lines.extend(results(comparison, width, style));
    lines.push(String::new());
    let how = prose::tuned_alike(tuned);
    let how = format!("{}{}: {tuning}", how[..1].to_uppercase(), &how[1..]);
    lines.extend(wrap(&how, width));
    lines.extend(results(&tuned.comparison, width, style));
    let mut warnings = prose::warnings(comparison);
    warnings.extend(prose::tuning_warnings(tuned));
    let looks = prose::looks(comparison, Some(&tuned.comparison));
    lines.extend(conclusion(&prose::tuned_verdict(comparison, tuned), looks, &warnings, width));
    lines.join("\n") + "\n"
}

/// The table with its footnotes.
fn results(comparison: &Comparison, width: usize, style: Style) -> Vec<String> {
    if comparison.rows.is_empty() {
        return wrap("No optimizer was compared: there are no runs.", width);
    }
    let rows = cells(comparison);
    let bold = style == Style::Ansi;
    let mut lines =
        grid(comparison, &rows, width, bold).unwrap_or_else(|| blocks(comparison, &rows, width, bold));
    lines.extend(footnotes(comparison).iter().flat_map(|note| hanging("", note, width)));
    lines
}

/// The verdict, the looks and the warnings, each after an empty line.
fn conclusion(verdict: &str, looks: Option<String>, warnings: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(wrap(&plain(verdict), width));
    if let Some(looks) = looks {
        lines.push(String::new());
        lines.extend(wrap(&plain(&looks), width));
    }
    for warning in warnings {
        lines.push(String::new());
        lines.extend(hanging("warning: ", &plain(warning), width));
    }
    lines
}

/// Results of one optimizer as text, shared with the page.
pub(crate) struct Cells {
    /// Cleaned, and marked where it diverged.
    pub(crate) name: String,
    pub(crate) loss: String,
    pub(crate) score: String,
    pub(crate) epochs_to_target: String,
    pub(crate) seconds_to_target: String,
    pub(crate) seconds_per_epoch: String,
    pub(crate) state: String,
}

/// The rows in words, best first.
pub(crate) fn cells(comparison: &Comparison) -> Vec<Cells> {
    let column =
        |of: fn(&Row) -> Option<f64>| -> Vec<f64> { comparison.rows.iter().filter_map(of).collect() };
    let epochs = column(|row| row.epochs_to_target);
    let seconds = column(|row| row.seconds_to_target);
    let per_epoch = column(|row| row.seconds_per_epoch);
    let in_words = |index: usize| {
        let row = &comparison.rows[index];
        let all_diverged = row.runs > 0 && row.diverged == row.runs;
        let without = if all_diverged { "diverged" } else { NONE };
        let mark = if reached_by_some(row) { "*" } else { "" };
        let marked = |text: Option<String>| text.map_or(NONE.to_string(), |text| text + mark);
        Cells {
            name: plain(&row.optimizer) + if row.diverged > 0 { " †" } else { "" },
            loss: row.train_loss.as_ref().map_or(without.into(), |e| number::loss(e.mean)),
            score: row.score.as_ref().map_or(without.into(), |e| measure::interval(comparison.metric, e)),
            epochs_to_target: marked(row.epochs_to_target.map(|x| number::epochs(x, &epochs))),
            seconds_to_target: marked(row.seconds_to_target.map(|x| number::seconds(x, &seconds))),
            seconds_per_epoch: row.seconds_per_epoch.map_or(NONE.into(), |x| number::seconds(x, &per_epoch)),
            state: number::count(row.state_bytes_per_weight),
        }
    };
    ranked(comparison).into_iter().map(in_words).collect()
}

/// One sentence for each row that did not reach the target, diverged, or did more work in an epoch; best
/// row first.
pub(crate) fn footnotes(comparison: &Comparison) -> Vec<String> {
    let target = target(comparison);
    let mut notes = vec![];
    for index in ranked(comparison) {
        let row = &comparison.rows[index];
        let name = short_name(row);
        let seeds = number::counted(row.runs, "seed");
        if comparison.target.is_none() {
            // Nothing to reach.
        } else if row.epochs_to_target.is_none() {
            notes.extend(unreached(comparison, row, &target));
        } else if reached_by_some(row) {
            notes.push(format!(
                "* {name}: {} of {seeds} reached {target}; the median counts the others as never.",
                number::count(row.reached)
            ));
        }
        if row.diverged > 0 {
            let diverged = number::count(row.diverged);
            let means = if row.diverged < row.runs { "; its means are of the others" } else { "" };
            notes.push(format!("† {name}: {diverged} of {seeds} diverged{means}."));
        }
        if let Some(gradients) = row.gradients_per_batch.filter(|gradients| *gradients > 1.005) {
            let gradients = number::times(gradients);
            notes.push(format!(
                "{name}: takes {gradients} gradients a batch, so its epoch is as much work as {gradients} of one."
            ));
        }
    }
    notes
}

/// The note of all rows that are as far from the target as this one, at the first of them.
fn unreached(comparison: &Comparison, row: &Row, target: &str) -> Option<String> {
    let alike = |other: &&Row| {
        other.epochs_to_target.is_none() && (other.reached, other.runs) == (row.reached, row.runs)
    };
    let rows: Vec<&Row> =
        ranked(comparison).into_iter().map(|index| &comparison.rows[index]).filter(alike).collect();
    let is_first = rows.first().is_some_and(|first| std::ptr::eq(*first, row));
    let names: Vec<String> = rows.iter().map(|row| short_name(row)).collect();
    let (reached, seeds) = (number::count(row.reached), number::counted(row.runs, "seed"));
    let each = if rows.len() > 1 { " each" } else { "" };
    is_first.then(|| format!("{NONE} {}: {reached} of {seeds}{each} reached {target}.", listed(&names)))
}

/// The target as the headings have it: `95%`.
pub(crate) fn target(comparison: &Comparison) -> String {
    let Some(target) = comparison.target else { return "target".to_string() };
    if !comparison.metric.is_fraction() {
        return number::loss(target);
    }
    let percent = number::percent(target);
    match percent.strip_suffix('%').and_then(|digits| digits.split_once('.')) {
        Some((whole, decimals)) => {
            let decimals = decimals.trim_end_matches('0');
            let point = if decimals.is_empty() { "" } else { "." };
            format!("{whole}{point}{decimals}%")
        }
        None => percent,
    }
}

fn reached_by_some(row: &Row) -> bool {
    row.epochs_to_target.is_some() && row.reached < row.runs
}

/// Three lines of a name, and no more of one that fills a screen.
const NAME_LINES: usize = 3;
const NAME_LEAST: usize = 8;

/// A heading of two lines, numbers to the right; `None` when the columns are wider than `width`.
fn grid(comparison: &Comparison, rows: &[Cells], width: usize, bold: bool) -> Option<Vec<String>> {
    let to_target = format!("to {}", target(comparison));
    let measured = format!("test {}", comparison.metric.name());
    let head: [[&str; 2]; 6] = [
        ["train", "loss"],
        [&measured, "[95% interval]"],
        ["epochs", &to_target],
        ["seconds", &to_target],
        ["s per", "epoch"],
        ["state", "B/weight"],
    ];
    let numbers: Vec<[&str; 6]> = rows.iter().map(numbers).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|i| head[i].into_iter().chain(numbers.iter().map(|row| row[i])).map(columns_of).max())
        .map(Option::unwrap_or_default)
        .collect();
    let taken: usize = widths.iter().map(|w| w + GAP.len()).sum();
    let room = width.checked_sub(taken).filter(|room| *room >= NAME_LEAST)?;
    // A setting that is cut, or broken over two lines, is not read: names that fit a separate line get one.
    if !fit(rows, room) && fit(rows, width) {
        return None;
    }
    let longest = rows.iter().map(|row| columns_of(&row.name)).max()?;
    let name_width = longest.max("optimizer".len()).min(room);

    let line = |name: &str, cells: [&str; 6]| {
        let mut line = pad_right(name, name_width);
        for (cell, width) in cells.iter().zip(&widths) {
            line += GAP;
            line += &pad_left(cell, *width);
        }
        line.trim_end().to_string()
    };
    let mut lines = vec![
        line("", head.map(|[above, _]| above)),
        line(if name_width < 9 { "" } else { "optimizer" }, head.map(|[_, below]| below)),
        "─".repeat(name_width + taken),
    ];
    for (index, (row, numbers)) in rows.iter().zip(numbers).enumerate() {
        let names = name_lines(&row.name, name_width);
        for (number, name) in names.iter().enumerate() {
            let line = line(name, if number == 0 { numbers } else { [""; 6] });
            lines.push(emphasised(line, bold && index == 0));
        }
    }
    lines.push("─".repeat(name_width + taken));
    Some(lines)
}

/// True if all names fit into their lines, whole and broken between words alone.
fn fit(rows: &[Cells], columns: usize) -> bool {
    rows.iter().all(|row| {
        let whole = columns_of(&row.name) <= NAME_LINES * columns;
        whole && row.name.split_whitespace().all(|word| columns_of(word) <= columns)
    })
}

/// Each optimizer under its own name, for narrow windows.
fn blocks(comparison: &Comparison, rows: &[Cells], width: usize, bold: bool) -> Vec<String> {
    let target = target(comparison);
    let labels = [
        "train loss".to_string(),
        match comparison.metric {
            Metric::Accuracy => "test acc.".to_string(),
            other => format!("test {}", other.name()),
        },
        format!("epochs to {target}"),
        format!("s to {target}"),
        "s per epoch".to_string(),
        "state B/weight".to_string(),
    ];
    let label_width = labels.iter().map(|label| columns_of(label)).max().unwrap_or_default();
    let mut lines = vec![];
    for (index, row) in rows.iter().enumerate() {
        let names = name_lines(&row.name, width);
        lines.extend(names.into_iter().map(|name| emphasised(name, bold && index == 0)));
        for (label, value) in labels.iter().zip(numbers(row)) {
            let label = format!("  {}", pad_right(label, label_width));
            if columns_of(&label) + 1 + columns_of(value) <= width {
                lines.push(format!("{label} {value}"));
            } else {
                lines.push(label);
                lines.extend(wrap(value, width - 4).iter().map(|line| format!("    {line}")));
            }
        }
    }
    lines.push("─".repeat(width));
    lines
}

const GAP: &str = "  ";

fn numbers(row: &Cells) -> [&str; 6] {
    [&row.loss, &row.score, &row.epochs_to_target, &row.seconds_to_target, &row.seconds_per_epoch, &row.state]
}

fn name_lines(name: &str, width: usize) -> Vec<String> {
    let mut lines = wrap(&crate::text::shorten(name, NAME_LINES * width), width);
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn short_name(row: &Row) -> String {
    crate::text::shorten(&plain(&row.optimizer), 40)
}

/// The first line after `lead`, the others under its text.
fn hanging(lead: &str, text: &str, width: usize) -> Vec<String> {
    let indent = if lead.is_empty() { 2 } else { lead.len() };
    let mut lines = wrap(&format!("{lead}{text}"), width - indent);
    for line in lines.iter_mut().skip(1) {
        line.insert_str(0, &" ".repeat(indent));
    }
    lines
}

fn emphasised(line: String, bold: bool) -> String {
    if bold { format!("\x1b[1m{line}\x1b[0m") } else { line }
}

fn pad_left(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns_of(text))) + text
}

fn pad_right(text: &str, width: usize) -> String {
    text.to_string() + &" ".repeat(width.saturating_sub(columns_of(text)))
}
