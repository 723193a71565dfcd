//! Charts of measured numbers with the prediction drawn over them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::axis::Axis;
use crate::csv::quoted;
use crate::curves::{path, text};
use crate::labels::{labels, spread};
use crate::look::{BASE, GRID, GROUND, INK, Look, SOFT, STYLE, escape, look, px};
use crate::number;
use crate::text::{width, wrap};

/// Picture of some series of points over two axes, as data.
///
/// ```
/// use report::chart::{Chart, Scale, Series};
/// let squares = (1..=10).map(|x| (x as f64, (x * x) as f64)).collect();
/// let chart = Chart {
///     title: "Squares".into(),
///     x: ("x".into(), Scale::Linear),
///     y: ("x²".into(), Scale::Log),
///     series: vec![Series::line("x²", squares)],
///     marks: vec![],
/// };
/// assert!(chart.svg().starts_with("<svg"));
/// assert_eq!(chart.summary(), "Squares. Across: x. Up: x², logarithmic. x² goes from 1.00 to 100.");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The one sentence that the picture says.
    pub title: String,
    /// Name and scale of the axis across.
    pub x: (String, Scale),
    /// Name and scale of the axis up.
    pub y: (String, Scale),
    /// Measurements and predictions, in the order of the legend.
    pub series: Vec<Series>,
    /// Predicted places on an axis.
    pub marks: Vec<Mark>,
}

/// Scale of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Equal differences at equal distances.
    Linear,
    /// Equal ratios at equal distances; numbers that are not positive are left out.
    Log,
    /// The places 0, 1, … by name, across only.
    Names(Vec<String>),
}

/// Named points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Places; those that are not finite interrupt a line.
    pub points: Vec<(f64, f64)>,
    /// Appearance.
    pub draw: Draw,
}

/// Appearance of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Draw {
    /// Measured, joined by a line.
    Line,
    /// Measured, with a marker at each point and no line.
    Points,
    /// Measured, with a step at each point: the value holds until the next.
    Steps,
    /// Predicted: a dashed line.
    Theory,
}

/// Predicted place on an axis, drawn as a dashed line across the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Mark {
    /// At a number of the axis across.
    X(f64, String),
    /// At a number of the axis up.
    Y(f64, String),
}

impl Scale {
    /// Logarithmic for positive values of which the highest is over 30 times the lowest.
    pub(crate) fn spanning(series: &[Series]) -> Scale {
        let values = || series.iter().flat_map(|series| &series.points).map(|point| point.1);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        if low > 0.0 && high > 30.0 * low { Scale::Log } else { Scale::Linear }
    }
}

impl Series {
    /// A measured line.
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Line }
    }

    /// Measured points.
    pub fn points(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Points }
    }

    /// A measured step plot.
    pub fn steps(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Steps }
    }

    /// A predicted line.
    pub fn theory(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Theory }
    }
}

impl Chart {
    /// The picture as one SVG file with its background, light or dark by the reader's preference. The same
    /// data gives the same bytes.
    pub fn svg(&self) -> String {
        self.draw(&WIDE)
    }

    /// The same picture for a phone: 360 pixels wide, with the legend under it.
    ///
    /// ```
    /// use report::chart::{Chart, Scale, Series};
    /// let series = vec![Series::line("measured", vec![(1.0, 1.0), (2.0, 4.0)])];
    /// let (x, y) = (("x".to_string(), Scale::Linear), ("y".to_string(), Scale::Linear));
    /// let chart = Chart { title: "Squares".into(), x, y, series, marks: vec![] };
    /// assert!(chart.narrow_svg().contains("viewBox=\"0 0 360"));
    /// ```
    pub fn narrow_svg(&self) -> String {
        self.draw(&NARROW)
    }

    fn draw(&self, frame: &Frame) -> String {
        let heading = wrap(&self.title, frame.heading_columns);
        let top = MARGIN + LINE * heading.len() as f64 + 18.0;
        let bottom = top + frame.plot_height;
        let rows = if frame.is_legend_below { self.series.len() } else { 0 };
        let (width, height) = (frame.width, bottom + BELOW_PLOT + LEGEND_LINE * rows as f64);
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{}">"#,
            escape(&self.summary()),
            w = px(width),
            h = px(height),
        );
        let _ = write!(
            svg,
            "\n<style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"{GROUND}\"/>\n"
        );
        let bold = format!(r#"class="ink" fill="{INK}" font-size="15" font-weight="600""#);
        for (index, line) in heading.iter().enumerate() {
            svg += &text(frame.margin, MARGIN + LINE * index as f64 + 8.0, &bold, &escape(line));
            svg.push('\n');
        }
        let Some((x, y)) = self.axes(frame, (bottom, top)) else {
            let middle = format!(r#"class="soft" fill="{SOFT}" font-size="13" text-anchor="middle""#);
            svg += &text(width / 2.0, (top + bottom) / 2.0, &middle, "Nothing to draw: no value is finite.");
            return svg + "</svg>\n";
        };
        self.push_axes(&mut svg, frame, &x, &y, (top, bottom));
        self.push_marks(&mut svg, frame, &x, &y, (top, bottom));
        let ends = self.push_series(&mut svg, &x, &y, (top, bottom));
        match frame.is_legend_below {
            true => self.push_legend(&mut svg, frame, bottom + BELOW_PLOT),
            false => push_labels(&mut svg, frame, ends, (top, bottom)),
        }
        svg + "</svg>\n"
    }

    /// The points as rows of CSV: series, then both numbers in full; of an axis of names, the name.
    ///
    /// ```
    /// use report::chart::{Chart, Scale, Series};
    /// let (x, y) = (("rate, decades".into(), Scale::Linear), ("loss".into(), Scale::Log));
    /// let series = vec![Series::line("SGD", vec![(0.5, 2.0), (1.0, f64::INFINITY)])];
    /// let chart = Chart { title: "Loss".into(), x, y, series, marks: vec![] };
    /// assert_eq!(chart.csv(), "series,\"rate, decades\",loss\r\nSGD,0.5,2\r\nSGD,1,inf\r\n");
    /// ```
    pub fn csv(&self) -> String {
        let names = self.names();
        let across = |x: f64| names.get(x as usize).cloned().unwrap_or_else(|| x.to_string());
        let row = |cells: [&str; 3]| cells.map(quoted).join(",") + "\r\n";
        let mut rows = row(["series", &self.x.0, &self.y.0]);
        for series in &self.series {
            for &(x, y) in &series.points {
                rows += &row([&series.name, &across(x), &y.to_string()]);
            }
        }
        rows
    }

    /// Title, axes and the ends of each series, for readers who do not see the picture.
    pub fn summary(&self) -> String {
        let axis = |(name, scale): &(String, Scale)| match scale {
            Scale::Linear => name.clone(),
            Scale::Names(names) => names.join(", "),
            Scale::Log => format!("{name}, logarithmic"),
        };
        let mut summary = format!(
            "{}. Across: {}. Up: {}.",
            self.title.trim_end_matches('.'),
            axis(&self.x),
            axis(&self.y)
        );
        for series in &self.series {
            let drawn = self.drawn(series);
            if let [(_, first), .., (_, last)] = drawn[..] {
                let (first, last) = (significant(first), significant(last));
                let _ = write!(summary, " {} goes from {first} to {last}.", series.name);
            }
        }
        summary
    }

    /// Points of a series that have a place on the axes.
    pub fn drawn(&self, series: &Series) -> Vec<(f64, f64)> {
        series.points.iter().copied().filter(|&point| self.has_place(point)).collect()
    }

    fn has_place(&self, (x, y): (f64, f64)) -> bool {
        let fits = |value: f64, scale: &Scale| value.is_finite() && (*scale != Scale::Log || value > 0.0);
        fits(x, &self.x.1) && fits(y, &self.y.1)
    }

    /// Lowest and highest number of each axis; `None` if nothing can be drawn.
    pub fn limits(&self) -> Option<[(f64, f64); 2]> {
        let points: Vec<(f64, f64)> = self.series.iter().flat_map(|series| self.drawn(series)).collect();
        let mark = |on_x: bool| {
            self.marks.iter().filter_map(move |mark| match mark {
                Mark::X(at, _) => on_x.then_some(*at),
                Mark::Y(at, _) => (!on_x).then_some(*at),
            })
        };
        let range = |values: &mut dyn Iterator<Item = f64>, scale: &Scale| {
            if let Scale::Names(names) = scale {
                return (-0.5, names.len() as f64 - 0.5);
            }
            let fits = |value: &f64| value.is_finite() && (*scale != Scale::Log || *value > 0.0);
            values
                .filter(fits)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let x = range(&mut points.iter().map(|point| point.0).chain(mark(true)), &self.x.1);
        let y = range(&mut points.iter().map(|point| point.1).chain(mark(false)), &self.y.1);
        (!points.is_empty()).then_some([x, y])
    }

    /// Names of the places across; none unless the scale is [`Scale::Names`].
    pub fn names(&self) -> &[String] {
        if let Scale::Names(names) = &self.x.1 { names } else { &[] }
    }

    fn axes(&self, frame: &Frame, up: (f64, f64)) -> Option<(Axis, Axis)> {
        let [x, y] = self.limits()?;
        let axis = |(low, high): (f64, f64), scale: &Scale, pixels, most| match scale {
            Scale::Linear => Axis::linear(low, high, pixels, most),
            Scale::Names(names) => Axis::named(names.len(), pixels),
            Scale::Log if high > low => Axis::log(low, high, pixels, most),
            Scale::Log => Axis::log(low / 2.0, high * 2.0, pixels, most),
        };
        // A little room, so that lines do not lie on the frame.
        let room = |(low, high): (f64, f64), scale: &Scale| match scale {
            Scale::Linear | Scale::Names(_) => (low, high),
            Scale::Log => (low / 1.15, high * 1.15),
        };
        let across = (frame.left, frame.right);
        Some((axis(x, &self.x.1, across, frame.ticks), axis(room(y, &self.y.1), &self.y.1, up, 7)))
    }

    fn push_axes(&self, svg: &mut String, frame: &Frame, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) {
        let &Frame { left, right, .. } = frame;
        let small = format!(r#"class="soft" fill="{SOFT}" font-size="12""#);
        let (end, middle) =
            (format!(r#"{small} text-anchor="end""#), format!(r#"{small} text-anchor="middle""#));
        for &at in &y.ticks {
            let level = px(y.place(at));
            let _ = writeln!(
                svg,
                r#"<line class="grid" x1="{}" x2="{}" y1="{level}" y2="{level}" stroke="{GRID}"/>"#,
                px(left),
                px(right)
            );
            *svg += &text(left - 8.0, y.place(at) + 4.0, &end, &tick(at, y));
            svg.push('\n');
        }
        let _ = writeln!(
            svg,
            r#"<line class="base" x1="{}" x2="{}" y1="{b}" y2="{b}" stroke="{BASE}"/>"#,
            px(left),
            px(right),
            b = px(bottom)
        );
        let names = self.names();
        // Names that would touch are on two lines in turn.
        let apart = (right - left) / names.len().max(1) as f64;
        let is_crowded = names.iter().any(|name| 7.0 * width(name) as f64 + 4.0 > apart);
        for (index, &at) in x.ticks.iter().enumerate() {
            let label = names.get(index).map_or_else(|| tick(at, x), |name| escape(name));
            let lower = if is_crowded && index % 2 == 1 { 14.0 } else { 0.0 };
            *svg += &text(x.place(at), bottom + 17.0 + lower, &middle, &label);
            svg.push('\n');
        }
        if names.is_empty() {
            *svg += &text((left + right) / 2.0, bottom + 36.0, &middle, &escape(&self.x.0));
        }
        *svg += &text(left - 42.0, top - 12.0, &small, &escape(&self.y.0));
        svg.push('\n');
    }

    fn push_marks(&self, svg: &mut String, frame: &Frame, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) {
        let &Frame { left, right, .. } = frame;
        let dashed = format!(r#"stroke="{BASE}" stroke-width="1.2" stroke-dasharray="5 4""#);
        let over_lines = format!(
            r#"class="soft halo" fill="{SOFT}" font-size="11" stroke="{GROUND}" stroke-width="3" stroke-linejoin="round" paint-order="stroke""#
        );
        for (index, mark) in self.marks.iter().enumerate() {
            match mark {
                Mark::X(at, label) => {
                    let at = x.place(*at);
                    let _ = writeln!(
                        svg,
                        r#"<line class="base" x1="{at}" x2="{at}" y1="{}" y2="{}" {dashed}/>"#,
                        px(top),
                        px(bottom),
                        at = px(at)
                    );
                    let is_left = at + 7.0 * width(label) as f64 > right;
                    let anchor = if is_left { r#" text-anchor="end""# } else { "" };
                    let place = if is_left { at - 5.0 } else { at + 5.0 };
                    *svg += &text(
                        place,
                        top + 12.0 + 14.0 * index as f64,
                        &(over_lines.clone() + anchor),
                        &escape(label),
                    );
                }
                Mark::Y(at, label) => {
                    let at = y.place(*at);
                    let _ = writeln!(
                        svg,
                        r#"<line class="base" x1="{}" x2="{}" y1="{at}" y2="{at}" {dashed}/>"#,
                        px(left),
                        px(right),
                        at = px(at)
                    );
                    *svg += &text(left + 6.0, at - 5.0, &over_lines, &escape(label));
                }
            }
            svg.push('\n');
        }
    }

    /// Draws the lines and markers; returns their right ends.
    fn push_series(&self, svg: &mut String, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) -> Vec<End<'_>> {
        let mut ends = vec![];
        let names = labels(self.series.iter().map(|series| series.name.clone()).collect());
        for ((index, series), name) in self.series.iter().enumerate().zip(names) {
            let look = self.look_of(index);
            let place = |&(a, b): &(f64, f64)| (x.place(a), y.place(b).clamp(top - 4.0, bottom + 4.0));
            let drawn: Vec<(f64, f64)> = self.drawn(series).iter().map(place).collect();
            let Some(&(end_x, end_y)) = drawn.last() else { continue };
            match series.draw {
                Draw::Points => drawn.iter().for_each(|&(x, y)| *svg += &look.marker(x, y)),
                Draw::Line | Draw::Steps | Draw::Theory => {
                    for stretch in self.segments(series) {
                        let points = stepped(thinned(&stretch), series.draw);
                        let points = points.iter().map(place);
                        let _ =
                            writeln!(svg, r#"<path d="{}" {}/>"#, path(points), stroke(&look, series.draw));
                    }
                    if series.draw == Draw::Line && drawn.len() <= MOST_MARKERS {
                        drawn.iter().for_each(|&(x, y)| *svg += &look.marker(x, y));
                    }
                }
            }
            svg.push('\n');
            ends.push(End { x: end_x, y: end_y.clamp(top, bottom), name, look, series });
        }
        ends
    }

    /// Draws a line for each series under the picture.
    fn push_legend(&self, svg: &mut String, frame: &Frame, top: f64) {
        let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
        for (index, series) in self.series.iter().enumerate() {
            let y = top + LEGEND_LINE * index as f64;
            let name = crate::text::shorten(&series.name, LEGEND_COLUMNS);
            *svg += &key(&self.look_of(index), series.draw, frame.margin, y);
            *svg += &text(frame.margin + 16.0, y + 4.0, &ink, &escape(&name));
            svg.push('\n');
        }
    }

    /// Look of a series: a prediction has that of the measurement before it.
    pub(crate) fn look_of(&self, index: usize) -> Look {
        let measured = self.series[..=index].iter().filter(|series| series.draw != Draw::Theory).count();
        look(measured.saturating_sub(1))
    }

    /// Runs of points that have a place.
    fn segments(&self, series: &Series) -> Vec<Vec<(f64, f64)>> {
        let runs = series.points.split(|&point| !self.has_place(point));
        runs.filter(|run| run.len() > 1).map(<[_]>::to_vec).collect()
    }
}

/// Measures of a picture in pixels.
struct Frame {
    width: f64,
    left: f64,
    right: f64,
    margin: f64,
    plot_height: f64,
    /// Columns of a line of the title.
    heading_columns: usize,
    /// Maximum number of ticks across.
    ticks: usize,
    /// True if the names are under the picture instead of at the ends of the lines.
    is_legend_below: bool,
}

const WIDE: Frame = Frame {
    width: 720.0,
    left: 66.0,
    right: 556.0,
    margin: 24.0,
    plot_height: 280.0,
    heading_columns: 78,
    ticks: 8,
    is_legend_below: false,
};
/// Columns of a name under the picture.
const LEGEND_COLUMNS: usize = 42;

const NARROW: Frame = Frame {
    width: 360.0,
    left: 54.0,
    right: 338.0,
    margin: 12.0,
    plot_height: 230.0,
    heading_columns: 36,
    ticks: 4,
    is_legend_below: true,
};

const MARGIN: f64 = 24.0;
const LINE: f64 = 20.0;
const LEGEND_LINE: f64 = 18.0;
const BELOW_PLOT: f64 = 52.0;

/// Right end of a series with its label.
struct End<'s> {
    x: f64,
    y: f64,
    name: String,
    look: Look,
    series: &'s Series,
}

/// Draws the names at the ends of the lines.
fn push_labels(svg: &mut String, frame: &Frame, mut ends: Vec<End<'_>>, (top, bottom): (f64, f64)) {
    let right = frame.right;
    ends.sort_by(|a, b| a.y.total_cmp(&b.y));
    let heights: Vec<f64> = ends.iter().map(|end| end.y).collect();
    for (end, label_y) in ends.iter().zip(spread(&heights, top, bottom)) {
        let Look { hue, color, .. } = end.look;
        let from = if end.x + 6.0 < right { end.x + 6.0 } else { right + 4.0 };
        let tie = path([(from, end.y), (right + 4.0, end.y), (right + 14.0, label_y)].into_iter());
        let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
        let _ = writeln!(
            svg,
            r#"<g><title>{}</title><path class="s{hue}" d="{tie}" fill="none" stroke="{color}" stroke-width="1" stroke-opacity="0.5"/>{}{}</g>"#,
            escape(&end.series.name),
            key(&end.look, end.series.draw, right + 14.0, label_y),
            text(right + 30.0, label_y + 4.0, &ink, &escape(&end.name))
        );
    }
}

/// Sign of a series in the legend, 13 pixels wide.
fn key(look: &Look, draw: Draw, x: f64, y: f64) -> String {
    match draw {
        Draw::Theory => {
            let across = path([(x, y), (x + 13.0, y)].into_iter());
            format!(r#"<path d="{across}" {}/>"#, stroke(look, draw))
        }
        Draw::Line | Draw::Points | Draw::Steps => look.marker(x + 6.0, y),
    }
}

/// Maximum number of points that each have a marker.
const MOST_MARKERS: usize = 16;

/// Maximum number of stretches of a line; of more points, each stretch keeps its lowest and highest.
const MOST_STRETCHES: usize = 400;

fn stroke(look: &Look, draw: Draw) -> String {
    let Look { hue, color, .. } = look;
    match draw {
        Draw::Theory => format!(
            r#"class="s{hue}" fill="none" stroke="{color}" stroke-width="1.4" stroke-dasharray="5 4" stroke-opacity="0.8""#
        ),
        Draw::Line | Draw::Points | Draw::Steps => look.stroke(),
    }
}

/// Corners of the steps between points, where it is a step plot.
fn stepped(points: Vec<(f64, f64)>, draw: Draw) -> Vec<(f64, f64)> {
    if draw != Draw::Steps {
        return points;
    }
    let before = std::iter::once(None).chain(points.iter().map(|point| Some(point.1)));
    let corners = points
        .iter()
        .zip(before)
        .flat_map(|(&(x, y), before)| before.map(|before| (x, before)).into_iter().chain([(x, y)]));
    corners.collect()
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 2 * MOST_STRETCHES {
        return points.to_vec();
    }
    let ends = |stretch: &[(f64, f64)]| {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let low = *stretch.iter().min_by(by_height).expect("a chunk is not empty");
        let high = *stretch.iter().max_by(by_height).expect("a chunk is not empty");
        if low.0 <= high.0 { [low, high] } else { [high, low] }
    };
    points.chunks(points.len().div_ceil(MOST_STRETCHES)).flat_map(ends).collect()
}

/// A tick of an axis: an exponent where the number would be a row of zeros.
fn tick(at: f64, axis: &Axis) -> String {
    let size = at.abs();
    if at == 0.0 || (1e-3..1e5).contains(&size) {
        let decimals = if axis.is_log() {
            (-size.max(1e-12).log10().floor()).clamp(0.0, 12.0) as usize
        } else {
            axis.decimals
        };
        return number::fixed(at, decimals).replace('-', "−");
    }
    significant(at)
}

/// Three significant digits: `0.0123`, `1.23e-5`.
///
/// ```
/// use report::chart::significant;
/// assert_eq!([0.01234, 0.00001234, 1234.5, -2.0, 0.0].map(significant), ["0.0123", "1.23e-5", "1234", "−2.00", "0"]);
/// assert_eq!([0.9996, 99.97].map(significant), ["1.00", "100"]);
/// assert_eq!(significant(f64::INFINITY), "∞");
/// ```
pub fn significant(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        return "0".to_string();
    }
    if !x.is_finite() {
        return number::plain(x);
    }
    let rounded = format!("{size:.2e}");
    let (_, power) = rounded.split_once('e').expect("the form of an exponent");
    let text = match power.parse::<i32>().expect("digits") {
        power @ -3..=2 => format!("{x:.*}", (2 - power) as usize),
        3..=5 => format!("{x:.0}"),
        _ => {
            let text = format!("{x:.2e}");
            let (digits, power) = text.split_once('e').expect("the form of an exponent");
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{digits}e{power}")
        }
    };
    text.replacen('-', if text.starts_with('-') { "−" } else { "-" }, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> Chart {
        Chart {
            title: "A <b> & a title".into(),
            x: ("step".into(), Scale::Linear),
            y: ("loss".into(), Scale::Log),
            series: vec![Series::line("measured", points.clone()), Series::theory("theory", points)],
            marks: vec![Mark::X(2.0, "2/L".into()), Mark::Y(0.1, "floor".into())],
        }
    }

    #[test]
    fn pictures_are_well_formed_whatever_the_numbers() {
        let many = (0..5000).map(|x| (x as f64, 1.0 + (x as f64).sin())).collect();
        for points in [
            vec![],
            vec![(1.0, f64::NAN), (2.0, 0.0)],
            vec![(1.0, 1.0)],
            vec![(0.0, 1e-300), (1.0, 1e300)],
            many,
        ] {
            let chart = chart(points);
            for svg in [chart.svg(), chart.narrow_svg()] {
                roxmltree::Document::parse(&svg).expect(&svg);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                assert!(svg.len() < 100_000, "{} bytes", svg.len());
            }
        }
    }

    #[test]
    fn named_places_are_labeled() {
        let mut chart = chart(vec![(0.0, 1.0), (2.0, 2.0)]);
        chart.x = (String::new(), Scale::Names(["sgd", "a & b", "adam"].map(String::from).into()));
        assert_eq!(chart.limits().expect("points")[0], (-0.5, 2.5));
        for svg in [chart.svg(), chart.narrow_svg()] {
            assert!([">sgd<", ">a &amp; b<", ">adam<"].iter().all(|name| svg.contains(name)), "{svg}");
        }
        assert!(chart.summary().contains("Across: sgd, a & b, adam."));
    }

    #[test]
    fn a_prediction_has_the_look_of_its_measurement() {
        let chart = chart(vec![(1.0, 1.0), (2.0, 2.0)]);
        assert_eq!(chart.look_of(0).hue, chart.look_of(1).hue);
    }

    #[test]
    fn ticks_are_short() {
        let axis = Axis::log(1e-6, 1e6, (0.0, 1.0), 20);
        assert_eq!(
            [1e-6, 0.001, 0.02, 1.0, 100.0, 1e6].map(|at| tick(at, &axis)),
            ["1e-6", "0.001", "0.02", "1", "100", "1e6"]
        );
    }
}
