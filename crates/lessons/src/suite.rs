//! The registry's tasks in small, for claims about all tasks.

mod family;
mod few;
mod tune;

use std::sync::Arc;

use data::Dataset;
use data::samples::Inputs;
use lab::tasks::{Data, Info, Setup, TaskSpec};
use train::{Batch, Direction, Record, Split, Task};

use crate::digits::shrunk;
use crate::measured::number_text;
use crate::nets::{end_of_run, run};
use crate::{Error, Settings};
pub(crate) use few::Few;
pub(crate) use tune::{Found, tune};

/// Small version of a task with examples.
struct Size {
    task: &'static str,
    /// Training examples.
    train: usize,
    epochs: u32,
    batch: usize,
    /// Examples to choose rates by, and as many to report on.
    held: usize,
}

const fn size(task: &'static str, train: usize, epochs: u32, batch: usize, held: usize) -> Size {
    Size { task, train, epochs, batch, held }
}

/// A run of each takes a third of a second or less on one core. A task of the registry that is not here is left out.
const SIZES: &[Size] = &[
    size("simplenn", 1_000, 5, 32, 500),
    size("logreg", 1_000, 5, 32, 500),
    size("2c2d", 640, 2, 32, 300),
    size("lenet", 1_000, 4, 32, 300),
    size("resnet-mini", 480, 2, 32, 300),
    size("deep-sigmoid", 2_000, 10, 32, 500),
    size("autoencoder", 640, 3, 32, 300),
    size("mnist1d-logreg", 1_000, 15, 32, 500),
    size("mnist1d-mlp", 1_000, 15, 32, 500),
    size("mnist1d-conv", 1_000, 12, 32, 500),
    size("mnist1d-gru", 1_000, 8, 32, 500),
    size("friedman1", 1_000, 15, 32, 500),
    size("char-rnn", 320, 2, 8, 64),
    size("char-gru", 256, 2, 8, 64),
    size("char-lstm", 256, 2, 8, 64),
    size("quadratic-deep", 640, 10, 32, 256),
];

/// Those of a quick run.
const QUICK: [&str; 4] = ["simplenn", "logreg", "mnist1d-mlp", "friedman1"];

/// Rows and columns of images.
const SIDE: usize = 16;

/// A task, or the family of test functions, with the runs that choose rates and those of the report.
#[derive(Debug)]
pub(crate) struct Member {
    /// Name in tables.
    pub(crate) name: &'static str,
    /// Kind of task in pictures.
    pub(crate) kind: &'static str,
    /// To choose rates on.
    trials: Vec<Task>,
    /// To report on.
    reports: Vec<Task>,
    /// Distances from the minimum at the start of each function; none of a task with examples.
    starts: Option<[Vec<f64>; 2]>,
    /// Epochs of a run.
    pub(crate) epochs: u32,
    batch: usize,
}

/// One run of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    is_report: bool,
    task: usize,
    seed: u64,
}

impl Member {
    /// Difference from the best score within which a score is good: five points of accuracy, a tenth of a loss, or half
    /// a decade of the distance from the minimum.
    pub(crate) fn tolerance(&self, best: f64) -> f64 {
        match self.direction() {
            _ if self.is_family() => 0.5,
            Direction::Maximize => 0.05,
            Direction::Minimize => 0.1 * best,
        }
    }

    /// Direction of better scores.
    pub(crate) fn direction(&self) -> Direction {
        match self.is_family() {
            true => Direction::Maximize,
            false => self.reports[0].metric.direction(),
        }
    }

    /// True for the test functions.
    pub(crate) fn is_family(&self) -> bool {
        self.starts.is_some()
    }

    /// Runs that choose rates: one, or one a function.
    pub(crate) fn trials(&self) -> Vec<Unit> {
        (0..self.trials.len()).map(|task| Unit { is_report: false, task, seed: 0 }).collect()
    }

    /// Runs of the report: as many seeds, or one a function.
    pub(crate) fn reports(&self, seeds: u64) -> Vec<Unit> {
        match self.is_family() {
            true => (0..self.reports.len()).map(|task| Unit { is_report: true, task, seed: 0 }).collect(),
            false => (0..seeds).map(|seed| Unit { is_report: true, task: 0, seed: 1 + seed }).collect(),
        }
    }

    fn task(&self, unit: Unit) -> &Task {
        if unit.is_report { &self.reports[unit.task] } else { &self.trials[unit.task] }
    }

    /// Score of a value of the metric: of a function, the decades by which the distance from the minimum has shrunk, from
    /// 0 to [`family::MOST`].
    fn score(&self, unit: Unit, metric: f64) -> f64 {
        let Some(starts) = &self.starts else { return metric };
        let start = starts[usize::from(unit.is_report)][unit.task];
        (start / metric.max(start * 10_f64.powf(-family::MOST))).log10().max(0.0)
    }

    /// Merit above which a run has learned something: that of its untrained weights and the tolerance.
    pub(crate) fn least_merit(&self, unit: Unit) -> f64 {
        let task = self.task(unit);
        let untrained = task.evaluate(&task.model.init(unit.seed), &task.model.buffers(), Split::Test).metric;
        let score = self.score(unit, untrained);
        self.direction().merit(score) + self.tolerance(score.abs())
    }

    /// The score at the end of a run; infinite if it diverged.
    ///
    /// # Errors
    /// If the recipe cannot be used.
    pub(crate) fn end(&self, unit: Unit, recipe: &str) -> Result<f64, lab::Error> {
        let metric = end_of_run(self.task(unit), &self.with_batch(recipe), unit.seed, self.epochs)?;
        Ok(if metric.is_finite() { self.score(unit, metric) } else { f64::INFINITY })
    }

    /// Scores at the start and after each epoch, up to where the run diverged, and the score of the report, which is the
    /// worst one for a run that did.
    ///
    /// # Errors
    /// If the recipe cannot be used.
    pub(crate) fn along(&self, unit: Unit, recipe: &str) -> Result<(Vec<f64>, f64), lab::Error> {
        let record = run(self.task(unit), &self.with_batch(recipe), unit.seed, self.epochs, 1)?;
        let curve = record.metric_curve(Split::Test).iter();
        let curve = curve.map(|point| self.score(unit, point.value)).collect();
        let worst = match self.direction() {
            Direction::Maximize => 0.0,
            Direction::Minimize => f64::INFINITY,
        };
        let end = Record::final_metric(&record).map_or(worst, |metric| self.score(unit, metric));
        Ok((curve, end))
    }

    fn with_batch(&self, recipe: &str) -> String {
        format!("{recipe}, batch={}", self.batch)
    }
}

/// The small versions of the registry's tasks, and the words that say which they are.
///
/// # Errors
/// If the digits cannot be loaded.
pub(crate) fn suite(settings: &Settings<'_>) -> Result<(Vec<Member>, String), Error> {
    let most = |of: fn(&Size) -> usize| SIZES.iter().map(of).max().unwrap_or(0);
    let held = most(|size| size.held);
    let images = (settings.load)(data::set("mnist")?)?.first(most(|size| size.train) + held, held);
    let origin = images.origin.to_string();
    let [train, test] = [&images.train, &images.test].map(|images| shrunk(images, SIDE));
    let images = Dataset { train, test, ..images };
    let mut members = vec![];
    for size in SIZES.iter().filter(|size| !settings.quick || QUICK.contains(&size.task)) {
        members.push(member(size, &images)?);
    }
    members.extend((!settings.quick).then(family::member).transpose()?);
    let words = format!(
        "the first digits of MNIST at {SIDE}×{SIDE} pixels ({origin}) for the tasks on images, and generated data and the program's own text; {}",
        left_out(&members)
    );
    Ok((members, words))
}

/// The tasks of the registry that no member is, in words.
fn left_out(members: &[Member]) -> String {
    let has = |name: &str| members.iter().any(|member| member.name == name);
    let with_examples: Vec<&str> = lab::tasks::all()
        .filter(|info| !matches!(info.data, Data::Formula(_)))
        .map(|info| info.name)
        .collect();
    let out: Vec<&str> = with_examples.iter().copied().filter(|name| !has(name)).collect();
    let functions = if members.iter().any(Member::is_family) { " and its test functions as one" } else { "" };
    let taken = number_text((with_examples.len() - out.len()) as f64);
    match out.as_slice() {
        [] => format!("all {taken} tasks with examples{functions}"),
        out => format!(
            "{taken} of the registry's {} tasks with examples{functions}, without {}, which take too long",
            with_examples.len(),
            out.join(", ")
        ),
    }
}

fn member(size: &Size, images: &Dataset) -> Result<Member, Error> {
    let spec: TaskSpec = size.task.parse().expect("the task is listed");
    let task = spec.build(&mut Setup::new(|_| Ok(images.clone()))).map_err(lab::Error::from)?;
    let few = |split: Split, first: usize| {
        let examples = Few::new(Arc::clone(&task.examples), size.train, (split, first, size.held));
        Task { examples: Arc::new(examples), ..task.clone() }
    };
    Ok(Member {
        name: spec.info.name,
        kind: kind(spec.info, &task),
        trials: vec![few(Split::Train, size.train)],
        reports: vec![few(Split::Test, 0)],
        starts: None,
        epochs: size.epochs,
        batch: size.batch,
    })
}

fn kind(info: &Info, task: &Task) -> &'static str {
    let mut first = Batch::default();
    task.examples.gather(Split::Train, &[0], &mut first);
    match (info.data, first.inputs) {
        (Data::Images(_), _) => "images",
        (_, Inputs::Tokens { .. }) => "text",
        _ => "other data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_of_a_task_and_what_is_left_out_is_told() {
        let listed: Vec<&str> = lab::tasks::all().map(|info| info.name).collect();
        assert!(SIZES.iter().all(|size| listed.contains(&size.task)));
        let (members, words) = suite(&Settings::quick()).expect("the sample");
        assert_eq!(members.len(), QUICK.len());
        assert!(words.contains("4 of the registry's") && words.contains("char-transformer"), "{words}");
        assert!(!words.contains("simplenn"), "{words}");
    }

    #[test]
    fn no_run_that_chooses_rates_sees_an_example_of_the_report() {
        let (members, _) = suite(&Settings::quick()).expect("the sample");
        let functions = family::member().expect("functions");
        for member in &members {
            let [trial, report] = [&member.trials[0], &member.reports[0]].map(|task| &task.examples);
            let batch = |examples: &Arc<dyn train::Examples>, split| {
                let mut batch = train::Batch::default();
                examples.gather(split, &[0, 1, 2], &mut batch);
                batch
            };
            assert_eq!(batch(trial, Split::Train).inputs, batch(report, Split::Train).inputs);
            assert_ne!(
                batch(trial, Split::Test).inputs,
                batch(report, Split::Test).inputs,
                "{}",
                member.name
            );
            assert_ne!(
                batch(trial, Split::Test).inputs,
                batch(trial, Split::Train).inputs,
                "{}",
                member.name
            );
        }
        let names = |tasks: &[Task]| tasks.iter().map(|task| task.name.clone()).collect::<Vec<_>>();
        assert!(names(&functions.trials).iter().all(|name| !names(&functions.reports).contains(name)));
    }

    #[test]
    fn a_function_scores_the_decades_that_it_has_come_nearer() {
        let functions = family::member().expect("functions");
        let unit = functions.reports(1)[0];
        let start = functions.starts.as_ref().expect("functions")[1][0];
        assert!((functions.score(unit, start / 100.0) - 2.0).abs() < 1e-9);
        assert!((functions.score(unit, 0.0) - family::MOST).abs() < 1e-9);
        assert!(functions.end(unit, "sgd lr=1e20").expect("it runs").is_infinite());
    }
}
