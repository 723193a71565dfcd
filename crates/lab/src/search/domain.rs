//! The values of one hyperparameter, and the scale on which they are equally likely.

use std::fmt;

/// The scale of an interval: equal steps on it are equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// x itself.
    Linear,
    /// log x, as of a learning rate; both ends are positive.
    Log,
    /// log (1 − x), as of β and momentum; both ends are below 1.
    OneMinusLog,
    /// 0 with probability 1/8 and log x otherwise, as of weight decay; both ends are positive.
    LogOrZero,
}

impl Scale {
    /// All of them.
    pub const ALL: [Scale; 4] = [Scale::Linear, Scale::Log, Scale::OneMinusLog, Scale::LogOrZero];

    /// The word for it in a space's text.
    pub fn word(self) -> &'static str {
        match self {
            Scale::Linear => "linear",
            Scale::Log => "log",
            Scale::OneMinusLog => "one_minus_log",
            Scale::LogOrZero => "log_or_zero",
        }
    }

    /// The ends that it takes, in words.
    pub fn takes(self) -> &'static str {
        match self {
            Scale::Linear => "finite ends, the lower first",
            Scale::Log | Scale::LogOrZero => "ends above 0, the lower first",
            Scale::OneMinusLog => "ends below 1, the lower first",
        }
    }

    /// True if this scale has an interval from `low` to `high`.
    pub fn accepts(self, low: f64, high: f64) -> bool {
        let finite = low.is_finite() && high.is_finite() && low < high;
        match self {
            Scale::Linear => finite,
            Scale::Log | Scale::LogOrZero => finite && low > 0.0,
            Scale::OneMinusLog => finite && high < 1.0,
        }
    }

    /// The place of x on the scale; it rises with x.
    fn to(self, x: f64) -> f64 {
        match self {
            Scale::Linear => x,
            Scale::Log | Scale::LogOrZero => x.log10(),
            Scale::OneMinusLog => -(1.0 - x).log10(),
        }
    }

    /// The x at a place, to four significant digits (of 1 − x on its scale), as it is printed and trained.
    fn from(self, place: f64) -> f64 {
        match self {
            Scale::Linear => digits(place),
            Scale::Log | Scale::LogOrZero => digits(10.0_f64.powf(place)),
            Scale::OneMinusLog => complement(digits(10.0_f64.powf(-place))),
        }
    }
}

/// Four significant digits.
fn digits(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number is printed as one")
}

/// 1 − x without the digits that a subtraction invents.
fn complement(x: f64) -> f64 {
    format!("{:.15}", 1.0 - x).parse().expect("a number is printed as one")
}

/// The value of a hyperparameter in a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number of an interval.
    Number(f64),
    /// One of several words.
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(x) => write!(f, "{x}"),
            Value::Word(word) => f.write_str(word),
        }
    }
}

/// The values that a hyperparameter may have.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Numbers from `low` to `high`, both included.
    Interval {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// The scale on which they are equally likely.
        scale: Scale,
    },
    /// Words, each equally likely.
    Choice(Vec<String>),
}

/// An end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The lower end.
    Low,
    /// The upper end.
    High,
}

/// The share of a [`Scale::LogOrZero`] interval that is 0.
const ZERO: f64 = 0.125;
/// The share of an interval at either end where a best value asks for more of it.
const OUTER: f64 = 0.1;

impl Domain {
    /// The value at u, 0 ≤ u ≤ 1: equal shares of u are equally likely.
    pub fn at(&self, u: f64) -> Value {
        match self {
            Domain::Choice(words) => {
                Value::Word(words[((u * words.len() as f64) as usize).min(words.len() - 1)].clone())
            }
            Domain::Interval { scale: Scale::LogOrZero, .. } if u < ZERO => Value::Number(0.0),
            Domain::Interval { scale: Scale::LogOrZero, .. } => self.along((u - ZERO) / (1.0 - ZERO)),
            Domain::Interval { .. } => self.along(u),
        }
    }

    /// `count` values from end to end, evenly on the scale (one is the middle); all words of a choice.
    /// On [`Scale::LogOrZero`] the first is 0.
    pub fn levels(&self, count: usize) -> Vec<Value> {
        let line = |count: usize| match count {
            0 => Vec::new(),
            1 => vec![self.along(0.5)],
            _ => (0..count).map(|i| self.along(i as f64 / (count - 1) as f64)).collect(),
        };
        match self {
            Domain::Choice(words) => words.iter().cloned().map(Value::Word).collect(),
            Domain::Interval { scale: Scale::LogOrZero, .. } if count > 0 => {
                [vec![Value::Number(0.0)], line(count - 1)].concat()
            }
            Domain::Interval { .. } => line(count),
        }
    }

    /// The end in whose outer tenth a value is; `None` for words, for a 0 that is in the domain by itself,
    /// and elsewhere.
    pub fn edge(&self, value: &Value) -> Option<Side> {
        let (Domain::Interval { low, high, scale }, Value::Number(x)) = (self, value) else { return None };
        if *scale == Scale::LogOrZero && *x == 0.0 {
            return None;
        }
        let (low, high) = (scale.to(*low), scale.to(*high));
        let place = (scale.to(*x) - low) / (high - low);
        if place <= OUTER {
            Some(Side::Low)
        } else if place >= 1.0 - OUTER {
            Some(Side::High)
        } else {
            None
        }
    }

    /// The part that is added by going on beyond one end, a decade on a logarithmic scale and half of the
    /// width on a linear one, no further than `limits`. `None` for words and where the limit is reached.
    pub fn beyond(&self, side: Side, limits: (f64, f64)) -> Option<Domain> {
        let &Domain::Interval { low, high, scale } = self else { return None };
        let step = if scale == Scale::Linear { 0.5 * (high - low) } else { 1.0 };
        let (low, high) = match side {
            Side::Low => (scale.from(scale.to(low) - step).max(limits.0), low),
            Side::High => (high, scale.from(scale.to(high) + step).min(limits.1)),
        };
        scale.accepts(low, high).then_some(Domain::Interval { low, high, scale })
    }

    /// From the lower end of both to the upper end of both, for intervals that meet; of words, these.
    pub(super) fn joined(&self, other: &Domain) -> Domain {
        match (self, other) {
            (&Domain::Interval { low, high, scale }, &Domain::Interval { low: l, high: h, .. }) => {
                Domain::Interval { low: low.min(l), high: high.max(h), scale }
            }
            _ => self.clone(),
        }
    }

    /// The value at a share of the interval, on its scale and without the 0 of [`Scale::LogOrZero`].
    fn along(&self, share: f64) -> Value {
        match self {
            Domain::Interval { low, high, scale } => {
                let place = scale.to(*low) + share * (scale.to(*high) - scale.to(*low));
                Value::Number(scale.from(place).clamp(*low, *high))
            }
            Domain::Choice(_) => self.at(share),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Choice(words) => f.write_str(&words.join("|")),
            Domain::Interval { low, high, scale: Scale::Linear } => write!(f, "{low}..{high}"),
            Domain::Interval { low, high, scale } => write!(f, "{low}..{high} {}", scale.word()),
        }
    }
}
