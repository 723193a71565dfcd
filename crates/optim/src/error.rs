//! What can be wrong with settings given by name.

use std::fmt;
use std::ops::Range;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// No such rule, schedule, hyperparameter or state array.
    Unknown {
        /// What was looked for: `optimizer`, `hyperparameter of adam`, …
        kind: String,
        /// The name as given.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<String>,
        /// All names that exist.
        known: Vec<String>,
    },
    /// A value outside its range.
    OutOfRange {
        /// The rule or schedule.
        of: String,
        /// The hyperparameter.
        name: String,
        /// The value as given.
        value: String,
        /// The range in words.
        allowed: String,
    },
    /// Values that are each in range but do not go together.
    Conflict {
        /// The rule.
        of: String,
        /// What does not go together, and what to do.
        why: String,
    },
    /// Text that is no `name=value`.
    Syntax {
        /// The part that is not understood.
        text: String,
        /// What was expected in its place.
        expected: String,
    },
    /// A mistake in a text of several parts; below the message stand the text and carets under the place.
    At {
        /// The whole text.
        text: String,
        /// The bytes of it that are wrong.
        place: Range<usize>,
        /// What is wrong with them.
        what: Box<Error>,
    },
    /// A file that is no state dict.
    File {
        /// What is wrong with it.
        why: String,
    },
    /// A state dict of another optimizer.
    State {
        /// What differs.
        why: String,
    },
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown { kind, name, nearest, .. } => {
                write!(f, "there is no {kind} `{}`{}", short(name), suggestion(nearest))
            }
            Error::OutOfRange { of, name, value, allowed } => {
                write!(f, "{of}: {name}={} is not allowed: {name} is {allowed}", short(value))
            }
            Error::Conflict { of, why } => write!(f, "{of}: {why}"),
            Error::Syntax { text, expected } => write!(f, "`{}` is not understood: {expected}", short(text)),
            Error::At { text, place, what } => write!(f, "{what}{}", below(text, place)),
            Error::File { why } => write!(f, "this is no optimizer's state: {}", cut(why, MOST_TEXT)),
            Error::State { why } => write!(f, "this state does not fit: {}", cut(why, MOST_TEXT)),
        }
    }
}

impl Error {
    /// An unknown name, with the nearest of those that exist.
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

    /// Values of `of` that do not go together.
    pub(crate) fn conflict(of: &str, why: impl Into<String>) -> Error {
        Error::Conflict { of: of.to_string(), why: why.into() }
    }

    /// A recipe whose parts do not stand as they should.
    pub(crate) fn recipe(why: impl Into<String>) -> Error {
        Error::Conflict { of: "recipe".to_string(), why: why.into() }
    }

    /// The same with the text in which it was made, and the bytes of it that are wrong.
    #[must_use]
    pub fn at(self, text: &str, place: Range<usize>) -> Error {
        Error::At { text: text.to_string(), place, what: Box::new(self) }
    }

    /// The same as a mistake in a longer text, of which the one in which it was made begins at byte `start`.
    #[must_use]
    pub fn within(self, text: &str, start: usize) -> Error {
        match self {
            Error::At { place, what, .. } => what.at(text, start + place.start..start + place.end),
            other => other,
        }
    }

    /// The same without the text in which it was made.
    #[must_use]
    pub fn without_place(self) -> Error {
        match self {
            Error::At { what, .. } => what.without_place(),
            other => other,
        }
    }

    /// The next step for a person, beside the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Unknown { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Error::At { what, .. } => what.hint(),
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

/// As much of a name as a message shows.
fn short(text: &str) -> String {
    cut(text, MOST_NAME)
}

/// At most so many characters, none of which moves the cursor: names in a text may come from a file.
fn cut(text: &str, most: usize) -> String {
    let shown = text.chars().take(most).map(|c| if steers(c) { '\u{fffd}' } else { c });
    shown.chain(text.chars().nth(most).map(|_| '…')).collect()
}

/// The line around a place and carets under it, each on a line of its own; nothing where the place is
/// the whole text.
fn below(text: &str, place: &Range<usize>) -> String {
    if place.len() == text.trim().len() || text.trim().is_empty() {
        return String::new();
    }
    let columns = |bytes: usize| text.char_indices().take_while(|(at, _)| *at < bytes).count();
    let (start, end) = (columns(place.start), columns(place.end));
    let line: Vec<char> = text.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
    // What does not fit is left out on both sides, so that the place is seen.
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

/// Whether a character moves the cursor or turns the line.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters of a name that a message shows.
const MOST_NAME: usize = 60;
/// Characters of a reason that a message shows.
const MOST_TEXT: usize = 800;
/// Columns of the line around a place; with those before it and a caret behind it, at most 80.
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
