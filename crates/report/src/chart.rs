//! Charts of measured numbers with the prediction drawn over them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::axis::Axis;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Equal differences at equal distances.
    Linear,
    /// Equal ratios at equal distances; numbers that are not positive are left out.
    Log,
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

impl Series {
    /// A measured line.
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Line }
    }

    /// Measured points.
    pub fn points(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, draw: Draw::Points }
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
        let heading = wrap(&self.title, HEADING_COLUMNS);
        let top = MARGIN + LINE * heading.len() as f64 + 14.0;
        let bottom = top + PLOT_HEIGHT;
        let (width, height) = (WIDTH, bottom + BELOW_PLOT);
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
            svg += &text(MARGIN, MARGIN + LINE * index as f64 + 8.0, &bold, &escape(line));
            svg.push('\n');
        }
        let Some((x, y)) = self.axes((LEFT, RIGHT), (bottom, top)) else {
            let middle = format!(r#"class="soft" fill="{SOFT}" font-size="13" text-anchor="middle""#);
            svg += &text(width / 2.0, (top + bottom) / 2.0, &middle, "Nothing to draw: no value is finite.");
            return svg + "</svg>\n";
        };
        self.push_axes(&mut svg, &x, &y, (top, bottom));
        self.push_marks(&mut svg, &x, &y, (top, bottom));
        self.push_series(&mut svg, &x, &y, (top, bottom));
        svg + "</svg>\n"
    }

    /// Title, axes and the ends of each series, for readers who do not see the picture.
    pub fn summary(&self) -> String {
        let axis = |(name, scale): &(String, Scale)| match scale {
            Scale::Linear => name.clone(),
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
        let fits = |value: f64, scale: Scale| value.is_finite() && (scale == Scale::Linear || value > 0.0);
        fits(x, self.x.1) && fits(y, self.y.1)
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
        let range = |values: &mut dyn Iterator<Item = f64>, scale: Scale| {
            let fits = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
            values
                .filter(fits)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let x = range(&mut points.iter().map(|point| point.0).chain(mark(true)), self.x.1);
        let y = range(&mut points.iter().map(|point| point.1).chain(mark(false)), self.y.1);
        (!points.is_empty()).then_some([x, y])
    }

    fn axes(&self, across: (f64, f64), up: (f64, f64)) -> Option<(Axis, Axis)> {
        let [x, y] = self.limits()?;
        let axis = |(low, high): (f64, f64), scale, pixels, most| match scale {
            Scale::Linear => Axis::linear(low, high, pixels, most),
            Scale::Log if high > low => Axis::log(low, high, pixels, most),
            Scale::Log => Axis::log(low / 2.0, high * 2.0, pixels, most),
        };
        // A little room, so that lines do not lie on the frame.
        let room = |(low, high): (f64, f64), scale| match scale {
            Scale::Linear => (low, high),
            Scale::Log => (low / 1.15, high * 1.15),
        };
        Some((axis(x, self.x.1, across, 8), axis(room(y, self.y.1), self.y.1, up, 7)))
    }

    fn push_axes(&self, svg: &mut String, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) {
        let small = format!(r#"class="soft" fill="{SOFT}" font-size="12""#);
        let (end, middle) =
            (format!(r#"{small} text-anchor="end""#), format!(r#"{small} text-anchor="middle""#));
        for &at in &y.ticks {
            let level = px(y.place(at));
            let _ = writeln!(
                svg,
                r#"<line class="grid" x1="{}" x2="{}" y1="{level}" y2="{level}" stroke="{GRID}"/>"#,
                px(LEFT),
                px(RIGHT)
            );
            *svg += &text(LEFT - 8.0, y.place(at) + 4.0, &end, &tick(at, y));
            svg.push('\n');
        }
        let _ = writeln!(
            svg,
            r#"<line class="base" x1="{}" x2="{}" y1="{b}" y2="{b}" stroke="{BASE}"/>"#,
            px(LEFT),
            px(RIGHT),
            b = px(bottom)
        );
        for &at in &x.ticks {
            *svg += &text(x.place(at), bottom + 17.0, &middle, &tick(at, x));
            svg.push('\n');
        }
        *svg += &text((LEFT + RIGHT) / 2.0, bottom + 36.0, &middle, &escape(&self.x.0));
        *svg += &text(LEFT - 42.0, top - 8.0, &small, &escape(&self.y.0));
        svg.push('\n');
    }

    fn push_marks(&self, svg: &mut String, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) {
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
                    let left = at + 7.0 * width(label) as f64 > RIGHT;
                    let anchor = if left { r#" text-anchor="end""# } else { "" };
                    let place = if left { at - 5.0 } else { at + 5.0 };
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
                        px(LEFT),
                        px(RIGHT),
                        at = px(at)
                    );
                    *svg += &text(LEFT + 6.0, at - 5.0, &over_lines, &escape(label));
                }
            }
            svg.push('\n');
        }
    }

    fn push_series(&self, svg: &mut String, x: &Axis, y: &Axis, (top, bottom): (f64, f64)) {
        let mut ends = vec![];
        let names = labels(self.series.iter().map(|series| series.name.clone()).collect());
        for ((index, series), name) in self.series.iter().enumerate().zip(names) {
            let look = self.look_of(index);
            let place = |&(a, b): &(f64, f64)| (x.place(a), y.place(b).clamp(top - 4.0, bottom + 4.0));
            let drawn: Vec<(f64, f64)> = self.drawn(series).iter().map(place).collect();
            let Some(&(end_x, end_y)) = drawn.last() else { continue };
            match series.draw {
                Draw::Points => drawn.iter().for_each(|&(x, y)| *svg += &look.marker(x, y)),
                Draw::Line | Draw::Theory => {
                    for stretch in self.segments(series) {
                        let points = thinned(&stretch).into_iter().map(|point| place(&point));
                        let _ =
                            writeln!(svg, r#"<path d="{}" {}/>"#, path(points), stroke(&look, series.draw));
                    }
                    if series.draw == Draw::Line && drawn.len() <= MOST_MARKERS {
                        drawn.iter().for_each(|&(x, y)| *svg += &look.marker(x, y));
                    }
                }
            }
            svg.push('\n');
            ends.push((end_x, end_y.clamp(top, bottom), name, look, series));
        }
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let heights: Vec<f64> = ends.iter().map(|end| end.1).collect();
        for ((end_x, end_y, name, look, series), label_y) in ends.iter().zip(spread(&heights, top, bottom)) {
            let Look { hue, color, .. } = look;
            let from = if end_x + 6.0 < RIGHT { end_x + 6.0 } else { RIGHT + 4.0 };
            let tie = path([(from, *end_y), (RIGHT + 4.0, *end_y), (RIGHT + 14.0, label_y)].into_iter());
            let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
            let key = match series.draw {
                Draw::Theory => {
                    let across = path([(RIGHT + 14.0, label_y), (RIGHT + 27.0, label_y)].into_iter());
                    format!(r#"<path d="{across}" {}/>"#, stroke(look, series.draw))
                }
                Draw::Line | Draw::Points => look.marker(RIGHT + 20.0, label_y),
            };
            let _ = writeln!(
                svg,
                r#"<g><title>{}</title><path class="s{hue}" d="{tie}" fill="none" stroke="{color}" stroke-width="1" stroke-opacity="0.5"/>{key}{}</g>"#,
                escape(&series.name),
                text(RIGHT + 30.0, label_y + 4.0, &ink, &escape(name))
            );
        }
    }

    /// Look of a series: a prediction has that of the measurement before it.
    fn look_of(&self, index: usize) -> Look {
        let measured = self.series[..=index].iter().filter(|series| series.draw != Draw::Theory).count();
        look(measured.saturating_sub(1))
    }

    /// Runs of points that have a place.
    fn segments(&self, series: &Series) -> Vec<Vec<(f64, f64)>> {
        let runs = series.points.split(|&point| !self.has_place(point));
        runs.filter(|run| run.len() > 1).map(<[_]>::to_vec).collect()
    }
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 556.0;
const MARGIN: f64 = 24.0;
const LINE: f64 = 20.0;
const PLOT_HEIGHT: f64 = 280.0;
const BELOW_PLOT: f64 = 52.0;
const HEADING_COLUMNS: usize = 78;

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
        Draw::Line | Draw::Points => look.stroke(),
    }
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
    let text = match size.log10().floor() as i32 {
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
            let svg = chart(points).svg();
            roxmltree::Document::parse(&svg).expect(&svg);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.len() < 100_000, "{} bytes", svg.len());
        }
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
