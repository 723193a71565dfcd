//! The words and marks of a recipe, each with its place.

use std::ops::Range;

use crate::error::Error;

/// A word or a mark.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    /// Its bytes in the whole text.
    pub(crate) place: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything up to the next space or mark; marks between quotes belong to it.
    Word,
    /// `,`
    Comma,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `:`
    Colon,
}

/// What is wrong at a place of a text.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) place: Range<usize>,
    pub(crate) error: Box<Error>,
}

/// More bytes than a recipe has, and few enough to be read at once.
const MOST_BYTES: usize = 1 << 16;

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Mistake> {
    if text.len() > MOST_BYTES {
        let why = format!("it has {} bytes, and at most {MOST_BYTES} are read", text.len());
        return Err(Mistake::new(0..0, Error::recipe(why)));
    }
    let mut tokens = vec![];
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let kind = match c {
            c if c.is_whitespace() => continue,
            c => mark(c).unwrap_or(Kind::Word),
        };
        let mut quoted = (c == '"').then_some(start);
        while let Some(&(at, c)) = chars.peek()
            && kind == Kind::Word
            && (quoted.is_some() || !(c.is_whitespace() || mark(c).is_some()))
        {
            if c == '"' {
                quoted = if quoted.is_some() { None } else { Some(at) };
            }
            chars.next();
        }
        if let Some(open) = quoted {
            return Err(Mistake::new(open..open + 1, Error::recipe("this quote has no end")));
        }
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, text: &text[start..end], place: start..end });
    }
    Ok(tokens)
}

fn mark(c: char) -> Option<Kind> {
    match c {
        ',' => Some(Kind::Comma),
        '(' => Some(Kind::Open),
        ')' => Some(Kind::Close),
        ':' => Some(Kind::Colon),
        _ => None,
    }
}

impl<'t> Token<'t> {
    /// Splits `name=value`.
    pub(crate) fn setting(&self) -> Option<(&'t str, &'t str)> {
        self.text.split_once('=').filter(|_| !self.text.starts_with('"'))
    }

    /// The name in `name=value`, or all of it.
    pub(crate) fn name(&self) -> &'t str {
        self.setting().map_or(self.text, |(name, _)| name)
    }

    /// The error, at this token.
    pub(crate) fn wrong(&self, error: Error) -> Mistake {
        // An unknown name is the place, not the value behind it.
        let place = match &error {
            Error::Unknown { .. } => self.place.start..self.place.start + self.name().len(),
            _ => self.place.clone(),
        };
        Mistake::new(place, error)
    }

    /// A mistake of structure, at this token.
    pub(crate) fn misplaced(&self, why: impl Into<String>) -> Mistake {
        self.wrong(Error::recipe(why))
    }
}

impl Mistake {
    pub(crate) fn new(place: Range<usize>, error: Error) -> Mistake {
        Mistake { place, error: Box::new(error) }
    }

    /// The error with the text in which it was made.
    pub(crate) fn of(self, text: &str) -> Error {
        self.error.at(text, self.place)
    }
}

/// The words as `name=value`, each with its name and value; no name is there twice.
pub(crate) fn settings<'a, 't>(
    words: &'a [Token<'t>],
) -> Result<Vec<(&'a Token<'t>, &'t str, &'t str)>, Mistake> {
    let mut settings: Vec<(&Token<'t>, &str, &str)> = vec![];
    for (i, word) in words.iter().enumerate() {
        let expected = match (word.setting(), words.get(i + 1)) {
            (Some((_, "")), _) => "the value follows `=` without a space",
            (Some((name, _)), _) if settings.iter().any(|(_, known, _)| *known == name) => {
                return Err(word.misplaced(format!("`{name}` is there twice")));
            }
            (Some((name, value)), _) => {
                settings.push((word, name, value));
                continue;
            }
            (None, _) if matches!(word.kind, Kind::Open | Kind::Close) => {
                "settings stand behind a name without brackets, as in `adam lr=0.1`"
            }
            (None, Some(next)) if next.text.starts_with('=') => {
                "settings are written name=value, without spaces"
            }
            (None, _) => "settings are written name=value",
        };
        let (text, expected) = (word.text.to_string(), expected.to_string());
        return Err(word.wrong(Error::Syntax { text, expected }));
    }
    Ok(settings)
}

/// From the start of the first to the end of the last.
pub(crate) fn place(tokens: &[Token<'_>]) -> Range<usize> {
    match tokens {
        [] => 0..0,
        [first, ..] => first.place.start..tokens[tokens.len() - 1].place.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_spaces_and_marks_outside_quotes() {
        let texts = |text| tokens(text).map(|all| all.iter().map(|token| token.text).collect::<Vec<_>>());
        assert_eq!(
            texts("sam( adam lr=1)rho=2,\tä.*: x").expect("fine"),
            ["sam", "(", "adam", "lr=1", ")", "rho=2", ",", "ä.*", ":", "x"]
        );
        assert_eq!(texts("a=\"b, c\"d e").expect("fine"), ["a=\"b, c\"d", "e"]);
        assert_eq!(texts(" \n").expect("fine"), [""; 0]);
        assert_eq!(texts("ab \"c").expect_err("open").place, 3..4);
    }
}
