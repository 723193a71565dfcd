//! Text with formulas and code, as HTML with MathML and as plain Unicode.
//!
//! Formulas are between `$` and have the part of LaTeX that lessons need: `\frac`, `\sqrt`, `^`, `_`, Greek
//! letters, operators, `\text{…}`. Code is between backquotes.
//!
//! ```
//! let text = r"stable below $\frac{2(1+\beta)}{L}$, see `sgd`";
//! assert_eq!(lessons::math::plain(text), "stable below 2(1+β)/L, see sgd");
//! assert!(lessons::math::html(text).contains("<mfrac>"));
//! ```

mod parser;

use report::escape;

use parser::{Node, parse};

/// Parts of a text.
enum Part<'t> {
    Text(&'t str),
    Formula(&'t str),
    Code(&'t str),
}

/// The text as HTML, formulas as MathML.
///
/// # Panics
/// If a formula cannot be read; texts are part of the program.
#[track_caller]
pub fn html(text: &str) -> String {
    let part = |part: Part<'_>| match part {
        Part::Text(text) => escape(text),
        Part::Code(code) => format!("<code>{}</code>", escape(code)),
        Part::Formula(formula) => {
            let nodes = parse(formula).unwrap_or_else(|fault| panic!("formula `{formula}`: {fault}"));
            format!("<math>{}</math>", mathml(&nodes))
        }
    };
    parts(text).map(part).collect()
}

/// The text in plain Unicode.
///
/// # Panics
/// As [`html`].
#[track_caller]
pub fn plain(text: &str) -> String {
    let part = |part: Part<'_>| match part {
        Part::Text(text) | Part::Code(text) => text.to_string(),
        Part::Formula(formula) => {
            unicode(&parse(formula).unwrap_or_else(|fault| panic!("formula `{formula}`: {fault}")))
        }
    };
    parts(text).map(part).collect()
}

/// Text outside of marks, formulas and code in turn.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    text.split('$').enumerate().flat_map(|(index, piece)| match index % 2 {
        1 => vec![Part::Formula(piece)],
        _ => piece
            .split('`')
            .enumerate()
            .map(|(index, piece)| if index % 2 == 1 { Part::Code(piece) } else { Part::Text(piece) })
            .collect(),
    })
}

fn mathml(nodes: &[Node]) -> String {
    nodes.iter().map(node_mathml).collect()
}

/// Nodes as one element.
fn row(nodes: &[Node]) -> String {
    match nodes {
        [only] => node_mathml(only),
        _ => format!("<mrow>{}</mrow>", mathml(nodes)),
    }
}

fn node_mathml(node: &Node) -> String {
    match node {
        Node::Name(name) => format!("<mi>{}</mi>", escape(name)),
        Node::Number(number) => format!("<mn>{number}</mn>"),
        Node::Operator(operator) => format!("<mo>{}</mo>", escape(operator)),
        Node::Text(text) => format!("<mtext>{}</mtext>", escape(text)),
        Node::Group(nodes) => format!("<mrow>{}</mrow>", mathml(nodes)),
        Node::Fraction(above, below) => format!("<mfrac>{}{}</mfrac>", row(above), row(below)),
        Node::Root(inside) => format!("<msqrt>{}</msqrt>", mathml(inside)),
        Node::Scripts { base, below, above } => {
            let base = row(std::slice::from_ref(base));
            match (below, above) {
                (Some(below), Some(above)) => {
                    format!("<msubsup>{base}{}{}</msubsup>", row(below), row(above))
                }
                (Some(below), None) => format!("<msub>{base}{}</msub>", row(below)),
                (None, Some(above)) => format!("<msup>{base}{}</msup>", row(above)),
                (None, None) => base,
            }
        }
    }
}

fn unicode(nodes: &[Node]) -> String {
    let mut text = String::new();
    for node in nodes {
        // Relations have spaces around them, as in print.
        match node {
            Node::Operator(operator) if "=≤≥<>≈∝→≠".contains(operator) => {
                text += &format!(" {operator} ")
            }
            Node::Operator(operator) => text += operator,
            Node::Name(name) if name.chars().count() > 1 && text.ends_with(char::is_alphanumeric) => {
                text += &format!(" {name}");
            }
            Node::Name(text_of) | Node::Number(text_of) | Node::Text(text_of) => text += text_of,
            Node::Group(nodes) => text += &unicode(nodes),
            Node::Fraction(above, below) => text += &format!("{}/{}", factor(above), divisor(below)),
            Node::Root(inside) => text += &format!("√{}", factor(inside)),
            Node::Scripts { base, below, above } => {
                text += &unicode(std::slice::from_ref(base));
                if let Some(below) = below {
                    text += &script(below, '_', SUBSCRIPTS);
                }
                if let Some(above) = above {
                    text += &script(above, '^', SUPERSCRIPTS);
                }
            }
        }
    }
    text
}

/// In parentheses unless it is one factor.
fn factor(nodes: &[Node]) -> String {
    let text = unicode(nodes);
    let is_sum = nodes.iter().any(|node| matches!(node, Node::Operator(o) if "+−·=−".contains(o)));
    let is_enclosed = text.starts_with('(') && text.find(')') == Some(text.len() - 1);
    let nested = nodes.iter().any(|node| matches!(node, Node::Fraction(..)));
    // A product with a sum in parentheses, such as 2(1+β), is one factor above a line.
    let depth_zero = {
        let mut depth = 0;
        nodes.iter().any(|node| match node {
            Node::Operator(o) if o == "(" => {
                depth += 1;
                false
            }
            Node::Operator(o) if o == ")" => {
                depth -= 1;
                false
            }
            Node::Operator(o) => depth == 0 && "+−=·".contains(o),
            _ => false,
        })
    };
    if (is_sum && depth_zero || nested) && !is_enclosed { format!("({text})") } else { text }
}

/// In parentheses unless it is one symbol: a product below a line, too.
fn divisor(nodes: &[Node]) -> String {
    let text = factor(nodes);
    if nodes.len() > 1 && text == unicode(nodes) { format!("({text})") } else { text }
}

const SUPERSCRIPTS: (&str, &str) = ("0123456789+−=()niTtxyk", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵗˣʸᵏ");
const SUBSCRIPTS: (&str, &str) = ("0123456789+−=()aeijkmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₘₙₒₚᵣₛₜᵤᵥₓ");

/// Raised or lowered letters where Unicode has them all, or else after a mark.
fn script(nodes: &[Node], mark: char, (letters, shifted): (&str, &str)) -> String {
    let text = unicode(nodes);
    let shift = |c: char| shifted.chars().nth(letters.chars().position(|letter| letter == c)?);
    match text.chars().map(shift).collect::<Option<String>>() {
        Some(shifted) => shifted,
        None if text.chars().count() == 1 => format!("{mark}{text}"),
        None => format!("{mark}({text})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_read_as_in_print() {
        for (formula, text) in [
            (r"\frac{2}{L+m}", "2/(L+m)"),
            (r"\frac{2(1+\beta)}{L(1+2\beta)}", "2(1+β)/(L(1+2β))"),
            (r"(\frac{\sqrt{\kappa}-1}{\sqrt{\kappa}+1})^2", "((√κ−1)/(√κ+1))²"),
            (r"x_{t+1} = x_t - \eta g_t", "xₜ₊₁ = xₜ−ηgₜ"),
            (r"\frac{1-\beta_1^t}{\sqrt{1-\beta_2^t}}", "(1−β₁ᵗ)/√(1−β₂ᵗ)"),
            (r"\eta\sigma^2 \text{ and } 10^{-k}", "ησ² and 10⁻ᵏ"),
            (r"\ln x \le 0.5 \cdot y", "ln x ≤ 0.5·y"),
        ] {
            assert_eq!(plain(&format!("${formula}$")), text);
            let page = html(&format!("${formula}$"));
            roxmltree::Document::parse(&page).expect(&page);
        }
    }

    #[test]
    fn text_is_escaped_and_faults_are_named() {
        assert_eq!(html("a < b & `x > 1`"), "a &lt; b &amp; <code>x &gt; 1</code>");
        for (formula, fault) in [
            (r"\bta", r"unknown command `\bta`"),
            (r"\frac{1}", "expected `{`"),
            ("{x", "expected `}`"),
            ("x}", "unexpected `}`"),
        ] {
            let found = parse(formula).expect_err(formula);
            assert!(found.contains(fault), "{formula}: {found}");
        }
    }
}
