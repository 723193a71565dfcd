//! A range test of learning rates as SVG and as CSV.

use lab::lr_finder::{Across, RangeTest};
use serde::Serialize;

use crate::axis::Axis;
use crate::curves::{path, push_axes, text};
use crate::look::{GROUND, INK, Look, SOFT, STYLE, escape, look, px};
use crate::number;
use crate::prose;
use crate::text::{shorten, wrap};

/// The smoothed loss over the learning rate as one SVG file: each seed as a thin line, their median as a
/// thick one, and the rates that are read from them as upright lines, each with a band from the least to
/// the greatest of the seeds. The same test gives the same bytes.
///
/// The loss goes up to a quarter of its fall above where it begins; what climbs further leaves the
/// picture.
pub fn range_test_svg(test: &RangeTest) -> String {
    let title = shorten(&format!("Learning rates of {} on {}", test.optimizer, test.dataset), TITLE_COLUMNS);
    let what = format!("{}, {}", test.model, test.start);
    let caption = [wrap(&test.recipe, CAPTION_COLUMNS), wrap(&what, CAPTION_COLUMNS)].concat();
    let top = MARGIN + TITLE + LINE * caption.len() as f64 + 8.0;
    let bottom = top + PLOT_HEIGHT;
    let marks = marks(test);
    let height = bottom + BELOW_PLOT + LINE * (marks.len() + 1) as f64 + MARGIN;
    let width = RIGHT + 2.0 * MARGIN;

    let mut parts = vec![
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-labelledby="title desc">"#,
            w = px(width),
            h = px(height),
        ),
        format!(r#"<title id="title">{}</title>"#, escape(&title)),
        format!(r#"<desc id="desc">{}</desc>"#, escape(&prose::reason(test))),
        format!("<style>{STYLE}</style>"),
        format!(r#"<rect class="ground" width="100%" height="100%" fill="{GROUND}"/>"#),
        format!(r#"<g transform="translate({},0)">"#, px(MARGIN)),
        text(
            0.0,
            MARGIN + 10.0,
            &format!(r#"class="ink" fill="{INK}" font-size="16" font-weight="600""#),
            &escape(&title),
        ),
    ];
    let soft = format!(r#"class="soft" fill="{SOFT}" font-size="12.5""#);
    for (index, line) in caption.iter().enumerate() {
        parts.push(text(0.0, MARGIN + TITLE + LINE * index as f64 + 4.0, &soft, &escape(line)));
    }
    match scale(test, (top, bottom)) {
        Some((x, y)) => push_plot(&mut parts, test, &marks, (&x, &y), (top, bottom)),
        None => {
            let middle = format!(r#"{soft} text-anchor="middle""#);
            parts.push(text(
                RIGHT / 2.0,
                (top + bottom) / 2.0,
                &middle,
                "Nothing to draw: no loss is finite.",
            ));
        }
    }
    parts.extend(["</g>".to_string(), "</svg>\n".to_string()]);
    parts.join("\n")
}

const LEFT: f64 = crate::panel::LEFT;
const RIGHT: f64 = 660.0;
const MARGIN: f64 = 24.0;
const TITLE: f64 = 32.0;
const LINE: f64 = 18.0;
const PLOT_HEIGHT: f64 = 300.0;
const BELOW_PLOT: f64 = 48.0;
const TITLE_COLUMNS: usize = 64;
const CAPTION_COLUMNS: usize = 96;

/// A rate that was read, and how it looks.
struct Mark {
    look: Look,
    name: &'static str,
    at: Across,
    /// Wider than the others.
    chosen: bool,
}

fn marks(test: &RangeTest) -> Vec<Mark> {
    let choice = test.choices.zip(test.choice).map(|(across, choice)| Across { median: choice, ..across });
    let rows = [
        (2, "chosen", choice, true),
        (3, "steepest descent", test.steepest, false),
        (4, "a tenth of the rate of the lowest loss", test.tenth, false),
        (1, "edge of divergence", test.edge, false),
    ];
    let there = rows.into_iter().filter_map(|(hue, name, at, chosen)| Some((hue, name, at?, chosen)));
    there.map(|(hue, name, at, chosen)| Mark { look: look(hue), name, at, chosen }).collect()
}

/// The axes of rate and loss; `None` without losses.
fn scale(test: &RangeTest, (top, bottom): (f64, f64)) -> Option<(Axis, Axis)> {
    let of =
        |f: fn(&lab::lr_finder::SeedSweep) -> f64| test.sweeps.iter().map(f).filter(|loss| loss.is_finite());
    let low = of(|sweep| sweep.reading.lowest).min_by(f64::total_cmp)?;
    let high = of(|sweep| sweep.reading.beginning).max_by(f64::total_cmp)?.max(low);
    let fall = (high - low).max(0.02 * high);
    let y = Axis::linear((low - 0.1 * fall).max(0.0), high + 0.25 * fall, (bottom, top), 6);
    Some((Axis::log(test.sweep.from, test.sweep.to, (LEFT, RIGHT), 9), y))
}

fn push_plot(
    parts: &mut Vec<String>,
    test: &RangeTest,
    marks: &[Mark],
    (x, y): (&Axis, &Axis),
    (top, bottom): (f64, f64),
) {
    push_axes(
        parts,
        (x, two_digits),
        (y, |at| number::fixed(at, y.decimals)),
        (RIGHT, bottom),
        "learning rate",
    );
    let clip = format!(
        r#"<clipPath id="plot"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>"#,
        px(LEFT),
        px(top),
        px(RIGHT - LEFT),
        px(bottom - top)
    );
    parts.extend([clip, r#"<g clip-path="url(#plot)">"#.to_string()]);
    push_lines(parts, test, marks, (x, y), (top, bottom));
    parts.push("</g>".to_string());
    push_legend(parts, test, marks, bottom + BELOW_PLOT);
}

/// Ranges, curves and marks within the plot.
fn push_lines(
    parts: &mut Vec<String>,
    test: &RangeTest,
    marks: &[Mark],
    (x, y): (&Axis, &Axis),
    (top, bottom): (f64, f64),
) {
    for Mark { look: Look { hue, color, .. }, at, .. } in marks {
        let (from, to) = (x.place(at.low), x.place(at.high));
        parts.push(format!(
            r#"<rect class="f{hue}" x="{}" y="{}" width="{}" height="{}" fill="{color}" fill-opacity="0.1"/>"#,
            px(from),
            px(top),
            px(to - from),
            px(bottom - top)
        ));
    }
    let Look { hue, color, .. } = look(0);
    for sweep in &test.sweeps {
        parts.push(format!(
            r#"<path class="s{hue}" d="{}" fill="none" stroke="{color}" stroke-width="1" stroke-opacity="0.45"/>"#,
            line(test, &sweep.smoothed, x, y)
        ));
    }
    for mark in marks {
        parts.push(mark.upright(x.place(mark.at.median), (top, bottom)));
    }
    let median = line(test, &test.median, x, y);
    parts.push(format!(
        r#"<path d="{median}" {}/>"#,
        look(0).stroke().replace(r#"width="2""#, r#"width="2.6""#)
    ));
}

/// Names of lines and marks, from this height on.
fn push_legend(parts: &mut Vec<String>, test: &RangeTest, marks: &[Mark], first: f64) {
    let name = format!(r#"class="ink" fill="{INK}" font-size="12.5""#);
    let Look { hue, color, .. } = look(0);
    let seeds = number::counted(test.sweeps.len(), "seed");
    let lines = [
        ("2.6", "1", 0.0, format!("median of the smoothed loss over {seeds}")),
        ("1", "0.45", 330.0, "each seed".to_string()),
    ];
    for (width, opacity, from, what) in lines {
        parts.push(format!(
            r#"<line class="s{hue}" x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="{color}" stroke-width="{width}" stroke-opacity="{opacity}"/>"#,
            px(from),
            px(from + 24.0),
            y = px(first + 8.0)
        ));
        parts.push(text(from + 34.0, first + 12.0, &name, &what));
    }
    for (index, mark) in marks.iter().enumerate() {
        let at = first + LINE * (index + 1) as f64;
        parts.push(mark.upright(12.0, (at, at + 15.0)));
        parts.push(text(34.0, at + 12.0, &name, &escape(&mark.describe())));
    }
}

fn line(test: &RangeTest, losses: &[f64], x: &Axis, y: &Axis) -> String {
    let points = losses.iter().enumerate().filter(|(_, loss)| loss.is_finite());
    path(points.map(|(step, loss)| (x.place(test.sweep.rate(step)), y.place(*loss))))
}

impl Mark {
    fn upright(&self, x: f64, (from, to): (f64, f64)) -> String {
        let Mark { look: Look { hue, color, .. }, chosen, .. } = self;
        let (width, dash) = if *chosen { ("2.4", "") } else { ("1.6", r#" stroke-dasharray="5 3""#) };
        format!(
            r#"<line class="s{hue}" x1="{x}" x2="{x}" y1="{}" y2="{}" stroke="{color}" stroke-width="{width}"{dash}/>"#,
            px(from),
            px(to),
            x = px(x)
        )
    }

    /// `steepest descent: 0.0022, over 5 seeds from 0.0015 to 0.0035`.
    fn describe(&self) -> String {
        let Across { median, low, high, seeds } = self.at;
        let over = match seeds {
            1 => String::new(),
            n => format!(", {n} seeds from {} to {}", two_digits(low), two_digits(high)),
        };
        format!("{}: {}{over}", self.name, two_digits(median))
    }
}

/// A rate to two digits: `1e-7`, `0.0021`, `10`.
fn two_digits(x: f64) -> String {
    let x: f64 = format!("{x:.1e}").parse().expect("a number as printed");
    if (1e-3..1e4).contains(&x) { number::plain(x) } else { format!("{x:e}") }
}

/// A range test as one JSON object: its numbers, and the sentences of [`prose`] as `why`, `doubts` and
/// `notes`.
pub fn range_test_json(test: &RangeTest) -> String {
    #[derive(Serialize)]
    struct WithSentences<'t> {
        #[serde(flatten)]
        test: &'t RangeTest,
        why: String,
        doubts: Vec<String>,
        notes: Vec<String>,
    }
    let notes = test.departures.iter().map(prose::departure).collect();
    let whole = WithSentences { test, why: prose::reason(test), doubts: prose::doubts(test), notes };
    serde_json::to_string(&whole).expect("a test has no map and no fallible field")
}

/// A range test in long form: a header, then one row for each seed and rate, with quoting and line ends
/// as in RFC 4180. `loss` is that of the batch before the update with this rate.
pub fn range_test_csv(test: &RangeTest) -> String {
    let mut rows = "dataset,recipe,seed,step,learning_rate,loss,smoothed_loss\r\n".to_string();
    for sweep in &test.sweeps {
        for (step, (loss, smoothed)) in sweep.losses.iter().zip(&sweep.smoothed).enumerate() {
            let (dataset, recipe) = (crate::csv::quoted(&test.dataset), crate::csv::quoted(&test.recipe));
            let rate = test.sweep.rate(step);
            rows += &format!("{dataset},{recipe},{},{step},{rate},{loss},{smoothed}\r\n", sweep.seed);
        }
    }
    rows
}
