//! The same batches in every epoch.

use lab::stats::mean;
use lab::tasks::{Setup, TaskSpec};
use report::chart::{Chart, Scale, Series, significant};
use train::{Batching, Order, Task};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::end_of_run;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "same-order",
    title: "The same order in every epoch",
    chapter: Chapter::Comparisons,
    claim: "The order of the examples is a detail that no result depends on.",
    setup: "The task `quadratic-deep` of DeepOBS, 100 epochs in batches of 128 of 1,000 points, with the published rates of SGD, momentum 0.99 and Adam. \
        DeepOBS visits the points in the same order in every epoch; here both ways.",
    theory: "In a fixed order the noise of an epoch is the same each time and adds up to almost nothing over whole epochs: what momentum 0.99 averages is not noise any more. \
        With a new order each epoch the usual noise floor is back.",
    question: Question {
        ask: "The order of the batches is drawn again in each epoch instead of once. Which method loses most?",
        options: &["SGD", "Momentum 0.99", "Adam"],
        answer: |measured| {
            let change =
                |name: &str| measured.get(&format!("new {name}")) - measured.get(&format!("fixed {name}"));
            let changes = METHODS.map(|(name, ..)| change(name));
            (0..3).max_by(|&a, &b| changes[a].total_cmp(&changes[b])).unwrap_or(0)
        },
    },
    measure,
    judge,
    counterexample: "the fixed order in both columns.",
    limits: "A quadratic whose last 104 points are never used in the fixed order. The published figures are means of ten seeds.",
    try_it: &["descent tasks quadratic-deep"],
    source: "DeepOBS (Schneider 2019), published test losses",
};

/// Name, recipe, and published test loss.
const METHODS: [(&str, &str, f64); 3] = [
    ("sgd", "sgd lr=0.015848931925, batch=128", 87.39747445242746),
    ("momentum", "sgd lr=0.0025118864315 momentum=0.99, batch=128", 87.04504100254606),
    ("adam", "adam lr=0.039810717055, batch=128", 87.11188027518136),
];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let spec: TaskSpec = "quadratic-deep".parse().expect("it is listed");
    let task = spec.build(&mut Setup::offline())?;
    let with = |order: Order| Task { batching: Batching { order, ..task.batching }, ..task.clone() };
    let tasks = [with(Order::Fixed), with(settings.case(Order::Reshuffle, Order::Fixed))];
    let (seeds, epochs) = settings.size((1, 8), (10, 100));
    let cases: Vec<(usize, usize, u64)> =
        (0..2).flat_map(|t| (0..3).flat_map(move |m| (0..seeds).map(move |seed| (t, m, seed)))).collect();
    let losses = settings
        .parts(&cases, |&(task, method, seed)| end_of_run(&tasks[task], METHODS[method].1, seed, epochs))?;
    let of = |task: usize, method: usize| {
        let runs = cases.iter().zip(&losses).filter(|((t, m, _), _)| (*t, *m) == (task, method));
        runs.map(|(_, loss)| *loss).collect::<Vec<_>>()
    };
    let mut measured = Measured::default();
    let mut lines = [vec![], vec![]];
    for (method, (name, _, published)) in METHODS.iter().enumerate() {
        let [fixed, new] = [mean(&of(0, method)), mean(&of(1, method))];
        let (key, label) = (format!("fixed {name}"), format!("test loss of {name}, fixed order"));
        // The published losses are those after 100 epochs.
        match epochs {
            100 => measured.compare(&key, &(label + " (published)"), *published, fixed),
            _ => measured.note(&key, &label, fixed),
        }
        measured.note(&format!("new {name}"), &format!("test loss of {name}, new order each epoch"), new);
        lines[0].push((method as f64, fixed));
        lines[1].push((method as f64, new));
    }
    let [fixed, new] = lines;
    measured.charts.push(Chart {
        title: "Test loss with batches in the same order and in a new one each epoch".into(),
        x: ("method".into(), Scale::Names(["SGD", "momentum 0.99", "Adam"].map(String::from).into())),
        y: ("test loss".into(), Scale::Linear),
        series: vec![Series::points("fixed order", fixed), Series::points("new order", new)],
        marks: vec![],
    });
    Ok(measured)
}

fn ranking(measured: &Measured, order: &str) -> Vec<&'static str> {
    let mut names = METHODS.map(|(name, ..)| name);
    names.sort_by(|a, b| {
        measured.get(&format!("{order} {a}")).total_cmp(&measured.get(&format!("{order} {b}")))
    });
    names.into()
}

fn judge(measured: &Measured) -> Verdict {
    let changed = METHODS
        .map(|(name, ..)| {
            (measured.get(&format!("new {name}")) - measured.get(&format!("fixed {name}"))).abs()
        })
        .into_iter()
        .fold(0.0, f64::max);
    let [fixed, new] = ["fixed", "new"].map(|order| ranking(measured, order).join(", "));
    let rankings = if fixed == new {
        format!("from the best on, the ranking is {fixed} both ways")
    } else {
        format!("from the best on, the ranking is {fixed} with the fixed order and {new} with new ones")
    };
    let numbers = format!(
        "a new order in each epoch changes a test loss by up to {}; {rankings}.",
        significant(changed)
    );
    match (changed < 0.1, fixed == new) {
        (true, true) => Verdict::Holds(numbers),
        _ => Verdict::DoesNotHoldHere(numbers),
    }
}
