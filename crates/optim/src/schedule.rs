//! Learning rates over time: pure functions of the step and the total.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::hyper::Value;

/// What the learning rate is multiplied with at each step: a [`Shape`] after a linear warm-up.
///
/// Spelled `constant`, `cosine warmup=5%`, `step every=30% gamma=0.1`, `cosine floor=0.1 warmup=200`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Schedule {
    /// The course after the warm-up.
    pub shape: Shape,
    /// How long the factor rises linearly to 1 first.
    pub warmup: Span,
}

/// The course of a learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Shape {
    /// Always 1.
    #[default]
    Constant,
    /// Multiplied by `gamma` after every `every` steps.
    Step {
        /// Steps between two drops.
        every: Span,
        /// The factor of a drop.
        gamma: f64,
    },
    /// Half a cosine from 1 to `floor` (Loshchilov & Hutter 2017).
    Cosine {
        /// Where it ends.
        floor: f64,
    },
}

/// A number of steps, or a share of all steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// So many steps.
    Steps(u64),
    /// So many percent of the total.
    Percent(f64),
}

impl Default for Span {
    fn default() -> Span {
        Span::Steps(0)
    }
}

impl Span {
    fn steps(self, total: u64) -> f64 {
        match self {
            Span::Steps(steps) => steps as f64,
            Span::Percent(percent) => (percent / 100.0 * total as f64).round(),
        }
    }
}

impl Schedule {
    /// The names of the shapes, with what each takes.
    pub const SHAPES: [(&'static str, &'static str); 3] = [
        ("constant", "the learning rate as given"),
        ("step", "multiplied by gamma (0.1) after every `every` (30%) of the steps"),
        ("cosine", "half a cosine down to `floor` (0) times the learning rate"),
    ];

    /// The factor at a step, counted from 0, of `total`. Steps beyond the total keep the last value.
    ///
    /// ```
    /// let schedule: optim::Schedule = "cosine".parse()?;
    /// assert_eq!(schedule.factor(0, 100), 1.0);
    /// assert!((schedule.factor(50, 100) - 0.5).abs() < 1e-12);
    /// assert!(schedule.factor(100, 100).abs() < 1e-12);
    /// # Ok::<(), optim::Error>(())
    /// ```
    pub fn factor(&self, step: u64, total: u64) -> f64 {
        let (s, warmup) = (step as f64, self.warmup.steps(total));
        if s < warmup {
            return (s + 1.0) / warmup;
        }
        let (s, total) = (s - warmup, total as f64 - warmup);
        match self.shape {
            Shape::Constant => 1.0,
            Shape::Step { every, gamma } => {
                let every = every.steps(total as u64).max(1.0);
                gamma.powi((s / every).floor().min(1e9) as i32)
            }
            Shape::Cosine { floor } => {
                let progress = if total > 0.0 { (s / total).min(1.0) } else { 1.0 };
                floor + (1.0 - floor) * 0.5 * (1.0 + (PI * progress).cos())
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Schedule, Error> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or("constant");
        let mut shape = match name {
            "constant" => Shape::Constant,
            "step" => Shape::Step { every: Span::Percent(30.0), gamma: 0.1 },
            "cosine" => Shape::Cosine { floor: 0.0 },
            _ => return Err(Error::unknown("schedule", name, Schedule::SHAPES.map(|(name, _)| name))),
        };
        let mut warmup = Span::default();
        for word in words {
            let (key, value) = key_value(word)?;
            match (key, &mut shape) {
                ("warmup", _) => warmup = value.parse()?,
                ("every", Shape::Step { every, .. }) => *every = value.parse()?,
                ("gamma", Shape::Step { gamma, .. }) => *gamma = share(name, key, value)?,
                ("floor", Shape::Cosine { floor }) => *floor = share(name, key, value)?,
                (_, Shape::Constant) => return Err(Error::unknown("setting of constant", key, ["warmup"])),
                (_, Shape::Step { .. }) => {
                    return Err(Error::unknown("setting of step", key, ["every", "gamma", "warmup"]));
                }
                (_, Shape::Cosine { .. }) => {
                    return Err(Error::unknown("setting of cosine", key, ["floor", "warmup"]));
                }
            }
        }
        Ok(Schedule { shape, warmup })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Constant => write!(f, "constant")?,
            Shape::Step { every, gamma } => write!(f, "step every={every} gamma={}", Value::Number(gamma))?,
            Shape::Cosine { floor: 0.0 } => write!(f, "cosine")?,
            Shape::Cosine { floor } => write!(f, "cosine floor={}", Value::Number(floor))?,
        }
        if self.warmup != Span::default() { write!(f, " warmup={}", self.warmup) } else { Ok(()) }
    }
}

impl FromStr for Span {
    type Err = Error;

    fn from_str(text: &str) -> Result<Span, Error> {
        let syntax = || Error::Syntax {
            text: text.to_string(),
            expected: "a number of steps such as 500, or a share such as 5%".to_string(),
        };
        match text.strip_suffix('%') {
            None => text.parse().map(Span::Steps).map_err(|_| syntax()),
            Some(percent) => match percent.parse() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Span::Percent(percent)),
                _ => Err(syntax()),
            },
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::Steps(steps) => write!(f, "{steps}"),
            Span::Percent(percent) => write!(f, "{}%", Value::Number(*percent)),
        }
    }
}

/// Splits `name=value`.
pub(crate) fn key_value(word: &str) -> Result<(&str, &str), Error> {
    word.split_once('=').ok_or_else(|| Error::Syntax {
        text: word.to_string(),
        expected: "settings are written name=value".to_string(),
    })
}

/// A number from 0 to 1.
fn share(of: &str, name: &str, value: &str) -> Result<f64, Error> {
    let number = value.parse().ok().filter(|x| (0.0..=1.0).contains(x));
    number.ok_or_else(|| Error::OutOfRange {
        of: of.to_string(),
        name: name.to_string(),
        value: value.to_string(),
        allowed: "from 0 to 1".to_string(),
    })
}
