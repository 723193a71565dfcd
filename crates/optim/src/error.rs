//! Errors of settings, recipes and states.

use std::fmt;
use std::ops::Range;

/// Invalid setting, recipe or state.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Unknown name.
    Unknown {
        /// Kind of name: `optimizer`, `hyperparameter of adam`, …
        kind: String,
        /// Name as given.
        name: String,
        /// Most similar name, if one is similar.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// Value out of range.
    OutOfRange {
        /// Rule, wrapper or schedule.
        of: String,
        /// Hyperparameter.
        name: String,
        /// Value as given.
        value: String,
        /// Range in words, as in `expected lr to be …`.
        allowed: String,
    },
    /// Conflict between values that are each in range.
    Conflict {
        /// Rule, wrapper or schedule.
        of: String,
        /// Conflict, and its solution.
        why: String,
    },
    /// Syntax error.
    Syntax {
        /// Part that is not understood.
        text: String,
        /// Expected text, as in `expected …, found …`.
        expected: String,
    },
    /// Error with its place: below the message are the text and carets under the place.
    At {
        /// Whole text.
        text: String,
        /// Bytes at fault.
        range: Range<usize>,
        /// Error there.
        error: Box<Error>,
    },
    /// Invalid file of a state.
    File {
        /// Fault.
        why: String,
    },
    /// State of another optimizer.
    State {
        /// Difference.
        why: String,
    },
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown { kind, name, nearest, .. } => {
                write!(f, "unknown {kind} `{}`{}", short(name), suggestion(nearest))
            }
            Error::OutOfRange { of, name, value, allowed } => {
                write!(f, "{of}: expected {name} to be {allowed}, found {}", short(value))
            }
            Error::Conflict { of, why } => write!(f, "{of}: {}", cut(why, MAX_TEXT)),
            Error::Syntax { text, expected } => write!(f, "expected {expected}, found `{}`", short(text)),
            Error::At { text, range, error } => write!(f, "{error}{}", below(text, range)),
            Error::File { why } => write!(f, "invalid optimizer state: {}", cut(why, MAX_TEXT)),
            Error::State { why } => write!(f, "incompatible optimizer state: {}", cut(why, MAX_TEXT)),
        }
    }
}

impl Error {
    /// Unknown name, with the nearest of the known ones.
    pub fn unknown(
        kind: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Error {
        let known: Vec<String> = known.into_iter().map(str::to_string).collect();
        let given = short(name).to_lowercase();
        let similar = known.iter().map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &given), k)).min();
        let nearest = similar.filter(|(distance, k)| *distance <= 1 + k.len() / 4).map(|(_, k)| k.clone());
        Error::Unknown { kind: kind.into(), name: name.to_string(), nearest, known }
    }

    /// Conflict between values of `of`.
    pub(crate) fn conflict(of: &str, why: impl Into<String>) -> Error {
        Error::Conflict { of: of.to_string(), why: why.into() }
    }

    /// Error in the structure of a recipe.
    pub(crate) fn recipe(why: impl Into<String>) -> Error {
        Error::Conflict { of: "recipe".to_string(), why: why.into() }
    }

    /// Adds the text with the error and the bytes at fault.
    #[must_use]
    pub fn at(self, text: &str, range: Range<usize>) -> Error {
        Error::At { text: text.to_string(), range, error: Box::new(self) }
    }

    /// Moves the place to a longer text, in which the text with the error begins at byte `start`.
    #[must_use]
    pub fn within(self, text: &str, start: usize) -> Error {
        match self {
            Error::At { range, error, .. } => error.at(text, start + range.start..start + range.end),
            other => other,
        }
    }

    /// Removes the text and the place.
    #[must_use]
    pub fn without_place(self) -> Error {
        match self {
            Error::At { error, .. } => error.without_place(),
            other => other,
        }
    }

    /// Next step for the user, in addition to the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Unknown { known, .. } => Some(format!("expected one of: {}", known.join(", "))),
            Error::At { error, .. } => error.hint(),
            Error::Conflict { of, .. } if of == "recipe" => {
                Some("a recipe reads like `sam(adamw lr=3e-3) rho=0.1, cosine warmup=5%, clip=1`".to_string())
            }
            _ => None,
        }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

/// Name, shortened for a message.
fn short(text: &str) -> String {
    cut(text, MAX_NAME)
}

/// Text of at most `max` characters, none of which moves the cursor: names may come from a file.
fn cut(text: &str, max: usize) -> String {
    let shown = text.chars().take(max).map(|c| if moves_cursor(c) { '\u{fffd}' } else { c });
    shown.chain(text.chars().nth(max).map(|_| '…')).collect()
}

/// Text around a place and carets under it, on two lines; nothing where the place is the whole text.
fn below(text: &str, range: &Range<usize>) -> String {
    if range.len() == text.trim().len() || text.trim().is_empty() {
        return String::new();
    }
    let columns = |bytes: usize| text.char_indices().take_while(|(at, _)| *at < bytes).count();
    let (start, end) = (columns(range.start), columns(range.end));
    let line: Vec<char> = text.chars().map(|c| if moves_cursor(c) { ' ' } else { c }).collect();
    // Both ends are cut, so that the place is visible.
    let first = if line.len() < COLUMNS || start < COLUMNS / 2 { 0 } else { start - COLUMNS / 2 };
    let last = line.len().min(first + COLUMNS);
    let mut shown: Vec<char> = line[first..last].to_vec();
    if first > 0 {
        shown[0] = '…';
    }
    if last < line.len() {
        shown[last - first - 1] = '…';
    }
    let shown: String = shown.into_iter().collect();
    let carets = "^".repeat(end.clamp(start, last).saturating_sub(start).max(1));
    format!("\n  {}\n  {}{carets}", shown.trim_end(), " ".repeat(start - first))
}

/// Tells whether a character moves the cursor or reverses the line.
fn moves_cursor(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Maximum number of characters of a name in a message.
const MAX_NAME: usize = 60;
/// Maximum number of characters of a reason in a message.
const MAX_TEXT: usize = 800;
/// Columns of the text around a place; with the indentation and a caret at the end, at most 80.
const COLUMNS: usize = 76;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_shown_within_80_columns() {
        assert_eq!(below("adam, cosin", &(6..11)), "\n  adam, cosin\n        ^^^^^");
        assert_eq!(below("adam, ", &(5..5)), "\n  adam,\n       ^");
        assert_eq!(below("adm ", &(0..3)), "");
        assert_eq!(below("ä\tß x", &(3..5)), "\n  ä ß x\n    ^");
        let long = format!("{} here {}", "a".repeat(100), "b".repeat(100));
        let shown = below(&long, &(101..105));
        let [_, line, carets] = shown.split('\n').collect::<Vec<_>>()[..] else { panic!("{shown}") };
        assert!(line.starts_with("  …aaa") && line.ends_with("bbb…"), "{line}");
        assert_eq!(line.find("here").map(|at| at - "…".len() + 1), carets.find("^^^^"));
        for place in [0..long.len() - 1, 100..206, 205..206, 206..206] {
            assert!(below(&long, &place).lines().all(|line| line.chars().count() <= 80), "{place:?}");
        }
    }
}
