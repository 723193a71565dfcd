//! Keys of a TOML table, taken one by one; the remaining ones are unknown.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, quoted};
use files::text::nearest;

/// Value with its span in the text.
pub(super) type Placed<T> = (T, Range<usize>);

/// Parsed file with the keys requested so far.
pub(super) struct Keys<'a> {
    text: &'a str,
    table: DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Keys<'a>, Fault> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Keys { text, table: table.into_inner(), known: Vec::new() }),
            Err(error) => Err(Fault {
                place: error.span().map_or(String::new(), |span| place(text, span)),
                message: error.message().to_string(),
                hint: "the file is TOML: `key = value`, words in \"quotes\"".into(),
            }),
        }
    }

    /// String value of an optional key.
    pub(super) fn string(&mut self, key: &'static str) -> Result<Option<Placed<String>>, Fault> {
        self.value(key, "a string in \"quotes\"", |value| value.as_str().map(String::from))
    }

    /// Boolean value of an optional key.
    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Fault> {
        Ok(self.value(key, "true or false", |value| value.as_bool())?.map(|(value, _)| value))
    }

    /// One or more strings of an optional key.
    pub(super) fn strings(&mut self, key: &'static str) -> Result<Option<Placed<Vec<String>>>, Fault> {
        self.value(key, "a string in \"quotes\", or several in [brackets]", |value| {
            if let Some(one) = value.as_str() {
                return Some(vec![one.into()]);
            }
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(String::from)).collect()
        })
    }

    /// Literal text of a string or number of an optional key.
    pub(super) fn word(&mut self, key: &'static str) -> Result<Option<Placed<String>>, Fault> {
        self.value(key, "a string in \"quotes\" or a number", |value| match value {
            DeValue::Integer(number) => Some(number.as_str().into()),
            DeValue::Float(number) => Some(number.as_str().into()),
            other => other.as_str().map(String::from),
        })
    }

    fn value<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Result<Option<Placed<T>>, Fault> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let (span, value): (Range<usize>, &DeValue<'_>) = (Spanned::span(value), value.get_ref());
        match read(value) {
            Some(value) => Ok(Some((value, span))),
            None => {
                let found = quoted(self.text.get(span.clone()).unwrap_or_default());
                let hint = format!("it is the value of `{key}`");
                Err(Fault::expected(place(self.text, span), expected, &found, &hint))
            }
        }
    }

    /// Error at a value.
    pub(super) fn fault(&self, span: &Range<usize>, message: String, hint: &str) -> Fault {
        Fault { place: place(self.text, span.clone()), message, hint: hint.into() }
    }

    /// Error for the first key that was never requested.
    pub(super) fn finish(self) -> Result<(), Fault> {
        let unknown = self.table.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref()));
        let Some((key, _)) = unknown.min_by_key(|(key, _)| key.span().start) else { return Ok(()) };
        let meant = nearest(key.get_ref(), &self.known)
            .map_or(String::new(), |known| format!("; did you mean `{known}`?"));
        Err(Fault {
            place: place(self.text, key.span()),
            message: format!("unknown key {}{meant}", quoted(key.get_ref())),
            hint: format!("the keys are {}", self.known.join(", ")),
        })
    }
}

/// Line and column, both from 1.
fn place(text: &str, span: Range<usize>) -> String {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}
