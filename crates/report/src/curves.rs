//! Loss and metric over epochs as SVG: one line per optimizer with a band over its seeds.

use lab::compare::Comparison;

use crate::axis::Axis;
use crate::heading::{headline, line_and_band};
use crate::look::{BASE, GRID, GROUND, INK, Look, SOFT, STYLE, escape, px};
use crate::number;
use crate::panel::{LEFT, Line, Panel, Spot, TOP, WIDTH};

/// Both pictures side by side as one SVG file: training loss (its scale logarithmic when it spans
/// more than a decade) and test accuracy with the target.
///
/// The accuracy axis starts at a round number below the least value after the first epoch (after
/// the middle of shorter runs), leaving out optimizers that end below half of the best; the picture
/// says so when something lies below. Numbers have a fixed
/// count of decimals and nothing depends on time or platform, so the bytes are the same each time.
/// It has its own background, light or dark by the reader's preference.
pub fn curves_svg(comparison: &Comparison) -> String {
    let [loss, score] = [Panel::loss(comparison), Panel::score(comparison)];
    let width = 2.0 * WIDTH + 3.0 * MARGIN;
    let height = HEAD + loss.height().max(score.height()) + MARGIN;
    let title = escape(&headline(comparison));
    let caption = escape(&line_and_band(comparison));
    let right = 2.0 * MARGIN + WIDTH;
    [
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-labelledby="title desc">"#,
            w = px(width),
            h = px(height),
        ),
        format!(r#"<title id="title">{title}</title>"#),
        format!(
            r#"<desc id="desc">{} {} {caption}</desc>"#,
            escape(&loss.summary),
            escape(&score.summary)
        ),
        format!("<style>{STYLE}</style>"),
        format!(r#"<rect class="ground" width="100%" height="100%" fill="{GROUND}"/>"#),
        text(MARGIN, 34.0, &format!(r#"class="ink" fill="{INK}" font-size="18" font-weight="600""#), &title),
        text(MARGIN, 56.0, &format!(r#"class="soft" fill="{SOFT}" font-size="12.5""#), &caption),
        format!(r#"<g transform="translate({},{})">"#, px(MARGIN), px(HEAD)),
        loss.body(),
        "</g>".to_string(),
        format!(r#"<g transform="translate({},{})">"#, px(right), px(HEAD)),
        score.body(),
        "</g>".to_string(),
        "</svg>\n".to_string(),
    ]
    .join("\n")
}

const MARGIN: f64 = 24.0;
const HEAD: f64 = 76.0;

const BELOW_PLOT: f64 = 44.0;
const LINE: f64 = 15.0;

impl Panel {
    fn height(&self) -> f64 {
        self.bottom + BELOW_PLOT + LINE * self.notes.len() as f64
    }

    /// The picture as an element for a page that holds [`STYLE`].
    pub(crate) fn inline(&self) -> String {
        let Panel { name, .. } = self;
        [
            format!(
                r#"<svg class="curves" data-panel="{name}" viewBox="0 0 {} {}" role="img" aria-labelledby="{name}-title {name}-desc">"#,
                px(WIDTH),
                px(self.height())
            ),
            format!(r#"<title id="{name}-title">{}</title>"#, escape(&self.title)),
            format!(r#"<desc id="{name}-desc">{}</desc>"#, escape(&self.summary)),
            self.body(),
            "</svg>".to_string(),
        ]
        .join("\n")
    }

    fn body(&self) -> String {
        let Panel { name, title, right, bottom, .. } = self;
        let mut parts = vec![text(
            0.0,
            18.0,
            &format!(r#"class="ink" fill="{INK}" font-size="14" font-weight="600""#),
            &escape(title),
        )];
        if !self.has_points() {
            let middle = format!(r#"class="soft" fill="{SOFT}" font-size="13" text-anchor="middle""#);
            let sentence = "Nothing to draw: no run has a finite value.";
            parts.push(text(WIDTH / 2.0, (TOP + bottom) / 2.0, &middle, sentence));
            return parts.join("\n");
        }
        self.push_axes(&mut parts);
        parts.push(format!(
            r#"<clipPath id="clip-{name}"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>"#,
            px(LEFT),
            px(TOP - 1.0),
            px(right - LEFT + 1.0),
            px(bottom - TOP + 2.0)
        ));
        parts.push(format!(r#"<g clip-path="url(#clip-{name})">"#));
        let opacity = if self.lines.len() > 6 { 0.08 } else { 0.16 };
        parts.extend(self.lines.iter().flat_map(|line| line.band(opacity)));
        if let Some((y, _)) = &self.target {
            parts.push(format!(
                r#"<line class="base" x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="{BASE}" stroke-width="1.2" stroke-dasharray="5 4"/>"#,
                px(LEFT),
                px(*right),
                y = px(*y)
            ));
        }
        parts.extend(self.lines.iter().flat_map(Line::strokes));
        parts.push("</g>".to_string());
        let every = (self.x.high() / 6.0).ceil().max(1.0);
        parts.extend(self.lines.iter().flat_map(|line| line.markers(every, *bottom)));
        parts.extend(self.lines.iter().map(|line| line.end_label(*right, *bottom)));
        if let Some((y, target)) = &self.target {
            let over_lines = format!(
                r#"class="soft halo" fill="{SOFT}" font-size="11" stroke="{GROUND}" stroke-width="3" stroke-linejoin="round" paint-order="stroke""#
            );
            parts.push(text(LEFT + 6.0, y - 5.0, &over_lines, &format!("target {target}")));
        }
        parts.join("\n")
    }

    fn push_axes(&self, parts: &mut Vec<String>) {
        let Panel { x, y, right, bottom, .. } = self;
        let epoch = |at: f64| number::fixed(at, x.decimals);
        push_axes(parts, (x, epoch), (y, |at| self.tick(at)), (*right, *bottom), "epoch");
        let note = format!(r#"class="soft" fill="{SOFT}" font-size="11""#);
        for (index, line) in self.notes.iter().enumerate() {
            let y = bottom + BELOW_PLOT + 8.0 + LINE * index as f64;
            parts.push(text(0.0, y, &note, &escape(line)));
        }
    }
}

/// A line across for each mark of the upright axis, and the marks of both in words.
pub(crate) fn push_axes(
    parts: &mut Vec<String>,
    (x, x_label): (&Axis, impl Fn(f64) -> String),
    (y, y_label): (&Axis, impl Fn(f64) -> String),
    (right, bottom): (f64, f64),
    x_name: &str,
) {
    let small = format!(r#"class="soft" fill="{SOFT}" font-size="12""#);
    for &at in &y.ticks {
        let level = y.place(at);
        parts.push(format!(
            r#"<line class="grid" x1="{}" x2="{}" y1="{level}" y2="{level}" stroke="{GRID}"/>"#,
            px(LEFT),
            px(right),
            level = px(level)
        ));
        let end = format!(r#"{small} text-anchor="end""#);
        parts.push(text(LEFT - 8.0, level + 4.0, &end, &y_label(at)));
    }
    parts.push(format!(
        r#"<line class="base" x1="{}" x2="{}" y1="{bottom}" y2="{bottom}" stroke="{BASE}"/>"#,
        px(LEFT),
        px(right),
        bottom = px(bottom)
    ));
    let middle = format!(r#"{small} text-anchor="middle""#);
    for &at in &x.ticks {
        parts.push(text(x.place(at), bottom + 17.0, &middle, &x_label(at)));
    }
    parts.push(text((LEFT + right) / 2.0, bottom + 34.0, &middle, x_name));
}

impl Line {
    fn band(&self, opacity: f64) -> Vec<String> {
        let Look { hue, color, .. } = self.look;
        let has_width = |stretch: &&Vec<Spot>| stretch.iter().any(|s| s.low_y != s.high_y);
        let around = |stretch: &Vec<Spot>| {
            let upper = stretch.iter().map(|spot| (spot.x, spot.high_y));
            let lower = stretch.iter().rev().map(|spot| (spot.x, spot.low_y));
            let path = path(upper.chain(lower));
            format!(r#"<path class="f{hue}" d="{path}Z" fill="{color}" fill-opacity="{opacity}"/>"#)
        };
        self.stretches.iter().filter(has_width).map(around).collect()
    }

    fn strokes(&self) -> Vec<String> {
        let along = |stretch: &Vec<Spot>| {
            let path = path(stretch.iter().map(|spot| (spot.x, spot.y)));
            format!(r#"<path d="{path}" {}/>"#, self.look.stroke())
        };
        self.stretches.iter().filter(|stretch| stretch.len() > 1).map(along).collect()
    }

    /// At every `every`-th whole epoch, at the end and at isolated points.
    fn markers(&self, every: f64, bottom: f64) -> Vec<String> {
        let marked = |stretch: &Vec<Spot>| {
            let last = stretch.len() - 1;
            let chosen = |(index, spot): &(usize, Spot)| {
                let cycles = spot.point.epoch / every;
                *index == last || (cycles - cycles.round()).abs() < 1e-9
            };
            let spots = stretch.iter().copied().enumerate().filter(chosen);
            spots.map(|(_, spot)| spot).collect::<Vec<_>>()
        };
        let visible = |spot: &Spot| (TOP - 1.0..=bottom + 1.0).contains(&spot.y);
        let spots = self.stretches.iter().flat_map(marked).filter(visible);
        spots.map(|spot| self.look.marker(spot.x, spot.y)).collect()
    }

    /// The name at the right, tied to the line's end.
    fn end_label(&self, right: f64, bottom: f64) -> String {
        let Look { hue, color, .. } = self.look;
        let end = self.end();
        let y = end.y.clamp(TOP, bottom);
        let beyond = if end.y > bottom + 1.0 {
            " ↓"
        } else if end.y < TOP - 1.0 {
            " ↑"
        } else {
            ""
        };
        let label_y = self.label_y;
        let from = if end.x + 6.0 < right { end.x + 6.0 } else { right + 6.0 };
        let tie = path([(from, y), (right + 6.0, y), (right + 14.0, label_y)].into_iter());
        let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
        let name = escape(&self.label) + beyond;
        let full = escape(&self.name);
        format!(
            r#"<g><title>{full}</title><path class="s{hue}" d="{tie}" fill="none" stroke="{color}" stroke-width="1" stroke-opacity="0.7"/>{}{}</g>"#,
            self.look.marker(right + 20.0, label_y),
            text(right + 28.0, label_y + 4.0, &ink, &name)
        )
    }
}

pub(crate) fn path(mut corners: impl Iterator<Item = (f64, f64)>) -> String {
    let start = corners.next().map(|(x, y)| format!("M{},{}", px(x), px(y)));
    let rest = corners.map(|(x, y)| format!("L{},{}", px(x), px(y)));
    start.into_iter().chain(rest).collect()
}

pub(crate) fn text(x: f64, y: f64, attributes: &str, escaped: &str) -> String {
    format!(r#"<text x="{}" y="{}" {attributes}>{escaped}</text>"#, px(x), px(y))
}
