//! Learning rate schedules of several parts.

use std::fmt;

use crate::error::Error;
use crate::hyper::{Hyper, Hyperparameters, Setting, Time, Value, times_of};
use crate::schedule::{DynSchedule, Schedule};

/// Factor of the learning rate at each step: a [`Schedule`] after a linear warm-up, a product of several, or
/// a sequence of such products.
///
/// | spelling | meaning |
/// |---|---|
/// | `cosine floor=0.1` | a schedule by name, with settings |
/// | `cosine warmup=5%` | after a linear warm-up to its first factor |
/// | `cosine * step gamma=0.5` | the product of two |
/// | `linear until=30% then cosine` | a sequence; the total of each is its own number of steps |
///
/// Steps are updates of the weights; accumulated batches are one. A length is a number of updates
/// (`every=500`), of epochs (`every=3ep`), or a percentage of all updates (`every=30%`).
/// [`in_steps`](LrSchedule::in_steps) converts epochs to updates, as an optimizer does that knows their length.
///
/// ```
/// use optim::{LrSchedule, Time, schedules::{Constant, Cosine}};
///
/// let schedule: LrSchedule = "cosine floor=0.1 until=80% then constant value=0.1".parse()?;
/// assert_eq!([0, 40, 80, 100].map(|step| schedule.factor(step, 100)), [1.0, 0.55, 0.1, 0.1]);
///
/// let same = LrSchedule::new(Cosine { floor: 0.1 })
///     .then(Time::Percent(80.0), LrSchedule::new(Constant { value: 0.1 }));
/// assert_eq!(same, schedule);
/// assert_eq!(same.to_string(), "cosine floor=0.1 until=80% then constant value=0.1");
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LrSchedule {
    /// All products but the last, each with the step of the whole at which the next begins.
    pub(crate) segments: Vec<(Product, Time)>,
    pub(crate) last: Product,
}

/// Product of at least one factor.
pub(crate) type Product = Vec<Factor>;

/// Schedule after its warm-up.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    pub(crate) schedule: Box<dyn DynSchedule>,
    pub(crate) warmup: Time,
}

impl LrSchedule {
    /// Setting of every schedule, in addition to its own.
    pub const WARMUP: Hyper = Hyper {
        name: "warmup",
        doc: "Steps of a linear warm-up to the first factor, before the schedule.",
        default: Value::Time(Time::Steps(0)),
        kind: Time::KIND,
        range: None,
        search: None,
    };

    /// A schedule without a warm-up.
    pub fn new(schedule: impl Schedule) -> LrSchedule {
        LrSchedule::from_boxed(Box::new(schedule))
    }

    /// As [`new`](LrSchedule::new), for a schedule that was chosen by name.
    pub fn from_boxed(schedule: Box<dyn DynSchedule>) -> LrSchedule {
        LrSchedule { segments: vec![], last: vec![Factor { schedule, warmup: Time::default() }] }
    }

    /// Adds a linear warm-up to the first factor; the total of the schedule is the number of steps after it.
    /// In a product it applies to the first schedule, in a sequence to the first part.
    #[must_use]
    pub fn with_warmup(mut self, warmup: Time) -> LrSchedule {
        let first = self.segments.first_mut().map_or(&mut self.last, |(product, _)| product);
        first[0].warmup = warmup;
        self
    }

    /// Continues with `next` from a step of the whole on.
    #[must_use]
    pub fn then(mut self, until: Time, next: LrSchedule) -> LrSchedule {
        self.segments.push((self.last, until));
        self.segments.extend(next.segments);
        LrSchedule { segments: self.segments, last: next.last }
    }

    /// Product of two schedules.
    ///
    /// # Errors
    /// If one of them is a sequence: multiply its parts instead.
    pub fn times(mut self, other: LrSchedule) -> Result<LrSchedule, Error> {
        if !self.segments.is_empty() || !other.segments.is_empty() {
            let why = "expected factors without `then`; multiply the parts of a sequence instead".to_string();
            return Err(Error::Conflict { of: "schedule".to_string(), why });
        }
        self.last.extend(other.last);
        Ok(self)
    }

    /// Tells whether factors depend on the total number of updates.
    ///
    /// ```
    /// let [cosine, step] = ["cosine", "step every=500"].map(|text| text.parse::<optim::LrSchedule>().unwrap());
    /// assert_eq!([cosine.depends_on_total(), step.depends_on_total()], [true, false]);
    /// ```
    pub fn depends_on_total(&self) -> bool {
        self.all_factors().any(|factor| factor.schedule.depends_on_total())
            || self.lengths().iter().any(Time::is_fraction)
    }

    /// Tells whether a length is in epochs.
    pub fn has_epochs(&self) -> bool {
        self.lengths().iter().any(Time::is_in_epochs)
    }

    /// Converts lengths in epochs to updates.
    ///
    /// ```
    /// let schedule: optim::LrSchedule = "step every=3ep".parse()?;
    /// assert_eq!(schedule.in_steps(938).to_string(), "step every=2814");
    /// # Ok::<(), optim::Error>(())
    /// ```
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> LrSchedule {
        let mut schedule = self.clone();
        for (product, until) in &mut schedule.segments {
            *until = until.in_steps(steps_per_epoch);
            product.iter_mut().for_each(|factor| factor.set_in_steps(steps_per_epoch));
        }
        schedule.last.iter_mut().for_each(|factor| factor.set_in_steps(steps_per_epoch));
        schedule
    }

    /// All lengths.
    pub(crate) fn lengths(&self) -> Vec<Time> {
        let of = |factor: &Factor| [vec![factor.warmup], times_of(&*factor.schedule)].concat();
        self.all_factors().flat_map(of).chain(self.segments.iter().map(|(_, until)| *until)).collect()
    }

    fn all_factors(&self) -> impl Iterator<Item = &Factor> {
        self.segments.iter().map(|(product, _)| product).chain([&self.last]).flatten()
    }

    /// Factor at a step, counted from 0, of `total`; beyond the total it is mostly the last value.
    ///
    /// # Panics
    /// If a length is in epochs: call [`in_steps`](LrSchedule::in_steps) first.
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
        for (product, until) in &self.segments {
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
    product.iter().map(|factor| factor.factor(s, total)).product()
}

impl Factor {
    fn set_in_steps(&mut self, steps_per_epoch: u64) {
        (&mut *self.schedule as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
        self.warmup = self.warmup.in_steps(steps_per_epoch);
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let warmup = self.warmup.steps(total);
        if s < warmup {
            // The first factor of a schedule of at least one step, also where the warm-up is the whole run.
            return (s + 1.0) / warmup * self.schedule.factor(0.0, (total - warmup).max(1.0));
        }
        self.schedule.factor(s - warmup, (total - warmup).max(0.0))
    }
}

impl PartialEq for Factor {
    fn eq(&self, other: &Factor) -> bool {
        *self.schedule == *other.schedule && self.warmup == other.warmup
    }
}

impl fmt::Display for LrSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (product, until) in &self.segments {
            print(product, f)?;
            write!(f, " until={until} then ")?;
        }
        print(&self.last, f)
    }
}

fn print(product: &Product, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, Factor { schedule, warmup }) in product.iter().enumerate() {
        write!(f, "{}{schedule}", if i > 0 { " * " } else { "" })?;
        if *warmup != Time::default() {
            write!(f, " {}={warmup}", LrSchedule::WARMUP.name)?;
        }
    }
    Ok(())
}
