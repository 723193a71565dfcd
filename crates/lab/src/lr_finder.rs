//! Which learning rate to begin with: a range test on a copy of everything.

mod doubt;
mod exponential_ramp;
mod found;
mod suggestion;

use optim::hyper::Value;
use optim::schedules::Constant;
use optim::{DynRule, LrSchedule, Optimizer, OptimizerSpec, Time};
use serde::{Deserialize, Serialize};
use tensor::{Layout, ParamVec, Role};

use crate::error::Error;
use crate::stats;
use crate::worker_pool::{Ending, WorkerPool};
use std::ops::ControlFlow;
use train::Recipe;
use train::Task;
use train::{Budget, Snapshot, Training};

use suggestion::Curve;

pub use doubt::{Doubt, Reason};
pub use exponential_ramp::ExponentialRamp;
pub use found::{Across, Departure, RangeTest, SeedSweep};
pub use suggestion::{Ended, Suggestion};

/// Looks for the learning rate of a recipe by a range test (Smith 2017, section 3.3): a short training
/// whose rate rises from far too small to far too great, by the same factor with every update. Where the
/// smoothed loss falls, turns and climbs again tells which rates the optimizer bears on this task.
///
/// It works on copies: of fresh weights, of weights that are given, or of a run that is under way, with
/// its optimizer's state and its place in the epoch. Every seed has its own copy and its own batches, and
/// the same seeds give the same bits on any number of threads. The recipe's schedule (and plateau) do not
/// act while the rate rises; all else is as in a run: batch, clipping, wrappers, and groups, whose
/// rates rise in proportion.
///
/// ```
/// use std::ops::ControlFlow;
/// use lab::LrFinder;
/// use train::{Recipe, Task};
///
/// let request = data::Request::embedded(data::set("mnist")?);
/// let task = Task::notebook(data::load(&request, &mut |_| ())?);
/// let recipe: Recipe = "adam".parse()?;
/// let test = LrFinder::new(&task, &recipe).run(&|_| ControlFlow::Continue(()))?;
/// let rate = test.choice.expect("a network that has not learned yet shows it");
/// assert!((3e-4..1e-2).contains(&rate));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LrFinder<'t> {
    /// The task to learn.
    pub task: &'t Task,
    /// The recipe under test; its rates count only in proportion to each other.
    pub recipe: &'t Recipe,
    /// Where from.
    pub start: Start<'t>,
    /// From which rate to which, and how.
    pub sweep: Sweep,
    /// One sweep each. A seed gives the batches, and the weights where they are fresh.
    pub seeds: Vec<u64>,
    /// Threads in all.
    pub threads: usize,
}

/// State that a sweep starts from, as a copy.
#[derive(Debug, Clone, Copy)]
pub enum Start<'t> {
    /// Weights as they are drawn from the seed.
    Fresh,
    /// These weights of the same network, with an optimizer that has made no update.
    Weights(&'t ParamVec),
    /// A run of the same task and recipe with all that it has learned.
    Run(&'t Training<'t>),
}

/// The rates of a range test and how its loss is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The first rate.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// Updates, each with its own rate.
    pub steps: u32,
    /// Fraction of the smoothed loss that is kept when a loss is added, from 0 to less than 1. With 0.98, as in
    /// fastai and PyTorch Lightning, 100 steps are half smeared into one.
    pub smoothing: f64,
    /// A sweep ends when the smoothed loss is this multiple of its lowest, and above where it began.
    pub stop: f64,
}

/// An update of a range test, for those who watch it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Whose sweep it belongs to.
    pub seed: u64,
    /// Rates tried in this sweep so far.
    pub rates: usize,
    /// The loss before the update.
    pub loss: f64,
    /// True if the sweep ends here.
    pub last: bool,
}

impl Default for Sweep {
    fn default() -> Sweep {
        Sweep { from: 1e-7, to: 10.0, steps: 200, smoothing: 0.9, stop: 4.0 }
    }
}

impl Sweep {
    /// Fewer steps show no curve.
    pub const FEWEST_STEPS: u32 = 50;
    /// More are a training, not a test.
    pub const MOST_STEPS: u32 = 100_000;

    /// The rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / f64::from(self.steps.max(2) - 1);
        self.from * (self.to / self.from).powf(share)
    }

    /// Checks that a test can be made of it.
    ///
    /// # Errors
    /// If rates, steps or smoothing are out of range.
    pub fn check(&self) -> Result<(), Error> {
        let Sweep { from, to, steps, smoothing, stop } = *self;
        let wrong = |why: String, hint: String| Err(Error::RangeTest { why, hint });
        if !(from > 0.0 && from < to && to.is_finite()) {
            return wrong(
                format!("rates from {} to {} do not rise", Value::Number(from), Value::Number(to)),
                "the first is above 0 and the last greater than the first, as in 1e-7 to 10".into(),
            );
        }
        if !(Sweep::FEWEST_STEPS..=Sweep::MOST_STEPS).contains(&steps) {
            return wrong(
                format!("{steps} steps are no range test"),
                format!("give {} to {} steps", Sweep::FEWEST_STEPS, Sweep::MOST_STEPS),
            );
        }
        if !(0.0..1.0).contains(&smoothing) {
            return wrong(
                format!("a smoothing of {smoothing} is not allowed"),
                "it is the share of the smoothed loss that is kept: from 0 to less than 1, such as 0.9"
                    .into(),
            );
        }
        if !(stop > 1.0 && stop.is_finite()) {
            return wrong(
                format!("a sweep cannot end at {stop} times its lowest loss"),
                "give a number above 1, such as 4".into(),
            );
        }
        Ok(())
    }
}

impl<'t> LrFinder<'t> {
    /// Fresh weights, the usual sweep, seeds 0 to 4 and all cores.
    pub fn new(task: &'t Task, recipe: &'t Recipe) -> LrFinder<'t> {
        let threads = tensor::parallel::cores();
        let (start, sweep, seeds) = (Start::Fresh, Sweep::default(), (0..5).collect());
        LrFinder { task, recipe, start, sweep, seeds, threads }
    }

    /// Makes all sweeps and reads them.
    ///
    /// `watch` is called after every update, from several threads; when it says stop, sweeps that are not
    /// finished are left out. Nothing else depends on `threads`.
    ///
    /// # Errors
    /// If the sweep or the recipe cannot be used, the recipe has no learning rate that could be found, it is
    /// not that of the run to start from, or a thread cannot be started; all before the first sweep.
    pub fn run(&self, watch: &(dyn Fn(Step) -> ControlFlow<()> + Sync)) -> Result<RangeTest, Error> {
        self.sweep.check()?;
        let beginning = match self.start {
            Start::Fresh => Beginning::Fresh,
            Start::Weights(weights) => Beginning::Weights(weights),
            Start::Run(run) => Beginning::Run(Box::new(without_plateau(run.snapshot()))),
        };
        let recipe = self.rising(&beginning)?;
        let copies = Copies { task: self.task, recipe, sweep: self.sweep, beginning };
        let (seeds, jobs) = (&self.seeds[..], self.seeds.len());
        let sweeps = WorkerPool::start(jobs, self.threads)?.run(jobs, |job| {
            let sweep = copies.sweep(seeds[job.index], watch)?;
            Ok::<_, Error>(sweep.map_or(Ending::Break(None), Ending::Continue))
        })?;
        Ok(RangeTest::new(self, sweeps))
    }

    /// The recipe with a rate that rises from the first update of the copies on.
    fn rising(&self, beginning: &Beginning<'_>) -> Result<Recipe, Error> {
        let lr = rate_of(self.recipe)?;
        let Sweep { from, to, steps, .. } = self.sweep;
        let done = match beginning {
            Beginning::Run(snapshot) => snapshot.state.steps,
            Beginning::Fresh | Beginning::Weights(_) => 0,
        };
        let mut recipe = self.recipe.clone();
        recipe.spec.plateau = None;
        recipe.spec.schedule = LrSchedule::new(ExponentialRamp {
            low: from / lr,
            high: to / lr,
            start: done as f64,
            steps: f64::from(steps - 1),
        });
        Ok(recipe)
    }
}

/// State that every sweep copies, and its continuation.
struct Copies<'t> {
    task: &'t Task,
    recipe: Recipe,
    sweep: Sweep,
    beginning: Beginning<'t>,
}

/// A [`Start`] as plain data that threads can share.
enum Beginning<'t> {
    Fresh,
    Weights(&'t ParamVec),
    Run(Box<Snapshot>),
}

impl Copies<'_> {
    /// One sweep on a copy; `None` if it was stopped.
    fn sweep(
        &self,
        seed: u64,
        watch: &(dyn Fn(Step) -> ControlFlow<()> + Sync),
    ) -> Result<Option<SeedSweep>, Error> {
        let Copies { task, recipe, sweep, beginning } = self;
        let done = match beginning {
            Beginning::Run(snapshot) => snapshot.progress.steps,
            Beginning::Fresh | Beginning::Weights(_) => 0,
        };
        let per_update: u64 = recipe.spec.wrappers.iter().map(|wrapper| wrapper.calls_per_update()).product();
        let epochs =
            (done + u64::from(sweep.steps) * per_update).div_ceil(task.steps_per_epoch(recipe.batch));
        let budget = Budget { epochs: u32::try_from(epochs).unwrap_or(u32::MAX), evaluations: 0 };
        let mut training = Training::new(task, recipe, seed, budget)?;
        match beginning {
            Beginning::Fresh => {}
            Beginning::Weights(weights) => training.begin_with(weights),
            Beginning::Run(snapshot) => training.take(Snapshot::clone(snapshot))?,
        }
        let (mut curve, mut flow) = (Curve::new(*sweep), ControlFlow::Continue(()));
        let (mut updates, mut losses) = (training.optimizer().steps(), vec![]);
        training.run(&mut |training| {
            let loss = training.progress().last_loss;
            losses.push(loss);
            // Several batches may make one update, with one rate.
            let before = std::mem::replace(&mut updates, training.optimizer().steps());
            if updates > before || !loss.is_finite() {
                curve.push(stats::mean(&losses));
                losses.clear();
            }
            let last = curve.ended().is_some();
            flow = watch(Step { seed, rates: curve.len(), loss, last });
            if last { ControlFlow::Break(()) } else { flow }
        });
        if curve.ended().is_none() && flow == ControlFlow::Continue(()) {
            // Updates were left out because their gradients were not finite.
            curve.push(f64::NAN);
        }
        Ok(curve.ended().map(|ended| SeedSweep::new(seed, curve, ended)))
    }
}

/// Checks that a recipe has a learning rate that a range test can find.
///
/// # Errors
/// If it has none, or one that is not to be tuned or does not count in each update.
pub fn check(recipe: &Recipe) -> Result<(), Error> {
    rate_of(recipe).map(drop)
}

/// The learning rate of a recipe, if it has one that can be looked for.
fn rate_of(recipe: &Recipe) -> Result<f64, Error> {
    let (rule, name) = (recipe.rule(), recipe.rule().info().name);
    let refused = |why: String, hint: &str| Err(Error::RangeTest { why, hint: hint.to_string() });
    recipe.check()?;
    if recipe.spec.maximize {
        return refused(
            "`maximize` climbs, and a range test looks for the rate of a descent".to_string(),
            "leave maximize out",
        );
    }
    if rule.info().family == PARAMETER_FREE {
        return refused(
            format!(
                "{name} finds the size of its steps itself: its lr is a factor of it, to be left as it is"
            ),
            "train with it as it is; a range test is for rules such as sgd and adam",
        );
    }
    let Some(Value::Number(lr)) = rule.get("lr") else {
        return refused(
            format!("{name} has no learning rate to look for"),
            "train with it as it is; a range test is for rules such as sgd and adam",
        );
    };
    if lr == 0.0 {
        return refused(
            format!("{name} lr=0 has no rate that could rise: a test scales the recipe's own"),
            "leave lr out, or give any number above 0: only its proportion to the rates of groups counts",
        );
    }
    if !counts_after_the_first_update(rule)? {
        return refused(
            format!("the lr of {name} counts in the first update only, so a rate that rises shows nothing"),
            "compare a few values instead: `descent compare --optimizers 'rprop lr=1e-3, rprop lr=1e-2'`",
        );
    }
    Ok(lr)
}

/// The family of rules whose rate is not to be tuned.
const PARAMETER_FREE: &str = "parameter-free";

/// True if half the rate from the second update on leads to other weights.
fn counts_after_the_first_update(rule: &dyn DynRule) -> Result<bool, Error> {
    let led_to = |later: f64| -> Result<[f32; 4], Error> {
        let schedule = LrSchedule::default().then(Time::Steps(1), LrSchedule::new(Constant { value: later }));
        let mut layout = Layout::new();
        layout.push("weight", [2, 2], Role::Matrix);
        let spec = OptimizerSpec { schedule, ..OptimizerSpec::new(rule.boxed()) };
        let mut optimizer = Optimizer::of(spec, layout)?.with_total_steps(3);
        let mut weights = [1.0, -1.0, 0.5, 2.0];
        // A slope that is the same everywhere.
        let slope = [0.5, 0.25, -0.5, 1.0];
        let mut objective = |weights: &[f32], gradient: &mut [f32]| {
            gradient.copy_from_slice(&slope);
            weights.iter().zip(slope).map(|(w, g)| f64::from(w * g)).sum()
        };
        for _ in 0..3 {
            optimizer.step_on(&mut weights, &mut objective);
        }
        Ok(weights)
    };
    Ok(led_to(1.0)? != led_to(0.5)?)
}

/// Removes a plateau's factor: it is part of the schedule that a range test leaves out.
fn without_plateau(mut snapshot: Snapshot) -> Snapshot {
    let prefix = format!("{}/", optim::PlateauSettings::INFO.name);
    snapshot.state.scalars.retain(|(name, _)| !name.starts_with(&prefix));
    snapshot
}
