//! Numbers for the page's script, in as few digits as a picture shows.

use std::fmt::Write;

use super::{Document, Figure, FigureLine};
use crate::look::{look, px};

/// Digits of a number in a picture.
const DIGITS: usize = 5;

/// Figures and looks as JSON that cannot end its script element.
pub(super) fn figures(document: &Document) -> String {
    let figures: Vec<&Figure> = document.figures().into_iter().filter(|figure| figure.is_drawn()).collect();
    let most = figures.iter().flat_map(|figure| &figure.lines).map(|line| line.look + 1).max().unwrap_or(0);
    let looks = joined((0..most).map(look_of));
    format!("{{\"looks\":[{looks}],\"figures\":[{}]}}", joined(figures.into_iter().map(figure)))
}

/// The looks of lines as JSON, in the order in which they are used: color on a light ground, number of the class with the
/// color for either ground (`s0` for strokes, `f0` for fills, below `.curves`), dash, and corners of the marker.
pub fn looks() -> String {
    format!("[{}]", joined((0..24).map(look_of)))
}

/// The single runs of a figure, line by line; `None` without any. Read by the script only when they are asked for.
pub(super) fn seeds(figure: &Figure) -> Option<String> {
    let line = |line: &FigureLine| {
        let at = joined(line.at.iter().map(usize::to_string));
        let seeds = line.seeds.iter().map(|run| {
            format!("{{\"seed\":{},\"y\":{},\"t\":{}}}", run.seed, numbers(&run.y), numbers(&run.seconds))
        });
        format!("{{\"at\":[{at}],\"seeds\":[{}]}}", joined(seeds))
    };
    let some = figure.lines.iter().any(|line| !line.seeds.is_empty());
    some.then(|| format!("[{}]", joined(figure.lines.iter().map(line))))
}

fn figure(figure: &Figure) -> String {
    let Figure { id, title, summary, x, x_log, y, y_log, percent, window, marks, lines, notes, .. } = figure;
    let marks = marks.each_ref().map(|marks| {
        let mark = |(at, name): &(f64, String)| format!("[{},{}]", number(*at), string(name));
        format!("[{}]", joined(marks.iter().map(mark)))
    });
    let window =
        window.map_or("null".to_string(), |(low, high)| format!("[{},{}]", number(low), number(high)));
    format!(
        "{{\"id\":{},\"title\":{},\"summary\":{},\"x\":[{}],\"xLog\":{x_log},\"y\":{},\"yLog\":{y_log},\
         \"percent\":{percent},\"window\":{window},\"marks\":[{}],\"notes\":[{}],\"lines\":[{}]}}",
        string(id),
        string(title),
        string(summary),
        joined(x.iter().map(|name| string(name))),
        string(y),
        marks.join(","),
        joined(notes.iter().map(|note| string(note))),
        joined(lines.iter().map(line)),
    )
}

fn line(line: &FigureLine) -> String {
    let FigureLine { name, look, draw, x, y, low, high, .. } = line;
    format!(
        "{{\"name\":{},\"look\":{look},\"draw\":\"{draw}\",\"x\":[{}],\"y\":{},\"low\":{},\"high\":{}}}",
        string(name),
        joined(x.iter().map(|measure| numbers(measure))),
        numbers(y),
        numbers(low),
        numbers(high),
    )
}

fn look_of(index: usize) -> String {
    let look = look(index);
    let corners = look.corners().iter().map(|(x, y)| format!("[{},{}]", px(*x), px(*y)));
    format!(
        "{{\"hue\":{},\"color\":\"{}\",\"dash\":\"{}\",\"marker\":[{}]}}",
        look.hue,
        look.color,
        look.dash,
        joined(corners)
    )
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

fn numbers(values: &[f64]) -> String {
    let mut text = "[".to_string();
    for (place, &value) in values.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{}", number(value));
    }
    text + "]"
}

/// A number to [`DIGITS`] digits; `null` for one that is none.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_string();
    }
    let short: f64 = format!("{value:.*e}", DIGITS - 1).parse().expect("a number as printed");
    let text = format!("{short:?}");
    text.trim_end_matches(".0").to_string()
}

/// JSON of a text that cannot end its script element.
fn string(text: &str) -> String {
    serde_json::to_string(text)
        .expect("a text")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_its_script() {
        for text in ["</script><!--", "&amp;", "\u{2028}\u{2029}"] {
            let json = string(text);
            assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn numbers_have_five_digits() {
        assert_eq!(
            numbers(&[0.123456789, 1234567.0, 2.0, f64::NAN, -1e-30]),
            "[0.12346,1234600,2,null,-1e-30]"
        );
    }
}
