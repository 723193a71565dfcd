//! A study as text for a terminal.

use lab::study::Outcome;
use lab::study::outcome::{CellOutcome, OverTasks};
use train::Metric;

use crate::measure;
use crate::number::{self, NONE};
use crate::prose::study as prose;
use crate::table::Style;
use crate::text::{plain, shorten, width as columns_of, wrap};

/// A table for each task and ruleset with its verdict and notes, and one over all tasks.
///
/// No line is wider than `width` columns, which is taken as 32 when it is less and as 200 when it is more. A cell that
/// is not complete says how far it is.
pub fn study_table(outcome: &Outcome, width: usize, style: Style) -> String {
    let width = width.clamp(32, 200);
    let mut lines = Vec::new();
    for task in 0..outcome.tasks.len() {
        for ruleset in 0..outcome.rulesets.len() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(section(outcome, task, ruleset, width, style));
        }
    }
    for over in &outcome.over_tasks {
        lines.push(String::new());
        lines.extend(over_tasks(outcome, over, width));
    }
    let general = [
        (outcome.tasks.len() == 1 && !outcome.comparisons.is_empty()).then(prose::one_task),
        outcome.halving.then(prose::halving),
        prose::unfinished(outcome),
    ];
    let general: Vec<String> = general.into_iter().flatten().collect();
    if !general.is_empty() {
        lines.push(String::new());
        lines.extend(general.iter().flat_map(|sentence| wrap(sentence, width)));
    }
    lines.join("\n") + "\n"
}

fn section(outcome: &Outcome, task: usize, ruleset: usize, width: usize, style: Style) -> Vec<String> {
    let comparison = outcome.comparisons.iter().find(|found| found.task == task && found.ruleset == ruleset);
    let cells: Vec<&CellOutcome> = outcome.cells_of(task, ruleset).collect();
    let order: Vec<usize> = comparison.map_or((0..cells.len()).collect(), |found| found.order.clone());
    let mut lines = wrap(&heading(outcome, task, ruleset, &cells), width);
    let bold = style == Style::Ansi && comparison.is_some();
    let metric = outcome.tasks[task].metric;
    let rows: Vec<Row> = order.iter().map(|&entry| row(outcome, metric, cells[entry])).collect();
    lines.extend(grid(metric, &rows, width, bold));
    let Some(comparison) = comparison else { return lines };
    lines.extend(wrap(&prose::verdict(outcome, comparison), width));
    let notes = order.iter().flat_map(|&entry| prose::notes(outcome, cells[entry]));
    let further = [
        prose::winners_curse(outcome, comparison),
        prose::basins(outcome, comparison),
        prose::least_p(comparison),
    ];
    let checks = prose::pilot(outcome, comparison).into_iter().chain(prose::aa(outcome, comparison));
    for note in notes.chain(further.into_iter().flatten()).chain(checks) {
        lines.extend(wrap(&note, width - 2).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// `simplenn, lr tuned: 12 to 15 trials each, 10 seeds`: trials beyond the edge of a range come on top.
fn heading(outcome: &Outcome, task: usize, ruleset: usize, cells: &[&CellOutcome]) -> String {
    let epochs = number::counted(outcome.tasks[task].epochs as usize, "epoch");
    let runs = cells.iter().map(|cell| cell.runs.len()).max().unwrap_or(0);
    let seeds = if runs > 0 { format!(", {}", number::counted(runs, "seed")) } else { String::new() };
    let most = cells.iter().filter_map(|cell| cell.tuning.as_ref()).map(|tuning| tuning.trials.len()).max();
    let all = cells.iter().all(|cell| cell.tuning.is_some());
    let each = if all { "each" } else { "for each that is tuned" };
    let trials = match most {
        None | Some(0) => None,
        Some(most) if most > outcome.trials => Some(format!("{} to {most} trials {each}", outcome.trials)),
        Some(most) => Some(format!("{most} trials {each}")),
    };
    let title = prose::part_title(outcome, task, ruleset);
    let trials = trials.map_or(String::new(), |trials| format!(", {trials}"));
    format!("{title}: {epochs}{trials}{seeds}")
}

struct Row {
    name: String,
    score: String,
    settings: String,
}

fn row(outcome: &Outcome, metric: Metric, cell: &CellOutcome) -> Row {
    let score = match (cell.mean(), cell.interval) {
        (Some(mean), Some(interval)) => {
            format!(
                "{} {}",
                measure::value(metric, mean),
                measure::range(metric, interval.low, interval.high)
            )
        }
        (Some(mean), None) => measure::value(metric, mean),
        (None, _) if cell.hopeless || cell.diverged > 0 => "diverged".to_string(),
        (None, _) => NONE.to_string(),
    };
    let done = cell.tuning.as_ref().map_or(0, |tuning| tuning.trials.len());
    let settings = match cell.complete {
        true => cell.settings.clone(),
        false if cell.recipe.is_some() => "not all runs are there".to_string(),
        false => format!("{} of {} trials", done.min(outcome.trials), outcome.trials),
    };
    Row { name: plain(&outcome.entries[cell.id.entry]), score, settings: plain(&settings) }
}

const GAP: usize = 2;
const NAME_LEAST: usize = 8;

/// Names, scores and settings; settings that do not fit have lines below.
fn grid(metric: Metric, rows: &[Row], width: usize, bold: bool) -> Vec<String> {
    let head = Row {
        name: "entry".into(),
        score: format!("test {} [interval]", metric.name()),
        settings: if rows.iter().any(|row| !row.settings.is_empty()) {
            "chosen".into()
        } else {
            String::new()
        },
    };
    let all = || std::iter::once(&head).chain(rows);
    let widest = |of: fn(&Row) -> &String| all().map(|row| columns_of(of(row))).max().unwrap_or(0);
    let score = widest(|row| &row.score).min(width.saturating_sub(NAME_LEAST + GAP));
    let name = widest(|row| &row.name).min(width - score - GAP).min(40);
    let room = width.saturating_sub(name + score + 2 * GAP);
    let inline = widest(|row| &row.settings) <= room;
    let mut lines = Vec::new();
    for (index, row) in all().enumerate() {
        let label = shorten(&row.name, name);
        let label = format!("{label}{}", " ".repeat(name - columns_of(&label)));
        let figure = shorten(&row.score, score);
        let figure = format!("{}{figure}", " ".repeat(score - columns_of(&figure)));
        let mut line = format!("{label}  {figure}");
        if inline && !row.settings.is_empty() {
            line += &format!("  {}", row.settings);
        }
        let line = line.trim_end().to_string();
        lines.push(if bold && index == 1 { format!("\x1b[1m{line}\x1b[0m") } else { line });
        if !inline && index > 0 {
            lines.extend(wrap(&row.settings, width - 4).into_iter().map(|line| format!("    {line}")));
        }
    }
    let rule = "─".repeat(if inline {
        (name + score + widest(|row| &row.settings) + 2 * GAP).min(width)
    } else {
        width
    });
    lines.insert(1, rule);
    lines
}

/// Entries over all tasks, the best mean rank first.
fn over_tasks(outcome: &Outcome, over: &OverTasks, width: usize) -> Vec<String> {
    let ruleset = prose::ruleset(&outcome.rulesets[over.ruleset]);
    let mut lines = wrap(&format!("All {}, {ruleset}", number::counted(over.tasks, "task")), width);
    let counts = |entry: usize| {
        let found = over.counts(entry);
        format!("{}/{}/{}", found.wins, found.ties, found.losses)
    };
    let cells = |&entry: &usize| {
        let found = &over.entries[entry];
        let iqm = match (found.iqm, found.iqm_interval) {
            (Some(iqm), Some(interval)) => format!("{iqm:.2} [{:.2}, {:.2}]", interval.low, interval.high),
            (Some(iqm), None) => format!("{iqm:.2}"),
            _ => NONE.to_string(),
        };
        let rank = found.mean_rank.map_or(NONE.to_string(), |rank| format!("{rank:.2}"));
        [prose::name(&outcome.entries[entry]), rank, iqm, counts(entry)]
    };
    let heads = ["entry", "mean rank", "normalized IQM", "won/tied/lost"].map(String::from);
    let rows: Vec<[String; 4]> = std::iter::once(heads).chain(prose::order(over).iter().map(cells)).collect();
    let widths: Vec<usize> =
        (0..4).map(|i| rows.iter().map(|row| columns_of(&row[i])).max().unwrap_or(0)).collect();
    let fixed: usize = widths[1..].iter().map(|width| width + GAP).sum();
    let name = widths[0].min(width.saturating_sub(fixed).max(NAME_LEAST));
    for (index, row) in rows.iter().enumerate() {
        let label = shorten(&row[0], name);
        let mut line = format!("{label}{}", " ".repeat(name - columns_of(&label)));
        for (cell, &columns) in row[1..].iter().zip(&widths[1..]) {
            line += &format!("  {}{cell}", " ".repeat(columns - columns_of(cell)));
        }
        match columns_of(&line) <= width {
            true => lines.push(line),
            // Where it does not fit, each figure has a line.
            false if index == 0 => {}
            false => {
                lines.push(label);
                for (head, cell) in rows[0][1..].iter().zip(&row[1..]) {
                    lines.push(format!("  {head} {cell}"));
                }
            }
        }
        if index == 0 {
            lines.push("─".repeat((name + fixed).min(width)));
        }
    }
    lines.extend(prose::ranks(over).iter().flat_map(|sentence| wrap(sentence, width)));
    lines
}
