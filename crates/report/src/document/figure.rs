//! A figure of a document: a picture that needs no script, and the numbers from which the page's script draws it again.

use serde::Serialize;

use crate::chart::{Chart, Draw, Mark, Scale, Series};
use crate::text::plain;

/// Figure: a picture, and the numbers in it if there is more to see than the picture shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Figure {
    /// Name; unique in a document, of letters, digits and `-`.
    pub id: String,
    /// The one sentence that it says.
    pub title: String,
    /// Its content for readers who do not see it.
    pub summary: String,
    /// Measures that the axis across can have; the first is that of the picture.
    pub x: Vec<String>,
    /// True if the axis across is logarithmic.
    pub x_log: bool,
    /// Name of the axis up.
    pub y: String,
    /// True if the axis up of the picture is logarithmic.
    pub y_log: bool,
    /// True if values are fractions, shown in percent.
    pub percent: bool,
    /// Lowest and highest value shown at first; what lies outside is cut at the border.
    pub window: Option<(f64, f64)>,
    /// Places on an axis with their names: across, and up.
    pub marks: [Vec<(f64, String)>; 2],
    /// Lines, in the order of the legend.
    pub lines: Vec<FigureLine>,
    /// Sentences under the picture.
    pub notes: Vec<String>,
    /// Picture as an SVG element.
    #[serde(skip)]
    pub svg: String,
}

/// Line of a figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FigureLine {
    /// Name.
    pub name: String,
    /// Look: color, marker and dash.
    pub look: usize,
    /// Appearance: `line`, `points`, `steps`, `theory`.
    pub draw: &'static str,
    /// Places across, a list for each measure of [`Figure::x`].
    pub x: Vec<Vec<f64>>,
    /// Values.
    pub y: Vec<f64>,
    /// Lower border of the band; empty for none.
    pub low: Vec<f64>,
    /// Upper border of the band.
    pub high: Vec<f64>,
    /// Points of the line at which the single runs have values; empty if they are not in the file.
    #[serde(skip)]
    pub at: Vec<usize>,
    /// Single runs.
    #[serde(skip)]
    pub seeds: Vec<SeedLine>,
}

/// Single run of a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeedLine {
    /// Seed.
    pub seed: u64,
    /// Values at [`FigureLine::at`]; NaN where it has none.
    pub y: Vec<f64>,
    /// Seconds at the same places.
    pub seconds: Vec<f64>,
}

impl Figure {
    /// Of a chart; `id` is its name in the document.
    pub fn of_chart(id: &str, chart: &Chart) -> Figure {
        let Chart { title, x, y, series, marks } = chart;
        let mut places = [Vec::new(), Vec::new()];
        for mark in marks {
            match mark {
                Mark::X(at, name) => places[0].push((*at, plain(name))),
                Mark::Y(at, name) => places[1].push((*at, plain(name))),
            }
        }
        let line = |(index, found): (usize, &Series)| {
            let (x, y) = chart.drawn(found).into_iter().unzip();
            let (name, draw) = (plain(&found.name), word(found.draw));
            FigureLine {
                name,
                look: chart.look_of(index).index,
                draw,
                x: vec![x],
                y,
                ..FigureLine::default()
            }
        };
        Figure {
            id: id.to_string(),
            title: title.clone(),
            summary: chart.summary(),
            x: vec![x.0.clone()],
            x_log: x.1 == Scale::Log,
            y: y.0.clone(),
            y_log: y.1 == Scale::Log,
            marks: places,
            lines: series.iter().enumerate().map(line).collect(),
            svg: chart.svg(),
            ..Figure::default()
        }
    }

    /// A picture without numbers to draw it from.
    pub fn picture(id: &str, title: &str, summary: &str, svg: String) -> Figure {
        let [id, title, summary] = [id, title, summary].map(str::to_string);
        Figure { id, title, summary, svg, ..Figure::default() }
    }

    /// True if there are numbers to draw it from.
    pub(super) fn is_drawn(&self) -> bool {
        self.lines.iter().any(|line| !line.y.is_empty())
    }
}

fn word(draw: Draw) -> &'static str {
    match draw {
        Draw::Line => "line",
        Draw::Points => "points",
        Draw::Steps => "steps",
        Draw::Theory => "theory",
    }
}
