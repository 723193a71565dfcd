//! Paths of optimizers on a function of two numbers: a picture with contours, and a page that plays them.

mod live;

use std::fmt::Write;

use serde::Serialize;

use crate::curves::{path, text};
use crate::look::{BASE, GRID, GROUND, INK, SOFT, STYLE, escape, look, px};
use crate::number::shortest;
use crate::text::{shorten, wrap};

pub use self::live::{Entrant, Live};

const PAGE_STYLE: &str = include_str!("race/page.css");
const PAGE_SCRIPT: &str = include_str!("race/page.js");

/// Paths of several recipes over the same function from the same start.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Race {
    /// Name of the function.
    pub function: String,
    /// The function as the literature writes it.
    pub formula: String,
    /// The ranges of x and y.
    pub domain: [[f64; 2]; 2],
    /// Points where the function is least.
    pub minima: Vec<[f64; 2]>,
    /// Values on a square grid over the domain, row by row from the lowest y.
    #[serde(skip)]
    pub grid: Vec<Vec<f64>>,
    /// Standard deviation of the noise that is added to each number of a gradient.
    pub noise: f64,
    /// The same recipes under each choice of rates.
    pub heats: Vec<Heat>,
    /// Path that a formula predicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
}

/// Predicted path of one of the recipes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The formula in words.
    pub label: String,
    /// Predicted points before each step, and the last one.
    pub path: Vec<[f64; 2]>,
}

/// Paths under one choice of rates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heat {
    /// Choice in a few words: `the same rate, 0.001`.
    pub rates: String,
    /// One path a recipe.
    pub lanes: Vec<Lane>,
}

/// Path of one recipe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Recipe with its rate.
    pub recipe: String,
    /// Points before each step, and the last one; ends early where a number is not finite.
    pub steps: Vec<Step>,
}

/// A point of a path and the step from it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The point.
    pub at: [f64; 2],
    /// Value of the function.
    pub value: f64,
    /// Gradient with its noise.
    pub gradient: [f64; 2],
    /// Difference to the next point; zero at the last.
    pub update: [f64; 2],
    /// Arrays of the optimizer's state after the step, by name: `m`, `v`.
    pub state: Vec<(String, [f64; 2])>,
}

impl Race {
    /// The paths of a heat over contours, as one SVG file; light or dark by the reader's preference.
    ///
    /// # Panics
    /// If the index is not that of a heat.
    pub fn svg(&self, heat: usize) -> String {
        let heat = &self.heats[heat];
        let words = self
            .prediction
            .as_ref()
            .map_or(vec![], |found| wrap(&format!("prediction: {}", found.label), 76));
        let height = TOP + SIDE + 44.0 + LEGEND_LINE * (heat.lanes.len() + words.len()) as f64;
        let noise =
            if self.noise > 0.0 { format!(", noise {}", shortest(self.noise)) } else { String::new() };
        let title = format!("{} ({}{noise})", self.function, heat.rates);
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{}">"#,
            escape(&self.summary(heat)),
            w = px(WIDTH),
            h = px(height),
        );
        let _ = writeln!(
            svg,
            "\n<style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"{GROUND}\"/>"
        );
        let bold = format!(r#"class="ink" fill="{INK}" font-size="15" font-weight="600""#);
        svg += &text(LEFT, 26.0, &bold, &escape(&shorten(&title, 66)));
        svg += &self.ground();
        for (index, lane) in heat.lanes.iter().enumerate() {
            let look = look(index);
            let points = lane.steps.iter().map(|step| self.place(step.at));
            let _ = writeln!(svg, r#"<path d="{}" {}/>"#, path(points), look.stroke());
            if let Some(last) = lane.steps.last() {
                let (x, y) = self.place(last.at);
                svg += &look.marker(x, y);
            }
            let y = TOP + SIDE + 44.0 + LEGEND_LINE * index as f64;
            let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
            let end = lane.steps.last().map_or(f64::NAN, |step| step.value);
            let label = format!("{}: {}", lane.recipe, crate::chart::significant(end));
            svg += &look.marker(LEFT + 6.0, y);
            svg += &text(LEFT + 18.0, y + 4.0, &ink, &escape(&shorten(&label, 76)));
            svg.push('\n');
        }
        svg += &self.predicted();
        for (index, line) in words.iter().enumerate() {
            let y = TOP + SIDE + 44.0 + LEGEND_LINE * (heat.lanes.len() + index) as f64;
            let ink = format!(r#"class="ink" fill="{INK}" font-size="12""#);
            svg += &text(LEFT + 18.0, y + 4.0, &ink, &escape(line));
            if index == 0 {
                svg += &dashed(&path([(LEFT, y), (LEFT + 13.0, y)].into_iter()));
            }
            svg.push('\n');
        }
        svg + "</svg>\n"
    }

    /// The predicted path, dashed.
    fn predicted(&self) -> String {
        let Some(prediction) = &self.prediction else { return String::new() };
        dashed(&path(prediction.path.iter().map(|&at| self.place(at)))) + "\n"
    }

    /// The race as one HTML page that makes no request: play, scrub, and look into a step.
    pub fn page(&self) -> String {
        self.html("", "")
    }

    /// The same with paths that the page computes from any start, at any rate.
    pub fn live_page(&self, live: &Live) -> String {
        self.html(Live::CONTROLS, &live.script(self))
    }

    fn html(&self, controls: &str, script: &str) -> String {
        let data = serde_json::to_string(self).expect("plain data").replace('<', "\\u003c");
        let looks: Vec<(usize, &str)> = (0..24).map(|index| (look(index).hue, look(index).color)).collect();
        let looks = serde_json::to_string(&looks).expect("plain data");
        let switch: String = self
            .heats
            .iter()
            .enumerate()
            .map(|(index, heat)| {
                let checked = if index == 0 { " checked=\"checked\"" } else { "" };
                format!(
                    "<label><input type=\"radio\" name=\"heat\" value=\"{index}\"{checked}/> <span>{}</span></label>",
                    escape(&heat.rates)
                )
            })
            .collect();
        let ground = format!(
            "<svg id=\"board\" xmlns=\"http://www.w3.org/2000/svg\" class=\"curves\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\
             <style>{STYLE}</style>{}<g id=\"paths\"></g><g id=\"predicted\">{}</g></svg>",
            px(WIDTH),
            px(TOP + SIDE + 40.0),
            escape(&format!("Contours of {} with the paths of the optimizers", self.function)),
            self.ground(),
            self.predicted(),
        );
        let prediction = self.prediction.as_ref().map_or(String::new(), |prediction| {
            format!("<p>Prediction (dashed): {}.</p>\n", escape(&prediction.label))
        });
        let frame = serde_json::json!({ "left": LEFT, "top": TOP, "side": SIDE });
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <title>Race on {name}</title>\n<style>\n{PAGE_STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>Race on {name}</h1>\n<p>{formula}</p>\n{prediction}\
             <fieldset id=\"heats\"><legend>Rates</legend>{switch}</fieldset>\n\
             {controls}{ground}\n\
             <div id=\"controls\"><button id=\"play\" type=\"button\">Play</button>\
             <button id=\"back\" type=\"button\">−1</button><button id=\"next\" type=\"button\">+1</button>\
             <input id=\"scrub\" type=\"range\" min=\"0\" value=\"0\" aria-label=\"step\"/><output id=\"step\"></output></div>\n\
             <div id=\"lanes\"></div>\n</main>\n\
             <script>\nconst race = {data};\nconst looks = {looks};\nconst frame = {frame};\n{PAGE_SCRIPT}{script}</script>\n\
             </body>\n</html>\n",
            name = escape(&self.function),
            formula = escape(&self.formula),
        )
    }

    /// The ends of the paths, for readers who do not see the picture.
    fn summary(&self, heat: &Heat) -> String {
        let ends = heat.lanes.iter().map(|lane| {
            let end = lane.steps.last().map_or(f64::NAN, |step| step.value);
            format!(" {} ends at {}.", lane.recipe, crate::chart::significant(end))
        });
        format!("Paths on {}, {}.{}", self.function, heat.rates, ends.collect::<String>())
    }

    /// Pixels of a point; one outside of the picture lies on its edge.
    fn place(&self, [x, y]: [f64; 2]) -> (f64, f64) {
        let fraction = |value: f64, [low, high]: [f64; 2]| ((value - low) / (high - low)).clamp(0.0, 1.0);
        let [across, up] = [fraction(x, self.domain[0]), fraction(y, self.domain[1])];
        (LEFT + SIDE * across, TOP + SIDE * (1.0 - up))
    }

    /// Frame, contours, minima and the ends of the axes.
    fn ground(&self) -> String {
        let mut svg = format!(
            r#"<rect class="grid" x="{}" y="{}" width="{s}" height="{s}" fill="none" stroke="{GRID}"/>"#,
            px(LEFT),
            px(TOP),
            s = px(SIDE)
        );
        for level in levels(&self.grid) {
            let lines: String = contour(&self.grid, level)
                .into_iter()
                .map(|ends| path(ends.map(|at| self.on_grid(at)).into_iter()))
                .collect();
            let _ = write!(
                svg,
                r#"<path class="base" d="{lines}" fill="none" stroke="{BASE}" stroke-width="1" stroke-opacity="0.8"/>"#
            );
        }
        let small = format!(r#"class="soft" fill="{SOFT}" font-size="12""#);
        let [[left, right], [bottom, top]] = self.domain;
        let end = format!(r#"{small} text-anchor="end""#);
        svg += &text(LEFT, TOP + SIDE + 17.0, &small, &format!("x = {}", edge(left)));
        svg += &text(LEFT + SIDE, TOP + SIDE + 17.0, &end, &edge(right));
        svg += &text(LEFT - 8.0, TOP + SIDE, &end, &format!("y = {}", edge(bottom)));
        svg += &text(LEFT - 8.0, TOP + 12.0, &end, &edge(top));
        for &minimum in &self.minima {
            let (x, y) = self.place(minimum);
            let _ = write!(
                svg,
                r#"<g><title>minimum</title><path class="base" d="M{},{}l8,8m0,-8l-8,8" stroke="{INK}" stroke-width="1.6"/></g>"#,
                px(x - 4.0),
                px(y - 4.0)
            );
        }
        svg + "\n"
    }

    /// Pixels of a place between the points of the grid.
    fn on_grid(&self, (column, row): (f64, f64)) -> (f64, f64) {
        let last = (self.grid.len() - 1) as f64;
        (LEFT + SIDE * column / last, TOP + SIDE * (1.0 - row / last))
    }
}

/// Text of an end of an axis: as it is if it has three decimals or fewer, else rounded.
fn edge(x: f64) -> String {
    if x.abs() < 1e6 && (x * 1000.0).fract() == 0.0 { x.to_string() } else { crate::chart::significant(x) }
}

/// A predicted line.
fn dashed(line: &str) -> String {
    format!(
        r#"<path class="base" d="{line}" fill="none" stroke="{INK}" stroke-width="1.4" stroke-dasharray="5 4"/>"#
    )
}

const WIDTH: f64 = 640.0;
const LEFT: f64 = 72.0;
const TOP: f64 = 44.0;
const SIDE: f64 = 540.0;
const LEGEND_LINE: f64 = 18.0;

/// Number of contours.
const LEVELS: usize = 16;

/// Levels of the contours: at equal ratios above the lowest value of the grid, from where the lowest fiftieth of the
/// picture is to where nine tenths are, so that a narrow valley is wider than the grid's cells.
pub fn levels(grid: &[Vec<f64>]) -> Vec<f64> {
    let mut values: Vec<f64> = grid.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let Some(&least) = values.first() else { return vec![] };
    let quantile = |fraction: f64| values[(fraction * (values.len() - 1) as f64) as usize] - least;
    let high = quantile(0.9);
    let low = quantile(0.02).max(1e-4 * high);
    if !(high > low && low > 0.0) {
        return vec![];
    }
    let level = |index: usize| low * (high / low).powf(index as f64 / (LEVELS - 1) as f64);
    (0..LEVELS).map(|index| least + level(index)).collect()
}

/// Line pieces of a contour by marching squares, in columns and rows of the grid.
pub fn contour(grid: &[Vec<f64>], level: f64) -> Vec<[(f64, f64); 2]> {
    let mut pieces = vec![];
    for (row, pair) in grid.windows(2).enumerate() {
        for column in 0..pair[0].len() - 1 {
            // Corners counterclockwise from the lower left.
            let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
            let values = corners.map(|(column, row)| grid[row][column] - level);
            if values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let mut crossings = vec![];
            for side in 0..4 {
                let (a, b) = (values[side], values[(side + 1) % 4]);
                if (a > 0.0) != (b > 0.0) {
                    let along = a / (a - b);
                    let [from, to] =
                        [corners[side], corners[(side + 1) % 4]].map(|(c, r)| (c as f64, r as f64));
                    crossings.push((from.0 + along * (to.0 - from.0), from.1 + along * (to.1 - from.1)));
                }
            }
            pieces.extend(crossings.chunks_exact(2).map(|ends| [ends[0], ends[1]]));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn race(name: &str) -> Race {
        let grid =
            (0..21).map(|y| (0..21).map(|x| f64::from((x - 10) * (x - 10) + (y - 10) * (y - 10))).collect());
        let step = |x: f64| Step {
            at: [x, x],
            value: 2.0 * x * x,
            gradient: [2.0 * x; 2],
            update: [-0.1; 2],
            state: vec![("m".into(), [0.1; 2])],
        };
        let lane = Lane { recipe: name.into(), steps: vec![step(1.0), step(0.5)] };
        Race {
            function: name.into(),
            formula: "x² + y²".into(),
            domain: [[-1.0, 1.0]; 2],
            minima: vec![[0.0, 0.0]],
            grid: grid.collect(),
            noise: 0.0,
            heats: vec![Heat { rates: "the same rate".into(), lanes: vec![lane] }],
            prediction: Some(Prediction {
                label: "x < 1 & so on".into(),
                path: vec![[0.0, 0.0], [0.5, 0.5]],
            }),
        }
    }

    fn live(name: &str) -> Live {
        let kernel = crate::browser::Kernel {
            rule: 0,
            settings: vec![0.1],
            max_norm: None,
            recipe: name.into(),
            arrays: vec![name.into()],
            factors: vec![],
        };
        Live {
            function: 0,
            steps: 1,
            noise: 0.0,
            normals: vec![],
            rates: vec![0.1],
            entrants: vec![Entrant { recipe: name.into(), kernel: Some(kernel), keeps_rate: false }],
            lr: None,
            shown: 0.1,
            kept: name.into(),
        }
    }

    #[test]
    fn a_contour_of_a_circle_has_its_radius() {
        let pieces = contour(&race("sgd").grid, 25.0);
        assert!(pieces.len() > 20);
        for (x, y) in pieces.into_iter().flatten() {
            assert!(((x - 10.0).hypot(y - 10.0) - 5.0).abs() < 0.06, "({x}, {y})");
        }
    }

    #[test]
    fn pictures_and_pages_are_well_formed_and_make_no_request() {
        for name in ["sgd", "</script><b> & \"quoted\""] {
            let race = race(name);
            roxmltree::Document::parse(&race.svg(0)).expect("an SVG file");
            for page in [race.page(), race.live_page(&live(name))] {
                assert_eq!(page.matches("</script>").count(), 1, "{name}");
                assert!(!page.contains("<b>"), "{name}");
                assert!(!page.replace("http://www.w3.org/2000/svg", "").contains("http"), "{name}");
                let markup = page.split("<script>").next().expect("a page").replace("<!DOCTYPE html>", "");
                roxmltree::Document::parse(&(markup + "</body></html>")).expect("well-formed");
            }
        }
    }
}
