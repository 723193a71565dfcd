//! A space of named hyperparameters and its text.

use std::fmt;
use std::str::FromStr;

use files::text::{nearest, shorten};
use thiserror::Error;

use super::domain::{Domain, Scale};

/// A hyperparameter with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// Its name in the recipe, such as `lr`.
    pub name: String,
    /// Its values.
    pub domain: Domain,
}

/// Named hyperparameters with their intervals and scales.
///
/// Its text is `name=low..high scale` or `name=word|word`, with commas between; `linear` may be left out.
///
/// ```
/// use lab::search::Space;
/// let space: Space = "lr=1e-4..1e0 log, momentum=0..0.5, nesterov=true|false".parse().unwrap();
/// assert_eq!(space.to_string(), "lr=0.0001..1 log, momentum=0..0.5, nesterov=true|false");
/// let error = "lr=1e-4..1 lgo".parse::<Space>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown scale `lgo`; did you mean `log`?\n  lr=1e-4..1 lgo");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    /// In the order of their text; each name once.
    pub dimensions: Vec<Dimension>,
}

/// A space that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpaceError {
    /// Something else than was expected.
    #[error("expected {expected}, found {found}\n  {place}")]
    Expected {
        /// The words for it.
        expected: String,
        /// The text that is there.
        found: String,
        /// The part of the space.
        place: String,
    },
    /// A hyperparameter with two domains.
    #[error("duplicate `{name}`\n  {place}")]
    Duplicate {
        /// Its name.
        name: String,
        /// The second part.
        place: String,
    },
    /// A name that is not known.
    #[error("unknown {kind} `{name}`{}\n  {place}", did_you_mean(.name, .known))]
    Unknown {
        /// `scale` or `hyperparameter`.
        kind: &'static str,
        /// The name as it was written.
        name: String,
        /// The names that there are.
        known: Vec<String>,
        /// The part of the space.
        place: String,
    },
}

impl SpaceError {
    /// The next step for a person.
    pub fn hint(&self) -> String {
        match self {
            SpaceError::Unknown { known, .. } => format!("one of {}", known.join(", ")),
            SpaceError::Duplicate { .. } => "one interval or choice for each name".to_string(),
            SpaceError::Expected { .. } => {
                "for example lr=1e-4..1 log, beta1=0.8..0.99 one_minus_log, nesterov=true|false".to_string()
            }
        }
    }
}

fn did_you_mean(name: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    nearest(name, &known).map_or(String::new(), |other| format!("; did you mean `{other}`?"))
}

/// Text of a file or a flag as a message shows it.
fn shown(text: &str) -> String {
    const MOST: usize = 80;
    shorten(text, MOST)
}

impl Space {
    /// Refuses hyperparameters that are not among these.
    ///
    /// ```
    /// let space: lab::search::Space = "betta1=0.8..0.99".parse().unwrap();
    /// let error = space.check(&["lr", "beta1", "beta2"]).unwrap_err();
    /// assert!(error.to_string().starts_with("unknown hyperparameter `betta1`; did you mean `beta1`?"));
    /// assert_eq!(error.hint(), "one of lr, beta1, beta2");
    /// ```
    ///
    /// # Errors
    /// The first that is unknown.
    pub fn check(&self, known: &[&str]) -> Result<(), SpaceError> {
        match self.dimensions.iter().find(|dimension| !known.contains(&dimension.name.as_str())) {
            None => Ok(()),
            Some(dimension) => Err(SpaceError::Unknown {
                kind: "hyperparameter",
                name: dimension.name.clone(),
                known: known.iter().map(|name| name.to_string()).collect(),
                place: dimension.to_string(),
            }),
        }
    }

    /// The dimension of this name.
    pub fn get(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.name == name)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.domain)
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, dimension) in self.dimensions.iter().enumerate() {
            write!(f, "{}{dimension}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl FromStr for Space {
    type Err = SpaceError;

    fn from_str(text: &str) -> Result<Space, SpaceError> {
        let mut space = Space::default();
        if text.trim().is_empty() {
            return Ok(space);
        }
        for part in text.split(',') {
            let dimension: Dimension = part.parse()?;
            if space.get(&dimension.name).is_some() {
                return Err(SpaceError::Duplicate { name: dimension.name, place: shown(part.trim()) });
            }
            space.dimensions.push(dimension);
        }
        Ok(space)
    }
}

impl FromStr for Dimension {
    type Err = SpaceError;

    fn from_str(text: &str) -> Result<Dimension, SpaceError> {
        let place = text.trim();
        let expected = |expected: &str, found: &str| SpaceError::Expected {
            expected: expected.to_string(),
            found: if found.is_empty() { "nothing".to_string() } else { format!("`{}`", shown(found)) },
            place: shown(place),
        };
        let (name, domain) =
            place.split_once('=').ok_or_else(|| expected("name=low..high or name=word|word", place))?;
        let (name, domain) = (name.trim(), domain.trim());
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(expected("a name before `=`", name));
        }
        let domain = match domain.split_once("..") {
            Some((low, rest)) => {
                let mut words = rest.split_whitespace();
                let number = |text: &str| text.trim().parse().map_err(|_| expected("a number", text.trim()));
                let (low, high): (f64, f64) = (number(low)?, number(words.next().unwrap_or_default())?);
                let scale = words.next().map_or(Ok(Scale::Linear), |word| scale(word, place))?;
                if let Some(word) = words.next() {
                    return Err(expected("a comma", word));
                }
                if !scale.accepts(low, high) {
                    return Err(expected(&format!("{} on a {} scale", scale.takes(), scale.word()), domain));
                }
                Domain::Interval { low, high, scale }
            }
            None => {
                let words: Vec<String> = domain.split('|').map(|word| word.trim().to_string()).collect();
                if words.iter().any(|word| word.is_empty() || word.contains(char::is_whitespace)) {
                    return Err(expected("low..high or words with `|` between", domain));
                }
                if let Some(i) = (1..words.len()).find(|&i| words[..i].contains(&words[i])) {
                    return Err(SpaceError::Duplicate { name: words[i].clone(), place: shown(place) });
                }
                Domain::Choice(words)
            }
        };
        Ok(Dimension { name: name.to_string(), domain })
    }
}

fn scale(word: &str, place: &str) -> Result<Scale, SpaceError> {
    let found = Scale::ALL.into_iter().find(|scale| scale.word() == word);
    found.ok_or_else(|| SpaceError::Unknown {
        kind: "scale",
        name: shown(word),
        known: Scale::ALL.iter().map(|scale| scale.word().to_string()).collect(),
        place: shown(place),
    })
}
