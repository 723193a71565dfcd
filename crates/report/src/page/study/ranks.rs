//! Demšar's diagram: mean ranks on an axis, and a bar under each group that is not told apart.

use std::fmt::Write;

use lab::study::Outcome;
use lab::study::outcome::OverTasks;

use crate::curves::{path, text};
use crate::document::Figure;
use crate::look::{BASE, GROUND, INK, SOFT, STYLE, escape, look, px};
use crate::page::name;
use crate::text::shorten;

const TITLE: &str = "Mean ranks; a bar joins those that are not told apart";

const WIDTH: f64 = 600.0;
/// Ends of the axis, with room for names at both sides.
const ENDS: [f64; 2] = [190.0, WIDTH - 190.0];
/// Height of the bar as long as the critical difference, of the axis, and of the first bar of a group.
const CRITICAL: f64 = 46.0;
const AXIS: f64 = 76.0;
const BARS: f64 = AXIS + 18.0;
/// Distance of two bars, and of two names.
const BAR: f64 = 9.0;
const LINE: f64 = 20.0;
/// Maximum columns of a name with its rank.
const COLUMNS: usize = 26;
/// Distance of a name from the end of its line.
const GAP: f64 = 6.0;

pub(super) fn diagram(id: &str, outcome: &Outcome, over: &OverTasks, critical: f64) -> Figure {
    let (ranked, groups) = (over.by_rank(), over.alike_by_rank());
    let place = |rank: f64| {
        let last = over.entries.len().max(2) as f64;
        ENDS[0] + (rank - 1.0) / (last - 1.0) * (ENDS[1] - ENDS[0])
    };
    let names = BARS + BAR * groups.len() as f64 + 12.0;
    let half = ranked.len().div_ceil(2);
    let summary = summary(outcome, &ranked, critical);
    let mut svg = opening(&summary, names + LINE * half as f64 + 10.0);
    let mut texts = String::new();
    push_axis(&mut svg, &mut texts, over.entries.len(), place);
    svg += &bar([ENDS[0], place(1.0 + critical).min(ENDS[1])], CRITICAL, 2.0);
    texts += &text(ENDS[0], CRITICAL - 6.0, &soft("start"), &format!("critical difference {critical:.2}"));
    for (index, &(first, last)) in groups.iter().enumerate() {
        let [from, to] = [ranked[first].1, ranked[last].1].map(place);
        svg += &bar([from - 4.0, to + 4.0], BARS + BAR * index as f64, 4.0);
    }
    for (index, &(entry, rank)) in ranked.iter().enumerate() {
        // The better half is named at the left, the other at the right, the extremes highest.
        let (side, row) = if index < half { (0, index) } else { (1, ranked.len() - 1 - index) };
        let (x, y) = (place(rank), names + LINE * row as f64 + 4.0);
        let look = look(entry);
        let tie = path([(x, AXIS), (x, y), (ENDS[side], y)].into_iter());
        let _ = write!(
            svg,
            r#"<path class="s{}" d="{tie}" fill="none" stroke="{}" stroke-width="1.2"/>{}"#,
            look.hue,
            look.color,
            look.marker(x, AXIS)
        );
        let shown = shorten(&format!("{} {rank:.2}", outcome.entries[entry]), COLUMNS);
        let at = [ENDS[0] - GAP, ENDS[1] + GAP][side];
        texts += &text(at, y + 4.0, &plain_ink(["end", "start"][side]), &escape(&shown));
    }
    Figure::picture(id, TITLE, &summary, format!("{svg}{texts}</svg>"))
}

/// The ranks in words.
fn summary(outcome: &Outcome, ranked: &[(usize, f64)], critical: f64) -> String {
    let rank = |(entry, rank): &(usize, f64)| format!("{} {rank:.2}", name(&outcome.entries[*entry]));
    let ranks: Vec<String> = ranked.iter().map(rank).collect();
    format!("Mean ranks, with a critical difference of {critical:.2}: {}.", ranks.join(", "))
}

/// The element with its background and title.
fn opening(summary: &str, height: f64) -> String {
    let bold = format!(r#"class="ink" fill="{INK}" font-size="14" font-weight="600""#);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"curves\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         role=\"img\" aria-label=\"{label}\"><style>{STYLE}</style>\
         <rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"{GROUND}\"/>{title}",
        w = px(WIDTH),
        h = px(height),
        label = escape(summary),
        title = text(0.0, 18.0, &bold, TITLE)
    )
}

/// The axis with a mark at each rank from 1 to `last`.
fn push_axis(svg: &mut String, texts: &mut String, last: usize, place: impl Fn(f64) -> f64) {
    let mut line = |from: (f64, f64), to: (f64, f64)| {
        let line = path([from, to].into_iter());
        let _ = write!(svg, r#"<path class="base" d="{line}" stroke="{BASE}" stroke-width="1.2"/>"#);
    };
    line((ENDS[0], AXIS), (ENDS[1], AXIS));
    for rank in 1..=last {
        let x = place(rank as f64);
        line((x, AXIS), (x, AXIS - 6.0));
        *texts += &text(x, AXIS - 11.0, &soft("middle"), &rank.to_string());
    }
}

/// A bar between two places of the axis; filled, so that it has the color of text on a dark background as well.
fn bar([from, to]: [f64; 2], middle: f64, width: f64) -> String {
    format!(
        r#"<rect class="ink" x="{}" y="{}" width="{}" height="{width}" fill="{INK}"/>"#,
        px(from),
        px(middle - width / 2.0),
        px(to - from)
    )
}

/// Attributes of a small text.
fn soft(anchor: &str) -> String {
    format!(r#"class="soft" fill="{SOFT}" font-size="12" text-anchor="{anchor}""#)
}

/// Attributes of a name.
fn plain_ink(anchor: &str) -> String {
    format!(r#"class="ink" fill="{INK}" font-size="12" text-anchor="{anchor}""#)
}
