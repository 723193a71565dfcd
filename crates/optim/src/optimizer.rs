//! A rule at work: its state, the step count, the schedule and clipping.

use std::sync::Arc;

use tensor::simd::{self, Path};
use tensor::{Entry, Layout, Role};

use crate::clip;
use crate::each::Each;
use crate::error::Error;
use crate::hyper::Value;
use crate::rule::{Extent, Rule};
use crate::schedule::Schedule;

/// Updates a slice of weights, step by step.
#[derive(Debug)]
pub struct Optimizer {
    /// As declared; the learning rate before the schedule.
    rule: Box<dyn Rule>,
    /// The same with this step's learning rate.
    scheduled: Box<dyn Rule>,
    schedule: Schedule,
    total_steps: u64,
    clip_norm: Option<f64>,
    steps: u64,
    layout: Arc<Layout>,
    state: Vec<Vec<f32>>,
    extents: Vec<Extent>,
    scalars: Vec<f64>,
    path: Path,
}

/// All that an optimizer remembers, to be written and read again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateDict {
    /// Updates made.
    pub steps: u64,
    /// The state arrays by name.
    pub arrays: Vec<(String, Vec<f32>)>,
    /// The numbers beside them by name; most rules have none.
    pub scalars: Vec<(String, f64)>,
}

impl Optimizer {
    /// An optimizer for this many weights, which are one parameter unless
    /// [`with_layout`](Optimizer::with_layout) says more.
    ///
    /// # Errors
    /// If a hyperparameter is out of range, or some do not go together.
    pub fn new(rule: impl Rule, weights: usize) -> Result<Optimizer, Error> {
        Optimizer::from_boxed(rule.boxed(), weights)
    }

    /// An optimizer with a rule that was chosen by name.
    ///
    /// # Errors
    /// As [`Optimizer::new`].
    pub fn from_boxed(rule: Box<dyn Rule>, weights: usize) -> Result<Optimizer, Error> {
        rule.validate()?;
        let mut layout = Layout::new();
        layout.push("weights", [weights], Role::Matrix);
        let scalars = rule.scalars().iter().map(|s| s.start).collect();
        Ok(Optimizer {
            scheduled: rule.boxed(),
            schedule: Schedule::default(),
            total_steps: 0,
            clip_norm: None,
            steps: 0,
            state: fresh_state(&*rule, layout.entries()),
            extents: rule.state().iter().map(|s| s.extent).collect(),
            layout: Arc::new(layout),
            scalars,
            path: simd::path(),
            rule,
        })
    }

    /// Tells the parameters apart, for rules of the tensor tier; others do the same without.
    ///
    /// # Panics
    /// If the layout has another number of weights, or a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_layout(self, layout: impl Into<Arc<Layout>>) -> Optimizer {
        let layout = layout.into();
        assert_eq!(
            layout.len(),
            self.layout.len(),
            "a layout of as many weights as the optimizer was made for"
        );
        assert_eq!(self.steps, 0, "the layout comes before the first step");
        Optimizer { state: fresh_state(&*self.rule, layout.entries()), layout, ..self }
    }

    /// Multiplies the learning rate by `schedule` over `total_steps` updates.
    #[must_use]
    pub fn with_schedule(self, schedule: Schedule, total_steps: u64) -> Optimizer {
        Optimizer { schedule, total_steps, ..self }
    }

    /// Scales gradients whose global norm is greater down to this norm.
    ///
    /// # Errors
    /// If the norm is not a positive number.
    pub fn with_clip_norm(self, max_norm: f64) -> Result<Optimizer, Error> {
        if max_norm > 0.0 && max_norm.is_finite() {
            return Ok(Optimizer { clip_norm: Some(max_norm), ..self });
        }
        let allowed = "a finite number greater than 0".to_string();
        Err(Error::OutOfRange {
            of: "clipping".into(),
            name: "clip".into(),
            value: max_norm.to_string(),
            allowed,
        })
    }

    /// Runs with these instructions instead of the widest that the machine has: to compare them.
    /// The bits are the same.
    ///
    /// # Panics
    /// If the machine does not have them.
    #[must_use]
    #[track_caller]
    pub fn with_instructions(self, path: Path) -> Optimizer {
        assert!(path.is_available(), "this machine has no {}", path.name());
        Optimizer { path, ..self }
    }

    /// One update.
    ///
    /// # Panics
    /// If weights, gradients and state are not of one length.
    #[track_caller]
    pub fn step(&mut self, weights: &mut [f32], gradients: &[f32]) {
        assert_eq!(weights.len(), gradients.len(), "as many gradients as weights");
        assert_eq!(weights.len(), self.layout.len(), "the optimizer was made for other weights");
        let factor = self.schedule.factor(self.steps, self.total_steps);
        let lr = self.learning_rate();
        if let Some(lr) = lr {
            self.scheduled.put("lr", Value::Number(lr)).expect("the learning rate is a number");
        }
        self.steps += 1;
        let scale = self.clip_norm.map_or(1.0, |max| clip::global_norm_factor(gradients, max));
        let each = Each {
            weights,
            gradients,
            scale: scale as f32,
            state: self.state.iter_mut().map(|array| &mut array[..]).collect(),
            extents: &self.extents,
            entries: self.layout.entries(),
            scalars: &mut self.scalars,
            schedule_factor: factor,
            path: self.path,
        };
        self.scheduled.update(self.steps, each);
    }

    /// The learning rate of the next step; `None` for a rule that has none.
    pub fn learning_rate(&self) -> Option<f64> {
        let base = f64::try_from(self.rule.get("lr")?).ok()?;
        Some(base * self.schedule.factor(self.steps, self.total_steps))
    }

    /// The weights to evaluate at: `weights`, the ones that are stepped on, or the average that the
    /// rule keeps of them.
    pub fn evaluation_weights<'a>(&'a self, weights: &'a [f32]) -> &'a [f32] {
        let named = |name| self.rule.state().iter().position(|s| s.name == name);
        match self.rule.evaluated().and_then(named) {
            Some(index) if self.steps > 0 => &self.state[index],
            _ => weights,
        }
    }

    /// Updates made so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The rule with its settings.
    pub fn rule(&self) -> &dyn Rule {
        &*self.rule
    }

    /// Bytes of state for each weight: of the arrays that have a number for each, beside which those
    /// with one a row or a parameter are small.
    pub fn state_bytes_per_weight(&self) -> usize {
        self.extents.iter().filter(|extent| extent.is_full(self.layout.entries())).count() * size_of::<f32>()
    }

    /// A copy of the whole state.
    pub fn state_dict(&self) -> StateDict {
        let names = self.rule.state().into_iter().map(|s| s.name.to_string());
        let scalar_names = self.rule.scalars().into_iter().map(|s| s.name.to_string());
        StateDict {
            steps: self.steps,
            arrays: names.zip(self.state.iter().cloned()).collect(),
            scalars: scalar_names.zip(self.scalars.iter().copied()).collect(),
        }
    }

    /// Goes on where `saved` was taken.
    ///
    /// # Errors
    /// If its arrays and scalars are not those of this rule, or the arrays not as long as the
    /// weights; then nothing is changed.
    pub fn load_state_dict(&mut self, saved: StateDict) -> Result<(), Error> {
        let names: Vec<&str> = self.rule.state().iter().map(|s| s.name).collect();
        let found: Vec<&str> = saved.arrays.iter().map(|(name, _)| name.as_str()).collect();
        if names != found {
            let why = format!("`{}` keeps the arrays {names:?}, the saved state has {found:?}", &*self.rule);
            return Err(Error::State { why });
        }
        let names: Vec<&str> = self.rule.scalars().iter().map(|s| s.name).collect();
        let found: Vec<&str> = saved.scalars.iter().map(|(name, _)| name.as_str()).collect();
        if names != found {
            let why = format!("`{}` keeps the scalars {names:?}, the saved state has {found:?}", &*self.rule);
            return Err(Error::State { why });
        }
        for ((name, array), own) in saved.arrays.iter().zip(&self.state) {
            if array.len() != own.len() {
                let why = format!("`{name}` has {} numbers for {} weights", array.len(), own.len());
                return Err(Error::State { why });
            }
        }
        self.state = saved.arrays.into_iter().map(|(_, array)| array).collect();
        self.scalars = saved.scalars.into_iter().map(|(_, number)| number).collect();
        self.steps = saved.steps;
        Ok(())
    }
}

/// The state arrays before the first step.
fn fresh_state(rule: &dyn Rule, entries: &[Entry]) -> Vec<Vec<f32>> {
    let numbers = |extent: Extent| entries.iter().map(|entry| extent.numbers(entry)).sum();
    rule.state().iter().map(|s| vec![s.start; numbers(s.extent)]).collect()
}
