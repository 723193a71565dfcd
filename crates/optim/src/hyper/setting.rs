//! The types that a hyperparameter can have.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use crate::error::Error;
use crate::hyper::Value;

/// A type that a hyperparameter can have.
pub trait Setting: Copy + Into<Value> + TryFrom<Value, Error = &'static str> {
    /// Kind of value, in words.
    const KIND: &'static str;

    /// Reads what the [`Value`] prints; `None` for text that is something else.
    fn read(text: &str) -> Option<Self>;
}

impl Setting for f64 {
    const KIND: &'static str = "a number";

    fn read(text: &str) -> Option<f64> {
        text.parse().ok()
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";

    fn read(text: &str) -> Option<bool> {
        text.parse().ok()
    }
}

impl Setting for Time {
    const KIND: &'static str =
        "a number of steps such as 500, of epochs such as 3ep, or a percentage such as 5%";

    fn read(text: &str) -> Option<Time> {
        if let Some(percent) = text.strip_suffix('%') {
            return percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent)).map(Time::Percent);
        }
        if let Some(epochs) = text.strip_suffix("ep") {
            let most = 0.0..=MAX_EPOCHS;
            return epochs.parse().ok().filter(|epochs| most.contains(epochs)).map(Time::Epochs);
        }
        text.parse().ok().map(Time::Steps)
    }
}

impl Setting for List<Time> {
    const KIND: &'static str = "up to 8 numbers of steps, epochs or percentages, such as 30%/60%";

    fn read(text: &str) -> Option<List<Time>> {
        List::of(text.split('/').map(Time::read))
    }
}

impl Setting for List<f64> {
    const KIND: &'static str = "up to 8 numbers, such as 1/0.1";

    fn read(text: &str) -> Option<List<f64>> {
        List::of(text.split('/').map(f64::read))
    }
}

/// A length of training, or a place in it: a number of steps, of epochs, or a share of all steps.
///
/// ```
/// use optim::Time;
///
/// let [steps, epochs, share] = ["500", "3ep", "5%"].map(|text| text.parse::<Time>().unwrap());
/// assert_eq!([steps.steps(2000.0), share.steps(2000.0)], [500.0, 100.0]);
/// // Epochs are steps as soon as the updates of one are known.
/// assert_eq!(epochs.in_steps(938), Time::Steps(2814));
/// assert_eq!(epochs.to_string(), "3ep");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Time {
    /// A number of steps: updates of the weights.
    Steps(u64),
    /// A number of passes over the training data: `3ep`.
    Epochs(f64),
    /// Percent of the total.
    Percent(f64),
}

impl Time {
    /// The warm-up for Adam and its kin that needs no tuning: 2/(1 − β₂) steps (Ma & Yarats 2021).
    ///
    /// ```
    /// assert_eq!(optim::Time::untuned_warmup(0.999), optim::Time::Steps(2000));
    /// ```
    pub fn untuned_warmup(beta2: f64) -> Time {
        Time::Steps((2.0 / (1.0 - beta2)).round() as u64)
    }

    /// Whole steps of `total`.
    ///
    /// # Panics
    /// If it is in epochs: [`in_steps`](Time::in_steps) comes first.
    #[track_caller]
    pub fn steps(self, total: f64) -> f64 {
        self.exact_steps(total).round()
    }

    /// Steps of `total`, not rounded to whole ones.
    ///
    /// # Panics
    /// As [`steps`](Time::steps).
    #[track_caller]
    pub fn exact_steps(self, total: f64) -> f64 {
        match self {
            Time::Steps(steps) => steps as f64,
            Time::Percent(percent) => percent / 100.0 * total,
            Time::Epochs(_) => panic!("expected the steps of an epoch before `{self}` is used"),
        }
    }

    /// The same with epochs of `steps_per_epoch` steps as whole steps; at least one for a length above 0.
    #[must_use]
    pub fn in_steps(self, steps_per_epoch: u64) -> Time {
        match self {
            Time::Epochs(epochs) => {
                let steps = (epochs * steps_per_epoch as f64).round() as u64;
                Time::Steps(if epochs > 0.0 { steps.max(1) } else { 0 })
            }
            other => other,
        }
    }

    /// True if it is a fraction of the total.
    pub fn is_fraction(&self) -> bool {
        matches!(self, Time::Percent(_))
    }

    /// True if it is in epochs.
    pub fn is_in_epochs(&self) -> bool {
        matches!(self, Time::Epochs(_))
    }

    /// The number in it, whatever its unit.
    pub fn amount(self) -> f64 {
        match self {
            Time::Steps(steps) => steps as f64,
            Time::Epochs(x) | Time::Percent(x) => x,
        }
    }
}

/// More epochs than anybody trains.
const MAX_EPOCHS: f64 = 1e9;

impl Default for Time {
    fn default() -> Time {
        Time::Steps(0)
    }
}

impl FromStr for Time {
    type Err = Error;

    fn from_str(text: &str) -> Result<Time, Error> {
        Time::read(text)
            .ok_or_else(|| Error::Syntax { text: text.to_string(), expected: Time::KIND.to_string() })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Time::Steps(steps) => write!(f, "{steps}"),
            Time::Epochs(epochs) => write!(f, "{}ep", Value::Number(*epochs)),
            Time::Percent(percent) => write!(f, "{}%", Value::Number(*percent)),
        }
    }
}

/// One to eight values, read as a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct List<T> {
    /// Items; filled with the type's default after the last.
    items: [T; MOST],
    len: usize,
}

const MOST: usize = 8;

impl<T: Copy + Default> List<T> {
    /// The most values that there can be.
    pub const MOST: usize = MOST;

    /// The list of all of these; `None` if one is missing, there are none, or too many.
    pub fn of(values: impl IntoIterator<Item = Option<T>>) -> Option<List<T>> {
        let mut list = List { items: [T::default(); MOST], len: 0 };
        for value in values {
            *list.items.get_mut(list.len)? = value?;
            list.len += 1;
        }
        (list.len > 0).then_some(list)
    }
}

impl<T: Copy> List<T> {
    /// The list of what `change` makes of each.
    #[must_use]
    pub fn map(mut self, change: impl FnMut(T) -> T) -> List<T> {
        self.items = self.items.map(change);
        self
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..self.len]
    }
}

/// A [`Value`] of each type, and back.
macro_rules! values {
    ($($type:ty as $variant:ident),+ $(,)?) => {
        $(
            impl From<$type> for Value {
                fn from(x: $type) -> Value {
                    Value::$variant(x)
                }
            }

            impl TryFrom<Value> for $type {
                type Error = &'static str;

                fn try_from(value: Value) -> Result<$type, &'static str> {
                    match value {
                        Value::$variant(x) => Ok(x),
                        _ => Err(<$type as Setting>::KIND),
                    }
                }
            }
        )+
    };
}

values!(f64 as Number, bool as Flag, Time as Time, List<Time> as Times, List<f64> as Numbers);

/// Declares an enum whose values are words, to be the type of a hyperparameter.
///
/// ```
/// use optim::hyper::Setting;
/// optim::choices! {
///     /// A way to go.
///     pub enum Way {
///         /// Up.
///         Up = "up",
///         /// Down.
///         Down = "down",
///     }
/// }
/// assert_eq!(Way::read("down"), Some(Way::Down));
/// assert_eq!(Way::KIND, "one of up, down");
/// ```
#[macro_export]
macro_rules! choices {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            #[doc = $first_doc:literal]
            $first:ident = $first_word:literal,
            $(
                #[doc = $doc:literal]
                $variant:ident = $word:literal
            ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            #[doc = $first_doc]
            $first,
            $(#[doc = $doc] $variant),*
        }

        impl $crate::hyper::Setting for $name {
            const KIND: &'static str = concat!("one of ", $first_word $(, ", ", $word)*);

            fn read(text: &str) -> Option<$name> {
                match text {
                    $first_word => Some($name::$first),
                    $($word => Some($name::$variant),)*
                    _ => None,
                }
            }
        }

        impl From<$name> for $crate::hyper::Value {
            fn from(x: $name) -> $crate::hyper::Value {
                $crate::hyper::Value::Word(match x {
                    $name::$first => $first_word,
                    $($name::$variant => $word,)*
                })
            }
        }

        impl TryFrom<$crate::hyper::Value> for $name {
            type Error = &'static str;

            fn try_from(value: $crate::hyper::Value) -> Result<$name, &'static str> {
                use $crate::hyper::Setting;
                match value {
                    $crate::hyper::Value::Word(word) => $name::read(word).ok_or($name::KIND),
                    _ => Err($name::KIND),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_what_was_given() {
        let list = List::<Time>::read("30%/60%/900").expect("three");
        assert_eq!(&list[..], [Time::Percent(30.0), Time::Percent(60.0), Time::Steps(900)]);
        assert_eq!(Value::from(list).to_string(), "30%/60%/900");
        assert_eq!(
            List::<f64>::read("1/0.5/1e-3").map(|list| Value::from(list).to_string()),
            Some("1/0.5/0.001".into())
        );
        for text in ["", "1/", "1//2", "1/2/3/4/5/6/7/8/9", "one"] {
            assert_eq!(List::<f64>::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_span_is_steps_epochs_or_a_share() {
        assert_eq!(Time::read("5%").map(|time| time.steps(1010.0)), Some(51.0));
        assert_eq!(Time::read("500").map(|time| time.steps(10.0)), Some(500.0));
        let [half, none] = ["0.5ep", "0ep"].map(|text| Time::read(text).expect("epochs").in_steps(7));
        assert_eq!([half, none], [Time::Steps(4), Time::Steps(0)]);
        for text in ["-1", "1.5", "101%", "-1%", "%", "NaN%", "", "ep", "-1ep", "NaNep", "infep", "3 ep"] {
            assert_eq!(Time::read(text), None, "{text}");
        }
    }
}
