//! Hyperparameters that are declared once: name, default, range and meaning next to the field.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive};
use std::str::FromStr;

use crate::error::Error;
mod setting;

pub use setting::{List, Setting, Time};

/// One hyperparameter of a rule or a schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyper {
    /// Its name, as in `lr=0.1`.
    pub name: &'static str,
    /// Meaning, in one line.
    pub doc: &'static str,
    /// The source's value.
    pub default: Value,
    /// Kind of value, in words: `a number`, `true or false`, …
    pub kind: &'static str,
    /// Which numbers are allowed; `None` for what is no number.
    pub range: Option<Bounds>,
    /// The interval and scale in which a search looks for it, such as `0.1..10 log`; `None` where these follow
    /// from its name and default, or it is not searched for.
    pub search: Option<&'static str>,
}

impl Hyper {
    /// Allowed values, in words: the range of a number, or the kind of anything else.
    pub fn allowed(&self) -> String {
        match (self.default, &self.range) {
            (Value::Number(_), Some(range)) => range.to_string(),
            (Value::Time(_), Some(_)) => format!("{}, above 0", self.kind),
            (_, Some(range)) => format!("{}, each {range}", self.kind),
            (_, None) => self.kind.to_string(),
        }
    }

    /// The same as a noun, for messages.
    fn expected(&self) -> String {
        let allowed = self.allowed();
        if allowed.starts_with("from ") { format!("a number {allowed}") } else { allowed }
    }
}

/// The value of a hyperparameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number, in double precision.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Some steps, or a share of all.
    Time(Time),
    /// Several of those.
    Times(List<Time>),
    /// Several numbers.
    Numbers(List<f64>),
    /// One of some words.
    Word(&'static str),
}

impl Value {
    /// The numbers in it that a range is about; of lengths, those before their units.
    fn numbers(&self) -> Vec<f64> {
        match self {
            Value::Number(x) => vec![*x],
            Value::Numbers(list) => list.to_vec(),
            Value::Time(time) => vec![time.amount()],
            Value::Times(list) => list.iter().map(|time| time.amount()).collect(),
            Value::Flag(_) | Value::Word(_) => vec![],
        }
    }

    /// The lengths and places in it.
    pub fn times(&self) -> &[Time] {
        match self {
            Value::Time(time) => std::slice::from_ref(time),
            Value::Times(list) => list,
            Value::Number(_) | Value::Numbers(_) | Value::Flag(_) | Value::Word(_) => &[],
        }
    }

    /// The same with lengths in epochs as steps.
    fn in_steps(self, steps_per_epoch: u64) -> Value {
        match self {
            Value::Time(time) => Value::Time(time.in_steps(steps_per_epoch)),
            Value::Times(list) => Value::Times(list.map(|time| time.in_steps(steps_per_epoch))),
            other => other,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Debug is the shortest text that reads back: 1e-8, 0.001, 1.0.
            Value::Number(x) => write!(f, "{}", format!("{x:?}").trim_end_matches(".0")),
            Value::Flag(x) => write!(f, "{x}"),
            Value::Time(time) => write!(f, "{time}"),
            Value::Times(list) => write!(f, "{}", joined(list.iter().map(|&time| Value::Time(time)))),
            Value::Numbers(list) => write!(f, "{}", joined(list.iter().map(|&x| Value::Number(x)))),
            Value::Word(word) => write!(f, "{word}"),
        }
    }
}

/// A list as it is written: `1/0.5/0.1`. A recipe parts with commas.
fn joined(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join("/")
}

/// A number or a flag; what else there is can be read only by the hyperparameter's own kind.
impl FromStr for Value {
    type Err = Error;

    fn from_str(text: &str) -> Result<Value, Error> {
        let flag = bool::read(text).map(Value::Flag);
        flag.or_else(|| f64::read(text).map(Value::Number)).ok_or_else(|| Error::Syntax {
            text: text.to_string(),
            expected: "a number such as 0.01 or 1e-3, or true or false".to_string(),
        })
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
    /// True if the range has an upper end.
    pub fn is_bounded(&self) -> bool {
        self.high.is_finite()
    }

    /// The lower and the upper end; the upper one may be infinite, or itself not allowed.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// True if `x` is finite and inside.
    pub fn contain(&self, x: f64) -> bool {
        x.is_finite() && x >= self.low && (x < self.high || (self.closed && x == self.high))
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds { low, high, closed } = self;
        match (high.is_finite(), closed) {
            (false, _) if *low == f64::MIN => write!(f, "a finite number"),
            (false, _) if *low == f64::MIN_POSITIVE => write!(f, "a finite number above 0"),
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

/// The range of a length that is not 0: `every: Time = "30%" in LENGTH`.
pub const LENGTH: RangeFrom<f64> = f64::MIN_POSITIVE..;

/// Access by name; written by [`hyperparameters!`](crate::hyperparameters).
pub trait Hyperparameters {
    /// All of them, in the order of declaration.
    fn hypers(&self) -> Vec<Hyper>;

    /// The value of one; `None` if the name is unknown.
    fn get(&self, name: &str) -> Option<Value>;

    /// Reads a value for one whose name is known, by its kind; an error says what it takes.
    #[doc(hidden)]
    fn read(&self, name: &str, text: &str) -> Result<Value, &'static str>;

    /// Sets one whose name is known and whose value has been checked; an error says what kind of
    /// value it takes.
    #[doc(hidden)]
    fn set_unchecked(&mut self, name: &str, value: Value) -> Result<(), &'static str>;
}

impl dyn Hyperparameters + '_ {
    /// Sets one by name; `of` is whose it is, for the error.
    ///
    /// # Errors
    /// If the name is unknown, or the value is of another kind or out of range.
    pub fn set(&mut self, of: &str, name: &str, value: Value) -> Result<(), Error> {
        let hyper = self.find(of, name)?;
        let inside = |x: &f64| hyper.range.is_none_or(|range| range.contain(*x));
        let fits = value.numbers().iter().all(inside);
        let wrong = |allowed: String| Error::OutOfRange {
            of: of.to_string(),
            name: name.to_string(),
            value: value.to_string(),
            allowed,
        };
        if !fits {
            return Err(wrong(hyper.expected()));
        }
        self.set_unchecked(name, value).map_err(|kind| wrong(kind.to_string()))
    }

    /// Sets one by name to what the text says.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_text(&mut self, of: &str, name: &str, text: &str) -> Result<(), Error> {
        let hyper = self.find(of, name)?;
        let value = self.read(name, text).map_err(|_| Error::OutOfRange {
            of: of.to_string(),
            name: name.to_string(),
            value: text.to_string(),
            allowed: hyper.expected(),
        })?;
        self.set(of, name, value)
    }

    /// Checks that all values are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn validate(&self, of: &str) -> Result<(), Error> {
        for hyper in self.hypers() {
            let value = self.value(hyper.name);
            let inside = |x: &f64| hyper.range.is_none_or(|range| range.contain(*x));
            if !value.numbers().iter().all(inside) {
                return Err(Error::OutOfRange {
                    of: of.to_string(),
                    name: hyper.name.to_string(),
                    value: value.to_string(),
                    allowed: hyper.expected(),
                });
            }
        }
        Ok(())
    }

    /// Turns lengths in epochs into steps.
    pub(crate) fn set_in_steps(&mut self, steps_per_epoch: u64) {
        for hyper in self.hypers() {
            let value = self.value(hyper.name).in_steps(steps_per_epoch);
            self.set_unchecked(hyper.name, value).expect("a value of the same kind");
        }
    }

    /// The value of one that is declared.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.get(name).expect("a declared hyperparameter has a value")
    }

    /// ` name=value` for each that is not at its default, or is `always` shown.
    pub(crate) fn print(&self, f: &mut fmt::Formatter<'_>, always: &str) -> fmt::Result {
        for hyper in self.hypers() {
            let value = self.value(hyper.name);
            if value != hyper.default || hyper.name == always {
                write!(f, " {}={value}", hyper.name)?;
            }
        }
        Ok(())
    }

    fn find(&self, of: &str, name: &str) -> Result<Hyper, Error> {
        let hypers = self.hypers();
        let names: Vec<&'static str> = hypers.iter().map(|hyper| hyper.name).collect();
        let found = hypers.into_iter().find(|hyper| hyper.name == name);
        found.ok_or_else(|| Error::unknown(format!("hyperparameter of {of}"), name, names))
    }
}

/// All lengths and places among the values.
pub(crate) fn times_of<H: Hyperparameters + ?Sized>(of: &H) -> Vec<Time> {
    let values = of.hypers().into_iter().filter_map(|hyper| of.get(hyper.name));
    values.flat_map(|value| value.times().to_vec()).collect()
}

/// A literal as a default: a number and a flag are themselves, all else is written as in a recipe.
#[doc(hidden)]
pub trait FromDefault<T> {
    fn into_setting(self) -> T;
}

impl FromDefault<f64> for f64 {
    fn into_setting(self) -> f64 {
        self
    }
}

impl FromDefault<bool> for bool {
    fn into_setting(self) -> bool {
        self
    }
}

impl<T: Setting> FromDefault<T> for &'static str {
    fn into_setting(self) -> T {
        T::read(self).unwrap_or_else(|| panic!("the default `{self}` is not {}", T::KIND))
    }
}

/// Declares a struct of hyperparameters: default and range next to each field, meaning above it. Between default
/// and range, `search "0.1..10 log"` states the interval and the scale of a search.
/// The types are those that are a [`Setting`]: `f64`, `bool`, [`Time`], [`List`] of those, and what
/// [`choices!`](crate::choices) declares.
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
                $field:ident: $type:ty = $default:literal $(search $search:literal)? $(in $range:expr)?
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
                $rule { $($field: $crate::hyper::FromDefault::<$type>::into_setting($default)),+ }
            }
        }

        impl $crate::hyper::Hyperparameters for $rule {
            fn hypers(&self) -> Vec<$crate::hyper::Hyper> {
                let default = $rule::default();
                vec![$($crate::hyper::Hyper {
                    name: stringify!($field),
                    doc: $doc.trim_ascii(),
                    default: default.$field.into(),
                    kind: <$type as $crate::hyper::Setting>::KIND,
                    range: [$($crate::hyper::Bounds::from($range))?].first().copied(),
                    search: [$($search)?].first().copied(),
                }),+]
            }

            fn get(&self, name: &str) -> Option<$crate::hyper::Value> {
                match name {
                    $(stringify!($field) => Some(self.$field.into()),)+
                    _ => None,
                }
            }

            fn read(&self, name: &str, text: &str) -> Result<$crate::hyper::Value, &'static str> {
                match name {
                    $(stringify!($field) => {
                        let value = <$type as $crate::hyper::Setting>::read(text);
                        value.map(Into::into).ok_or(<$type as $crate::hyper::Setting>::KIND)
                    })+
                    _ => Err("known"),
                }
            }

            fn set_unchecked(&mut self, name: &str, value: $crate::hyper::Value) -> Result<(), &'static str> {
                match name {
                    $(stringify!($field) => self.$field = value.try_into()?,)+
                    _ => return Err("known"),
                }
                Ok(())
            }
        }
    };
}
