//! The parser of formulas.

use std::iter::Peekable;
use std::str::Chars;

/// Part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Name(String),
    Number(String),
    Operator(String),
    Text(String),
    Group(Vec<Node>),
    Fraction(Vec<Node>, Vec<Node>),
    Root(Vec<Node>),
    Scripts { base: Box<Node>, below: Option<Vec<Node>>, above: Option<Vec<Node>> },
}

/// Commands that are a letter or the name of a function.
const NAMES: [(&str, &str); 31] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("Delta", "Δ"),
    ("epsilon", "ε"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("Sigma", "Σ"),
    ("tau", "τ"),
    ("infty", "∞"),
    ("ell", "ℓ"),
    ("ln", "ln"),
    ("log", "log"),
    ("exp", "exp"),
    ("min", "min"),
    ("max", "max"),
    ("tr", "tr"),
    ("Var", "Var"),
    ("nabla", "∇"),
    ("partial", "∂"),
    ("hat", "ˆ"),
    ("dots", "…"),
    ("emptyset", "∅"),
];

/// Commands that are an operator.
const OPERATORS: [(&str, &str); 14] = [
    ("cdot", "·"),
    ("times", "×"),
    ("le", "≤"),
    ("ge", "≥"),
    ("ne", "≠"),
    ("approx", "≈"),
    ("propto", "∝"),
    ("to", "→"),
    ("in", "∈"),
    ("pm", "±"),
    ("sum", "∑"),
    ("prod", "∏"),
    ("odot", "⊙"),
    ("norm", "‖"),
];

/// Reads a whole formula.
pub(super) fn parse(formula: &str) -> Result<Vec<Node>, String> {
    let mut chars = formula.chars().peekable();
    let nodes = sequence(&mut chars)?;
    match chars.next() {
        None => Ok(nodes),
        Some(other) => Err(format!("unexpected `{other}`")),
    }
}

fn sequence(chars: &mut Peekable<Chars<'_>>) -> Result<Vec<Node>, String> {
    let mut nodes: Vec<Node> = vec![];
    while let Some(&c) = chars.peek() {
        match c {
            '}' => break,
            ' ' => {
                chars.next();
            }
            '^' | '_' => {
                chars.next();
                let script = vec![atom(chars)?];
                let script = match script.as_slice() {
                    [Node::Group(nodes)] => nodes.clone(),
                    _ => script,
                };
                let base = nodes.pop().ok_or_else(|| format!("expected a base before `{c}`"))?;
                let (base, below, above) = match base {
                    Node::Scripts { base, below, above } => (base, below, above),
                    other => (Box::new(other), None, None),
                };
                nodes.push(match c {
                    '_' => Node::Scripts { base, below: Some(script), above },
                    _ => Node::Scripts { base, below, above: Some(script) },
                });
            }
            _ => nodes.push(atom(chars)?),
        }
    }
    Ok(nodes)
}

fn atom(chars: &mut Peekable<Chars<'_>>) -> Result<Node, String> {
    let Some(&c) = chars.peek() else { return Err("expected more".to_string()) };
    match c {
        '{' => Ok(Node::Group(braces(chars)?)),
        '\\' => command(chars),
        '0'..='9' => {
            let mut number = String::new();
            while let Some(&c) = chars.peek().filter(|c| c.is_ascii_digit() || **c == '.') {
                number.push(c);
                chars.next();
            }
            Ok(Node::Number(number))
        }
        '-' => {
            chars.next();
            Ok(Node::Operator("−".to_string()))
        }
        c => {
            chars.next();
            Ok(if c.is_alphabetic() { Node::Name(c.to_string()) } else { Node::Operator(c.to_string()) })
        }
    }
}

fn braces(chars: &mut Peekable<Chars<'_>>) -> Result<Vec<Node>, String> {
    expect(chars, '{')?;
    let nodes = sequence(chars)?;
    expect(chars, '}')?;
    Ok(nodes)
}

fn command(chars: &mut Peekable<Chars<'_>>) -> Result<Node, String> {
    expect(chars, '\\')?;
    let mut name = String::new();
    while let Some(&c) = chars.peek().filter(|c| c.is_ascii_alphabetic()) {
        name.push(c);
        chars.next();
    }
    let listed = |list: &[(&str, &str)]| {
        list.iter().find(|(command, _)| *command == name).map(|(_, text)| text.to_string())
    };
    match name.as_str() {
        "frac" => Ok(Node::Fraction(braces(chars)?, braces(chars)?)),
        "sqrt" => Ok(Node::Root(braces(chars)?)),
        "text" => {
            expect(chars, '{')?;
            let text: String = std::iter::from_fn(|| chars.next_if(|&c| c != '}')).collect();
            expect(chars, '}')?;
            Ok(Node::Text(text))
        }
        _ => match (listed(&NAMES), listed(&OPERATORS)) {
            (Some(text), _) => {
                // The space after the name of a function is part of it.
                let spaced = text.chars().count() > 1 && chars.peek() == Some(&' ');
                Ok(Node::Name(if spaced { text + " " } else { text }))
            }
            (None, Some(text)) => Ok(Node::Operator(text)),
            (None, None) => Err(format!("unknown command `\\{name}`")),
        },
    }
}

fn expect(chars: &mut Peekable<Chars<'_>>, wanted: char) -> Result<(), String> {
    match chars.next() {
        Some(found) if found == wanted => Ok(()),
        Some(found) => Err(format!("expected `{wanted}`, found `{found}`")),
        None => Err(format!("expected `{wanted}` at the end")),
    }
}
