//! Hyperparameters that are declared once: name, default, range and meaning beside the field.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive};
use std::str::FromStr;

use crate::error::Error;

/// One hyperparameter of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyper {
    /// Its name, as in `lr=0.1`.
    pub name: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// The source's value.
    pub default: Value,
    /// What is allowed; `None` for a flag.
    pub range: Option<Bounds>,
}

/// The value of a hyperparameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number, in double precision.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Debug is the shortest text that reads back: 1e-8, 0.001, 1.0.
            Value::Number(x) => write!(f, "{}", format!("{x:?}").trim_end_matches(".0")),
            Value::Flag(x) => write!(f, "{x}"),
        }
    }
}

impl FromStr for Value {
    type Err = Error;

    fn from_str(text: &str) -> Result<Value, Error> {
        match text {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            _ => text.parse().map(Value::Number).map_err(|_| Error::Syntax {
                text: text.to_string(),
                expected: "a number such as 0.01 or 1e-3, or true or false".to_string(),
            }),
        }
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::Number(x)
    }
}

impl From<bool> for Value {
    fn from(x: bool) -> Value {
        Value::Flag(x)
    }
}

impl TryFrom<Value> for f64 {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<f64, &'static str> {
        match value {
            Value::Number(x) => Ok(x),
            Value::Flag(_) => Err("a number"),
        }
    }
}

impl TryFrom<Value> for bool {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<bool, &'static str> {
        match value {
            Value::Flag(x) => Ok(x),
            Value::Number(_) => Err("true or false"),
        }
    }
}

/// The numbers that a hyperparameter may be; always finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    low: f64,
    high: f64,
    closed: bool,
}

impl Bounds {
    /// Whether `x` is finite and inside.
    pub fn contain(&self, x: f64) -> bool {
        x.is_finite() && x >= self.low && (x < self.high || (self.closed && x == self.high))
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds { low, high, closed } = self;
        match (high.is_finite(), closed) {
            (false, _) => write!(f, "a finite number, {low} or more"),
            (true, false) => write!(f, "from {low} to less than {high}"),
            (true, true) => write!(f, "from {low} to {high}"),
        }
    }
}

impl From<RangeFrom<f64>> for Bounds {
    fn from(range: RangeFrom<f64>) -> Bounds {
        Bounds { low: range.start, high: f64::INFINITY, closed: false }
    }
}

impl From<Range<f64>> for Bounds {
    fn from(range: Range<f64>) -> Bounds {
        Bounds { low: range.start, high: range.end, closed: false }
    }
}

impl From<RangeInclusive<f64>> for Bounds {
    fn from(range: RangeInclusive<f64>) -> Bounds {
        Bounds { low: *range.start(), high: *range.end(), closed: true }
    }
}

/// Access by name; written by [`hyperparameters!`](crate::hyperparameters).
pub trait Hyperparameters {
    /// All of them, in the order of declaration.
    fn hypers(&self) -> Vec<Hyper>;

    /// The value of one; `None` if there is no such name.
    fn get(&self, name: &str) -> Option<Value>;

    /// Sets one whose name is known and whose value has been checked; an error says what kind of
    /// value it takes.
    #[doc(hidden)]
    fn put(&mut self, name: &str, value: Value) -> Result<(), &'static str>;
}

/// Declares a struct of hyperparameters: default and range beside each field, meaning above it.
///
/// ```
/// use optim::hyper::Hyperparameters;
/// optim::hyperparameters! {
///     /// A rule of my own.
///     pub struct Mine {
///         /// Step size.
///         lr: f64 = 0.1 in 0.0..,
///         /// Whether to look ahead.
///         ahead: bool = false,
///     }
/// }
/// assert_eq!(Mine::default().lr, 0.1);
/// assert_eq!(Mine::default().hypers()[1].doc, "Whether to look ahead.");
/// ```
#[macro_export]
macro_rules! hyperparameters {
    (
        $(#[$attribute:meta])*
        pub struct $rule:ident {
            $(
                #[doc = $doc:literal]
                $field:ident: $type:ident = $default:literal $(in $range:expr)?
            ),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $rule {
            $(#[doc = $doc] pub $field: $type),+
        }

        impl Default for $rule {
            fn default() -> $rule {
                $rule { $($field: $default),+ }
            }
        }

        impl $crate::hyper::Hyperparameters for $rule {
            fn hypers(&self) -> Vec<$crate::hyper::Hyper> {
                vec![$($crate::hyper::Hyper {
                    name: stringify!($field),
                    doc: $doc.trim_ascii(),
                    default: $crate::hyper::Value::from($default as $type),
                    range: [$($crate::hyper::Bounds::from($range))?].first().copied(),
                }),+]
            }

            fn get(&self, name: &str) -> Option<$crate::hyper::Value> {
                match name {
                    $(stringify!($field) => Some(self.$field.into()),)+
                    _ => None,
                }
            }

            fn put(&mut self, name: &str, value: $crate::hyper::Value) -> Result<(), &'static str> {
                match name {
                    $(stringify!($field) => self.$field = value.try_into()?,)+
                    _ => return Err("known"),
                }
                Ok(())
            }
        }
    };
}
