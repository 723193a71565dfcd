//! Learning rate schedules as SVG.

use crate::axis::Axis;
use crate::curves::{path, push_axes, text};
use crate::look::{GROUND, INK, STYLE, escape, look, px};
use crate::number;
use crate::text::wrap;

/// Draws the factor of the learning rate at each step as one SVG file with `name` as its title. The same factors give the same bytes. Factors that are not finite are left out.
///
/// ```
/// let factors: Vec<f64> = (0..100).map(|step| 1.0 - step as f64 / 100.0).collect();
/// assert!(report::schedule_svg("linear", &factors).starts_with("<svg"));
/// ```
pub fn schedule_svg(name: &str, factors: &[f64]) -> String {
    let heading: Vec<String> = wrap(name, HEADING_COLUMNS).iter().map(|line| escape(line)).collect();
    let top = MARGIN + LINE * heading.len() as f64 + 10.0;
    let bottom = top + PLOT_HEIGHT;
    let (width, height) = (RIGHT + 2.0 * MARGIN, bottom + BELOW_PLOT);
    let finite = factors.iter().copied().filter(|factor| factor.is_finite());
    let x = Axis::from_zero(factors.len() as f64, (LEFT, RIGHT), 8);
    let y = Axis::linear(0.0, finite.fold(0.0, f64::max), (bottom, top), 6);

    let mut parts = vec![
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-labelledby="title desc">"#,
            w = px(width),
            h = px(height),
        ),
        format!(r#"<title id="title">{}</title>"#, heading.join(" ")),
        format!(
            r#"<desc id="desc">The factor of the learning rate over {}.</desc>"#,
            number::counted(factors.len(), "step")
        ),
        format!("<style>{STYLE}</style>"),
        format!(r#"<rect class="ground" width="100%" height="100%" fill="{GROUND}"/>"#),
        format!(r#"<g transform="translate({},0)">"#, px(MARGIN)),
    ];
    let title = format!(r#"class="ink" fill="{INK}" font-size="14" font-weight="600""#);
    for (index, line) in heading.iter().enumerate() {
        parts.push(text(0.0, MARGIN + LINE * index as f64 + 8.0, &title, line));
    }
    let tick = |at: f64| number::fixed(at, y.decimals);
    let count =
        |at: f64| if x.decimals == 0 { number::count(at as usize) } else { number::fixed(at, x.decimals) };
    push_axes(&mut parts, (&x, count), (&y, tick), (RIGHT, bottom), "step");
    let corners = corners(factors).into_iter().map(|(step, factor)| (x.place(step), y.place(factor)));
    parts.push(format!(r#"<path d="{}" {}/>"#, path(corners), look(0).stroke()));
    parts.extend(["</g>".to_string(), "</svg>\n".to_string()]);
    parts.join("\n")
}

const LEFT: f64 = crate::panel::LEFT;
const RIGHT: f64 = 660.0;
const MARGIN: f64 = 24.0;
const LINE: f64 = 18.0;
const PLOT_HEIGHT: f64 = 260.0;
const BELOW_PLOT: f64 = 52.0;
const HEADING_COLUMNS: usize = 80;

/// Maximum number of steps drawn one by one; more are drawn as minima and maxima of this many segments.
const STRETCHES: usize = 600;

/// A level line for each step, or for each stretch of many what it reaches down and up to, in order.
fn corners(factors: &[f64]) -> Vec<(f64, f64)> {
    let finite = factors.iter().enumerate().filter(|(_, factor)| factor.is_finite());
    let steps: Vec<(f64, f64)> = finite.map(|(step, factor)| (step as f64, *factor)).collect();
    if steps.len() <= STRETCHES {
        return steps.iter().flat_map(|&(step, factor)| [(step, factor), (step + 1.0, factor)]).collect();
    }
    let reach = |stretch: &[(f64, f64)]| {
        let by_factor = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let low = *stretch.iter().min_by(by_factor).expect("a chunk is not empty");
        let high = *stretch.iter().max_by(by_factor).expect("a chunk is not empty");
        if low.0 <= high.0 { [low, high] } else { [high, low] }
    };
    steps.chunks(steps.len().div_ceil(STRETCHES)).flat_map(reach).collect()
}
