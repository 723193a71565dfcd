//! Entries over all tasks: ranks, profile, critical difference.

use std::fmt::Write;

use lab::study::Outcome;
use lab::study::outcome::{EntryOverTasks, OverTasks};

use crate::chart::{Chart, Scale, Series};
use crate::document::{Block, Cell, Column, Figure, Layout, Table};
use crate::look::{BASE, GROUND, INK, SOFT, STYLE, escape, look, px};
use crate::number::{NONE, counted};
use crate::page::name;
use crate::prose::study as prose;

pub(super) fn section(outcome: &Outcome, over: &OverTasks) -> Block {
    let ruleset = prose::ruleset(&outcome.rulesets[over.ruleset]);
    let mut blocks = vec![Block::Table(table(outcome, over))];
    blocks.extend(prose::ranks(over).map(Block::Text));
    let prefix = format!("over{}-", over.ruleset);
    let mut figures = Vec::new();
    if let Some(critical) = over.critical_difference {
        figures.push(critical_difference(&format!("{prefix}ranks"), outcome, over, critical));
    }
    figures.extend(profile(outcome, over).map(|chart| Figure::of_chart(&format!("{prefix}profile"), &chart)));
    if !figures.is_empty() {
        blocks.push(Block::Figures(figures));
    }
    let title = format!("All {}, {ruleset}", counted(over.tasks, "task"));
    crate::page::section(&format!("over{}", over.ruleset), &title, blocks)
}

fn table(outcome: &Outcome, over: &OverTasks) -> Table {
    let ranked = over.by_rank();
    let mut order: Vec<usize> = ranked.iter().map(|(entry, _)| *entry).collect();
    order.extend((0..over.entries.len()).filter(|entry| !ranked.iter().any(|(found, _)| found == entry)));
    let row = |&entry: &usize| {
        let found: &EntryOverTasks = &over.entries[entry];
        let counts = over.counts(entry);
        let interval = found.iqm_interval;
        let values = vec![found.iqm, interval.map(|i| i.low), interval.map(|i| i.high)];
        let decimals = |value: Option<f64>| value.map_or(NONE.to_string(), |value| format!("{value:.2}"));
        vec![
            Cell { look: Some(entry), ..Cell::text(name(&outcome.entries[entry])) },
            Cell::number(decimals(found.mean_rank), found.mean_rank),
            Cell { values, ..Cell::text(decimals(found.iqm)) }
                .with_detail(interval.map_or(String::new(), |i| format!("[{:.2}, {:.2}]", i.low, i.high))),
            Cell {
                values: [counts.wins, counts.ties, counts.losses].map(|n| Some(n as f64)).into(),
                ..Cell::text(format!("{}/{}/{}", counts.wins, counts.ties, counts.losses))
            },
        ]
    };
    Table {
        title: "Over tasks".into(),
        layout: Layout::Stack,
        columns: vec![
            Column::text("Entry"),
            Column::numbers("Mean rank", "1 is best", &["mean_rank"]),
            Column::numbers("Interquartile mean", "0 worst run, 1 best", &["iqm", "low", "high"]),
            Column::numbers("Won/tied/lost", "pairs on tasks", &["won", "tied", "lost"]),
        ],
        rows: order.iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

/// Dolan and Moré's performance profile.
fn profile(outcome: &Outcome, over: &OverTasks) -> Option<Chart> {
    let finite =
        |found: &EntryOverTasks| found.profile.as_ref().map(|profile| profile.x.clone()).unwrap_or_default();
    let last = over.entries.iter().flat_map(finite).fold(1.0, f64::max);
    let last = last.max(1.1);
    let series: Vec<Series> = over
        .entries
        .iter()
        .map(|found| {
            let profile = found.profile.as_ref();
            let steps = profile.map(|profile| (1.0, 100.0 * profile.at(1.0))).into_iter();
            let steps = steps.chain(profile.into_iter().flat_map(|profile| {
                profile.x.iter().zip(&profile.y).filter(|(x, _)| **x > 1.0).map(|(x, y)| (*x, 100.0 * y))
            }));
            let mut points: Vec<(f64, f64)> = steps.collect();
            points.extend(points.last().map(|&(_, y)| (1.05 * last, y)));
            Series::steps(name(&outcome.entries[found.entry]), points)
        })
        .collect();
    series.iter().any(|series| !series.points.is_empty()).then(|| Chart {
        title: "Tasks on which the cost is at most τ times the lowest".into(),
        x: ("τ".into(), Scale::Log),
        y: ("tasks, %".into(), Scale::Linear),
        series,
        marks: Vec::new(),
    })
}

const WIDTH: f64 = 520.0;
const LEFT: f64 = 40.0;
const LINE: f64 = 20.0;

/// Demšar's diagram: mean ranks on an axis, and a bar over each group that is not told apart.
fn critical_difference(id: &str, outcome: &Outcome, over: &OverTasks, critical: f64) -> Figure {
    let (ranked, groups) = (over.by_rank(), over.alike_by_rank());
    let count = over.entries.len().max(2) as f64;
    let place = |rank: f64| LEFT + (rank - 1.0) / (count - 1.0) * (WIDTH - 2.0 * LEFT);
    let axis = 76.0;
    let bars = axis + 18.0;
    let names = bars + 9.0 * groups.len() as f64 + 12.0;
    // The better half is named at the left, the other at the right, the extremes lowest.
    let half = ranked.len().div_ceil(2);
    let height = names + LINE * half as f64 + 10.0;
    let summary = format!(
        "Mean ranks, with a critical difference of {critical:.2}: {}.",
        ranked
            .iter()
            .map(|(entry, rank)| format!("{} {rank:.2}", name(&outcome.entries[*entry])))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let title = "Mean ranks; a bar joins those that are not told apart";
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{}">"#,
        escape(&summary),
        w = px(WIDTH),
        h = px(height)
    );
    let _ = write!(
        svg,
        "<style>{STYLE}</style><rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"{GROUND}\"/>\
         <text class=\"ink\" fill=\"{INK}\" x=\"0\" y=\"18\" font-size=\"14\" font-weight=\"600\">{title}</text>"
    );
    let mut line = |from: (f64, f64), to: (f64, f64), width: f64, class: &str| {
        let color = if class == "ink-line" { INK } else { BASE };
        let _ = write!(
            svg,
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}" stroke="{color}" stroke-width="{width}"/>"#,
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1)
        );
    };
    line((LEFT, axis), (WIDTH - LEFT, axis), 1.2, "base");
    for rank in 1..=over.entries.len() {
        line((place(rank as f64), axis), (place(rank as f64), axis - 6.0), 1.2, "base");
    }
    line((LEFT, 46.0), (place(1.0 + critical).min(WIDTH - LEFT), 46.0), 2.0, "ink-line");
    for (index, (first, last)) in groups.iter().enumerate() {
        let y = bars + 9.0 * index as f64;
        let ends = [ranked[*first].1, ranked[*last].1].map(place);
        line((ends[0] - 4.0, y), (ends[1] + 4.0, y), 4.0, "ink-line");
    }
    let label = |x: f64, y: f64, anchor: &str, class: &str, text: &str| {
        let fill = if class == "ink" { INK } else { SOFT };
        format!(
            r#"<text class="{class}" fill="{fill}" x="{}" y="{}" font-size="12" text-anchor="{anchor}">{}</text>"#,
            px(x),
            px(y),
            escape(text)
        )
    };
    let mut texts = label(LEFT, 40.0, "start", "soft", &format!("critical difference {critical:.2}"));
    for rank in 1..=over.entries.len() {
        texts += &label(place(rank as f64), axis - 11.0, "middle", "soft", &rank.to_string());
    }
    for (index, (entry, rank)) in ranked.iter().enumerate() {
        let is_left = index < half;
        let row = if is_left { index } else { ranked.len() - 1 - index };
        let (x, y) = (place(*rank), names + LINE * row as f64 + 4.0);
        let end = if is_left { LEFT } else { WIDTH - LEFT };
        let found = look(*entry);
        let _ = write!(
            svg,
            r#"<path class="s{}" d="M{},{}V{}H{}" fill="none" stroke="{}" stroke-width="1.2"/>"#,
            found.hue,
            px(x),
            px(axis),
            px(y),
            px(end),
            found.color
        );
        svg += &found.marker(x, axis);
        let shown = crate::text::shorten(&format!("{} {rank:.2}", outcome.entries[*entry]), 30);
        let (anchor, at) = if is_left { ("start", 0.0) } else { ("end", WIDTH) };
        texts += &halo(at, y - 4.0, anchor, &shown);
    }
    svg += &texts;
    svg += "</svg>";
    Figure::picture(id, title, &summary, svg)
}

/// A name over a line.
fn halo(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!(
        r#"<text class="ink halo" fill="{INK}" stroke="{GROUND}" stroke-width="3" stroke-linejoin="round" paint-order="stroke" x="{}" y="{}" font-size="12" text-anchor="{anchor}">{}</text>"#,
        px(x),
        px(y),
        escape(text)
    )
}
