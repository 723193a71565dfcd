//! Words and marks of a recipe with their places.

use std::ops::Range;

use crate::error::Error;

/// Word or mark.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    /// Bytes in the whole text.
    pub(crate) range: Range<usize>,
}

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text up to the next space or mark outside of quotes.
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

/// Error at a place of a text.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) range: Range<usize>,
    pub(crate) error: Box<Error>,
}

/// Maximum length of a recipe.
const MAX_BYTES: usize = 1 << 16;

/// Splits a text into tokens.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Located> {
    if text.len() > MAX_BYTES {
        let why = format!("expected at most {MAX_BYTES} bytes, found {}", text.len());
        return Err(Located::new(0..0, Error::recipe(why)));
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
            return Err(Located::new(open..open + 1, Error::recipe("unmatched `\"`")));
        }
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, text: &text[start..end], range: start..end });
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
    /// Name and value of `name=value`.
    pub(crate) fn setting(&self) -> Option<(&'t str, &'t str)> {
        self.text.split_once('=').filter(|_| !self.text.starts_with('"'))
    }

    /// Name of `name=value`, or the whole text.
    pub(crate) fn name(&self) -> &'t str {
        self.setting().map_or(self.text, |(name, _)| name)
    }

    /// An error at this token.
    pub(crate) fn error(&self, error: Error) -> Located {
        // Of `name=value`, an unknown name alone is marked.
        let range = match &error {
            Error::Unknown { .. } => self.range.start..self.range.start + self.name().len(),
            _ => self.range.clone(),
        };
        Located::new(range, error)
    }

    /// An error in the structure of the recipe, at this token.
    pub(crate) fn recipe_error(&self, why: impl Into<String>) -> Located {
        self.error(Error::recipe(why))
    }
}

impl Located {
    pub(crate) fn new(range: Range<usize>, error: Error) -> Located {
        Located { range, error: Box::new(error) }
    }

    /// The error with the whole text.
    pub(crate) fn of(self, text: &str) -> Error {
        self.error.at(text, self.range)
    }
}

/// Parses words `name=value` into names and values; a duplicate name is an error.
pub(crate) fn settings<'a, 't>(
    words: &'a [Token<'t>],
) -> Result<Vec<(&'a Token<'t>, &'t str, &'t str)>, Located> {
    let mut settings: Vec<(&Token<'t>, &str, &str)> = vec![];
    for (i, word) in words.iter().enumerate() {
        let expected = match (word.setting(), words.get(i + 1)) {
            (Some((_, "")), _) => "a value right after `=`",
            (Some((name, _)), _) if settings.iter().any(|(_, known, _)| *known == name) => {
                return Err(word.recipe_error(format!("duplicate `{name}`")));
            }
            (Some((name, value)), _) => {
                settings.push((word, name, value));
                continue;
            }
            (None, _) if matches!(word.kind, Kind::Open | Kind::Close) => {
                "settings without brackets, as in `adam lr=0.1`"
            }
            (None, Some(next)) if next.text.starts_with('=') => "a setting name=value without spaces",
            (None, _) => "a setting name=value",
        };
        let (text, expected) = (word.text.to_string(), expected.to_string());
        return Err(word.error(Error::Syntax { text, expected }));
    }
    Ok(settings)
}

/// Range from the start of the first token to the end of the last.
pub(crate) fn range_of(tokens: &[Token<'_>]) -> Range<usize> {
    match tokens {
        [] => 0..0,
        [first, ..] => first.range.start..tokens[tokens.len() - 1].range.end,
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
        assert_eq!(texts("ab \"c").expect_err("open").range, 3..4);
    }
}
