//! Keys of a TOML table, taken one by one; the remaining ones are unknown.
//!
//! ```
//! use data::own::keys::Keys;
//! let mut keys = Keys::parse("trials = 12\ntusks = 3").map_err(|fault| fault.to_string())?;
//! assert_eq!(keys.integer("trials", 1..=100).map_err(|fault| fault.to_string())?, Some(12));
//! assert_eq!(keys.strings("tasks").map_err(|fault| fault.to_string())?, None);
//! let fault = keys.finish().unwrap_err();
//! assert_eq!(fault.to_string(), "line 2, column 1: unknown key \"tusks\"; did you mean `tasks`?");
//! # Ok::<(), String>(())
//! ```

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, quoted};
use files::text::nearest;

/// Value with its span in the text.
pub type Placed<T> = (T, Range<usize>);

/// Parsed file with the keys requested so far.
#[derive(Debug)]
pub struct Keys<'a> {
    text: &'a str,
    table: DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    /// The outermost table of a file.
    ///
    /// # Errors
    /// If it is not TOML.
    pub fn parse(text: &'a str) -> Result<Keys<'a>, Fault> {
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
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn string(&mut self, key: &'static str) -> Result<Option<Placed<String>>, Fault> {
        self.value(key, "a string in \"quotes\"", |value| value.as_str().map(String::from))
    }

    /// Boolean value of an optional key.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Fault> {
        Ok(self.value(key, "true or false", |value| value.as_bool())?.map(|(value, _)| value))
    }

    /// One or more strings of an optional key.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn strings(&mut self, key: &'static str) -> Result<Option<Placed<Vec<String>>>, Fault> {
        self.value(key, "a string in \"quotes\", or several in [brackets]", |value| {
            if let Some(one) = value.as_str() {
                return Some(vec![one.into()]);
            }
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(String::from)).collect()
        })
    }

    /// Literal text of a string or number of an optional key.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn word(&mut self, key: &'static str) -> Result<Option<Placed<String>>, Fault> {
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
        read: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Placed<T>>, Fault> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let (span, value): (Range<usize>, &DeValue<'a>) = (Spanned::span(value), value.get_ref());
        match read(value) {
            Some(value) => Ok(Some((value, span))),
            None => {
                let found = quoted(self.text.get(span.clone()).unwrap_or_default());
                let hint = format!("it is the value of `{key}`");
                Err(Fault::expected(place(self.text, span), expected, &found, &hint))
            }
        }
    }

    /// Number of an optional key.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn number(&mut self, key: &'static str) -> Result<Option<Placed<f64>>, Fault> {
        self.value(key, "a number", |value| match value {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        })
    }

    /// Whole number of an optional key within a range.
    ///
    /// # Errors
    /// If it has another kind of value, or one outside of the range.
    pub fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>, Fault> {
        let expected = match range.end() {
            &u64::MAX => format!("a whole number from {}", range.start()),
            end => format!("a whole number from {} to {end}", range.start()),
        };
        let read = |value: &DeValue<'_>| match value {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        let inside = |value: &DeValue<'_>| read(value).filter(|number| range.contains(number));
        Ok(self.value(key, &expected, inside)?.map(|(number, _)| number))
    }

    /// Table of an optional key.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Keys<'a>>, Fault> {
        let table = self.value(key, "a table", |value| value.as_table().cloned())?;
        Ok(table.map(|(table, _)| Keys { text: self.text, table, known: Vec::new() }))
    }

    /// Tables of an optional key, each written after `[[key]]`, with their spans.
    ///
    /// # Errors
    /// If it has another kind of value.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Placed<Keys<'a>>>, Fault> {
        let tables = self.value(key, "tables in [[double brackets]]", |value| {
            let items = value.as_array()?.iter();
            items.map(|item| Some((item.get_ref().as_table()?.clone(), Spanned::span(item)))).collect()
        })?;
        let tables: Vec<_> = tables.map_or(Vec::new(), |(tables, _)| tables);
        let keys = |table| Keys { text: self.text, table, known: Vec::new() };
        Ok(tables.into_iter().map(|(table, span)| (keys(table), span)).collect())
    }

    /// Error at a value.
    pub fn fault(&self, span: &Range<usize>, message: String, hint: &str) -> Fault {
        Fault { place: place(self.text, span.clone()), message, hint: hint.into() }
    }

    /// Error for the first key that was never requested.
    ///
    /// # Errors
    /// If there is one.
    pub fn finish(self) -> Result<(), Fault> {
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
