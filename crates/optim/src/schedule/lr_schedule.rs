//! Learning rates over time: pure functions of the step and the total.

use std::fmt;

use crate::error::Error;
use crate::hyper::{Hyper, Hyperparameters, Setting, Span, Value, spans_of};
use crate::schedule::Schedule;

/// What the learning rate is multiplied with at each step: a [`Schedule`] after a linear warm-up, the
/// product of several, or such one after the other.
///
/// | spelling | what it is |
/// |---|---|
/// | `cosine floor=0.1` | a course by its name, with settings |
/// | `cosine warmup=5%` | after a rise in a straight line to where it starts |
/// | `cosine * step gamma=0.5` | the product of two |
/// | `linear until=30% then cosine` | one after the other; each has its own steps as its total |
///
/// It counts updates of the weights; batches that are accumulated are one. A length is a number of updates
/// (`every=500`), of epochs (`every=3ep`), or a share of all updates (`every=30%`). Epochs are turned into
/// updates by [`in_steps`](LrSchedule::in_steps), which an optimizer does that was told how long one is.
///
/// ```
/// use optim::{LrSchedule, Span, schedules::{Constant, Cosine}};
///
/// let schedule: LrSchedule = "cosine floor=0.1 until=80% then constant value=0.1".parse()?;
/// assert_eq!([0, 40, 80, 100].map(|step| schedule.factor(step, 100)), [1.0, 0.55, 0.1, 0.1]);
///
/// let same = LrSchedule::new(Cosine { floor: 0.1 })
///     .then(Span::Percent(80.0), LrSchedule::new(Constant { value: 0.1 }));
/// assert_eq!(same, schedule);
/// assert_eq!(same.to_string(), "cosine floor=0.1 until=80% then constant value=0.1");
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LrSchedule {
    /// What comes before the last, each with the step of the whole at which the next begins.
    pub(crate) before: Vec<(Product, Span)>,
    pub(crate) last: Product,
}

/// Courses that are multiplied; at least one.
pub(crate) type Product = Vec<Warmed>;

/// A course after its warm-up.
#[derive(Debug, Clone)]
pub(crate) struct Warmed {
    pub(crate) course: Box<dyn Schedule>,
    pub(crate) warmup: Span,
}

impl LrSchedule {
    /// The setting that every course has beside its own.
    pub const WARMUP: Hyper = Hyper {
        name: "warmup",
        doc: "Steps of a rise in a straight line to where it starts, before it.",
        default: Value::Span(Span::Steps(0)),
        kind: Span::KIND,
        range: None,
    };

    /// This course without a warm-up.
    pub fn new(course: impl Schedule) -> LrSchedule {
        LrSchedule::from_boxed(course.boxed())
    }

    /// A course that was chosen by name, without a warm-up.
    pub fn from_boxed(course: Box<dyn Schedule>) -> LrSchedule {
        LrSchedule { before: vec![], last: vec![Warmed { course, warmup: Span::default() }] }
    }

    /// Rises in a straight line to where the schedule starts first; what follows has the steps after
    /// it as its total. Of a product, the first factor does; of parts, the first.
    #[must_use]
    pub fn with_warmup(mut self, warmup: Span) -> LrSchedule {
        let first = self.before.first_mut().map_or(&mut self.last, |(product, _)| product);
        first[0].warmup = warmup;
        self
    }

    /// This one until a step of the whole, then `next`.
    #[must_use]
    pub fn then(mut self, until: Span, next: LrSchedule) -> LrSchedule {
        self.before.push((self.last, until));
        self.before.extend(next.before);
        LrSchedule { before: self.before, last: next.last }
    }

    /// The product of two.
    ///
    /// # Errors
    /// If one of them is made of parts one after the other: multiply the parts instead.
    pub fn times(mut self, other: LrSchedule) -> Result<LrSchedule, Error> {
        if !self.before.is_empty() || !other.before.is_empty() {
            let why = "what is joined by `then` is not multiplied: multiply its parts".to_string();
            return Err(Error::Conflict { of: "schedule".to_string(), why });
        }
        self.last.extend(other.last);
        Ok(self)
    }

    /// Whether factors depend on the total.
    ///
    /// ```
    /// let [cosine, step] = ["cosine", "step every=500"].map(|text| text.parse::<optim::LrSchedule>().unwrap());
    /// assert_eq!([cosine.depends_on_total(), step.depends_on_total()], [true, false]);
    /// ```
    pub fn depends_on_total(&self) -> bool {
        self.warmed().any(|warmed| warmed.course.depends_on_total())
            || self.spans().iter().any(Span::is_share)
    }

    /// Whether a length in it is in epochs.
    pub fn has_epochs(&self) -> bool {
        self.spans().iter().any(Span::is_in_epochs)
    }

    /// The same with lengths in epochs as updates, of which an epoch has so many.
    ///
    /// ```
    /// let schedule: optim::LrSchedule = "step every=3ep".parse()?;
    /// assert_eq!(schedule.in_steps(938).to_string(), "step every=2814");
    /// # Ok::<(), optim::Error>(())
    /// ```
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> LrSchedule {
        let mut schedule = self.clone();
        for (product, until) in &mut schedule.before {
            *until = until.in_steps(steps_per_epoch);
            product.iter_mut().for_each(|warmed| warmed.set_in_steps(steps_per_epoch));
        }
        schedule.last.iter_mut().for_each(|warmed| warmed.set_in_steps(steps_per_epoch));
        schedule
    }

    /// All lengths and places in it.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let of = |warmed: &Warmed| [vec![warmed.warmup], spans_of(&*warmed.course)].concat();
        self.warmed().flat_map(of).chain(self.before.iter().map(|(_, until)| *until)).collect()
    }

    fn warmed(&self) -> impl Iterator<Item = &Warmed> {
        self.before.iter().map(|(product, _)| product).chain([&self.last]).flatten()
    }

    /// The factor at a step, counted from 0, of `total`; it goes on beyond the total, mostly with
    /// the last value.
    ///
    /// # Panics
    /// If a length in it is in epochs: [`in_steps`](LrSchedule::in_steps) comes first.
    ///
    /// ```
    /// let schedule: optim::LrSchedule = "cosine".parse()?;
    /// assert_eq!(schedule.factor(0, 100), 1.0);
    /// assert!((schedule.factor(50, 100) - 0.5).abs() < 1e-12);
    /// assert!(schedule.factor(100, 100).abs() < 1e-12);
    /// # Ok::<(), optim::Error>(())
    /// ```
    pub fn factor(&self, step: u64, total: u64) -> f64 {
        let (s, total) = (step as f64, total as f64);
        let mut start = 0.0;
        for (product, until) in &self.before {
            let end = until.steps(total).clamp(start, f64::INFINITY);
            if s < end {
                return factor(product, s - start, end - start);
            }
            start = end;
        }
        factor(&self.last, s - start, (total - start).max(0.0))
    }
}

fn factor(product: &Product, s: f64, total: f64) -> f64 {
    product.iter().map(|warmed| warmed.factor(s, total)).product()
}

impl Warmed {
    fn set_in_steps(&mut self, steps_per_epoch: u64) {
        (&mut *self.course as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
        self.warmup = self.warmup.in_steps(steps_per_epoch);
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let warmup = self.warmup.steps(total);
        if s < warmup {
            // It rises to a start that has steps after it, also where the ramp takes the whole run.
            return (s + 1.0) / warmup * self.course.factor(0.0, (total - warmup).max(1.0));
        }
        self.course.factor(s - warmup, (total - warmup).max(0.0))
    }
}

impl PartialEq for Warmed {
    fn eq(&self, other: &Warmed) -> bool {
        *self.course == *other.course && self.warmup == other.warmup
    }
}

impl fmt::Display for LrSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (product, until) in &self.before {
            print(product, f)?;
            write!(f, " until={until} then ")?;
        }
        print(&self.last, f)
    }
}

fn print(product: &Product, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, Warmed { course, warmup }) in product.iter().enumerate() {
        write!(f, "{}{course}", if i > 0 { " * " } else { "" })?;
        if *warmup != Span::default() {
            write!(f, " {}={warmup}", LrSchedule::WARMUP.name)?;
        }
    }
    Ok(())
}
