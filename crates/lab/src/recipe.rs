//! How something is to be learned: one spelling for all settings, printed and parsed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use optim::hyper::Value;
use optim::{Optimizer, Rule, Schedule, rules};
use tensor::Layout;

use crate::error::Error;

/// An update rule with its hyperparameters, the schedule, clipping and the batch size.
///
/// ```
/// use lab::Recipe;
/// let recipe: Recipe = "adamw lr=3e-3 beta2=0.95, cosine warmup=5%, clip=1, batch=128".parse()?;
/// assert_eq!(recipe.batch, 128);
/// assert_eq!(recipe.to_string(), "adamw lr=0.003 beta2=0.95, cosine warmup=5%, clip=1, batch=128");
/// assert_eq!("adam".parse::<Recipe>()?.to_string(), "adam lr=0.001, batch=64");
/// # Ok::<(), lab::Error>(())
/// ```
#[derive(Debug)]
pub struct Recipe {
    /// The update rule.
    pub rule: Box<dyn Rule>,
    /// The course of the learning rate.
    pub schedule: Schedule,
    /// The greatest global norm of a gradient, if it is clipped.
    pub clip: Option<f64>,
    /// Examples in one batch.
    pub batch: usize,
}

impl Recipe {
    /// The notebook's batch size.
    pub const BATCH: usize = 64;

    /// A rule with a constant learning rate, no clipping and the notebook's batch size.
    pub fn new(rule: Box<dyn Rule>) -> Recipe {
        Recipe { rule, schedule: Schedule::default(), clip: None, batch: Recipe::BATCH }
    }

    /// The rule's name.
    pub fn name(&self) -> &'static str {
        self.rule.card().name
    }

    /// An optimizer for the parameters of this layout and so many updates in all.
    ///
    /// # Errors
    /// If settings are out of range or do not go together.
    pub fn optimizer(&self, layout: &Arc<Layout>, total_steps: u64) -> Result<Optimizer, Error> {
        let optimizer = Optimizer::from_boxed(self.rule.boxed(), layout.len())?
            .with_layout(layout.clone())
            .with_schedule(self.schedule.clone(), total_steps);
        Ok(match self.clip {
            Some(norm) => optimizer.with_clip_norm(norm)?,
            None => optimizer,
        })
    }

    /// Whether an optimizer can be made of these settings.
    ///
    /// # Errors
    /// As [`Recipe::optimizer`].
    pub fn check(&self) -> Result<(), Error> {
        self.optimizer(&Arc::default(), 1).map(drop)
    }
}

impl Clone for Recipe {
    fn clone(&self) -> Recipe {
        Recipe { rule: self.rule.boxed(), schedule: self.schedule.clone(), ..*self }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recipe { rule, schedule, clip, batch } = self;
        write!(f, "{rule}")?;
        if *schedule != Schedule::default() {
            write!(f, ", {schedule}")?;
        }
        if let Some(norm) = clip {
            write!(f, ", clip={}", Value::Number(*norm))?;
        }
        write!(f, ", batch={batch}")
    }
}

impl FromStr for Recipe {
    type Err = Error;

    fn from_str(text: &str) -> Result<Recipe, Error> {
        let mut parts = text.split(',').map(str::trim);
        let mut recipe = Recipe::new(rules::parse(parts.next().unwrap_or_default())?);
        for part in parts {
            let number = |text: &str| text.parse().map_err(|_| Error::Recipe { part: part.to_string() });
            match part.split_once('=') {
                Some(("clip", norm)) => recipe.clip = Some(number(norm)?),
                Some(("batch", size)) => {
                    recipe.batch = size.parse().map_err(|_| Error::Recipe { part: part.to_string() })?;
                }
                _ => recipe.schedule = part.parse()?,
            }
        }
        recipe.check()?;
        if recipe.batch == 0 {
            return Err(Error::Recipe { part: "batch=0".to_string() });
        }
        Ok(recipe)
    }
}
