//! A comparison over all tasks of the suite.

use lab::stats::{mean, mean_ranks, paired_t, rank};
use optim::OptimizerSpec;
use optim::cost::Cost;
use report::chart::{Chart, Mark, Scale, Series, significant};
use train::Direction;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::rates;
use crate::suite::{Member, suite};
use crate::tuned::{Arm, Effort, Tuned, tuned};
use crate::{Error, Measured, Number, Settings, Table};

pub(super) const LESSON: Lesson = Lesson {
    id: "choose",
    title: "Which optimizer to choose",
    chapter: Chapter::Choice,
    claim: "One optimizer is the best choice for every task.",
    setup: "Five small tasks: a linear model and a network on digits, a network on signals, a regression, and DeepOBS's noisy quadratic. SGD, momentum, AdaGrad, RMSprop and Adam, each with the best of five rates a \
        half decade apart, chosen on other examples and seeds. The rank of each by its mean score on fresh paired seeds, the epochs until it is within five points of accuracy or a tenth of the loss of the best, the rates that were good, and the \
        memory for each weight.",
    theory: "Five methods that are alike have a mean rank of 3. Nemenyi's critical difference is how far mean ranks over $N$ tasks have to be apart to mean anything: \
        $\\frac{q}{\\sqrt{2}}\\sqrt{\\frac{k(k+1)}{6N}}$ for $k$ methods; five tasks can show little.",
    question: Question {
        ask: "Five optimizers are tuned alike on five tasks. How many of them are the best on at least one?",
        options: &["One", "Two or three", "Four or five"],
        answer: |measured| match measured.get("winners") {
            count if count < 1.5 => 0,
            count if count < 3.5 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "one task alone: something is always the best on it.",
    limits: "Small tasks, short runs, one setting tuned. On your task, tune two or three candidates alike and compare them on fresh seeds.",
    try_it: &["descent tasks", "descent compare --help", "descent optimizers"],
    source: "Schmidt 2021 (Descending through a crowded valley); Demšar 2006",
};

/// Name, recipe, lowest rate.
const METHODS: [(&str, &str, f64); 5] = [
    ("SGD", "sgd lr=LR", 0.01),
    ("momentum", "sgd lr=LR momentum=0.9", 0.001),
    ("AdaGrad", "adagrad lr=LR", 0.003),
    ("RMSprop", "rmsprop lr=LR", 3e-4),
    ("Adam", "adam lr=LR", 1e-3),
];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (mut members, digits) = suite(settings)?;
    let origin = digits.origin() + ", and generated data" + &digits.choice();
    members.truncate(settings.case(members.len(), 1));
    let arms = METHODS.map(|(_, recipe, low)| Arm {
        recipe: format!("{recipe}, batch=32"),
        rates: rates(low, low * settings.size(10.0, 100.0), 10_f64.sqrt()),
    });
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let mut merits = vec![];
    // Each method is compared with every other on every task: by Bonferroni, 5% for all of them together.
    let confidence = 1.0 - 0.05 / (members.len() * (METHODS.len() - 1)) as f64;
    let mut beaten = [false; METHODS.len()];
    let mut table = Table { head: vec!["task".into()], rows: vec![] };
    table.head.extend(METHODS.map(|method| method.0.to_string()));
    for member in &members {
        let effort =
            Effort { epochs: member.epochs, evaluations: 1, tuning_seeds: 1, seeds: settings.size(4, 8) };
        let found = tuned(settings, member.tasks.each_ref(), &arms, effort)?;
        let scores: Vec<Vec<f64>> = found.iter().map(Tuned::scores).collect();
        let of_task: Vec<f64> = scores.iter().map(|scores| member.direction().merit(mean(scores))).collect();
        for (method, is_beaten) in beaten.iter_mut().enumerate() {
            *is_beaten |= (0..METHODS.len())
                .any(|other| is_better(member, &scores[other], &scores[method], confidence));
        }
        push_rows(&mut table, member, &found, &of_task);
        merits.push(of_task);
    }
    measured.tables.push(table);
    ranks(&mut measured, &merits)?;
    for ((name, ..), is_beaten) in METHODS.iter().zip(beaten) {
        measured.note(
            &format!("beaten {name}"),
            &format!("{name} is told apart from a better one on a task (1: yes)"),
            f64::from(u8::from(is_beaten)),
        );
    }
    Ok(measured)
}

/// True if the first is better by a paired interval of this confidence without 0.
fn is_better(member: &Member, a: &[f64], b: &[f64], confidence: f64) -> bool {
    let merit = |score: &f64| member.direction().merit(*score);
    let gains: Vec<f64> = a.iter().zip(b).map(|(a, b)| merit(a) - merit(b)).collect();
    paired_t(&gains, confidence).is_some_and(|test| test.interval.low > 0.0)
}

/// Scores, epochs to the best score within the tolerance, and good rates of a task.
fn push_rows(table: &mut Table, member: &Member, found: &[Tuned], merits: &[f64]) {
    let direction = member.direction();
    let best = merits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let aim = best - member.tolerance(best.abs());
    let row = |what: &str, cell: &dyn Fn(usize) -> String| {
        let cells = (0..METHODS.len()).map(cell);
        std::iter::once(format!("{}: {what}", member.name)).chain(cells).collect()
    };
    table.rows.push(row("score", &|method| significant(direction.score(merits[method]))));
    table.rows.push(row("epochs to the target", &|method| {
        let curves = found[method].records.iter().map(|record| record.metric_curve(train::Split::Test));
        let at = |epoch: usize| {
            let values: Vec<f64> = curves
                .clone()
                .filter_map(|curve| curve.get(epoch))
                .map(|point| direction.merit(point.value))
                .collect();
            if values.is_empty() { f64::NEG_INFINITY } else { mean(&values) }
        };
        (0..=member.epochs as usize)
            .find(|&epoch| at(epoch) >= aim)
            .map_or("never".into(), |epoch| epoch.to_string())
    }));
    table.rows.push(row("good rates of those tried", &|method| {
        let tried = &found[method].tried;
        let top = tried.iter().map(|trial| trial.1).fold(f64::NEG_INFINITY, f64::max);
        let good = tried.iter().filter(|trial| trial.1 >= top - member.tolerance(top.abs())).count();
        format!("{good} of {}", tried.len())
    }));
}

/// Mean ranks with the critical difference, memory, and the picture.
fn ranks(measured: &mut Measured, merits: &[Vec<f64>]) -> Result<(), Error> {
    let of_tasks: Vec<Vec<f64>> =
        merits.iter().map(|merits| rank(merits, Direction::Maximize).ranks).collect();
    let chance = (METHODS.len() as f64 + 1.0) / 2.0;
    let mut points = vec![];
    for (method, (name, recipe, _)) in METHODS.iter().enumerate() {
        let found = mean(&of_tasks.iter().map(|ranks| ranks[method]).collect::<Vec<_>>());
        measured.compare(
            &format!("rank {name}"),
            &format!("mean rank of {name} (theory: all alike)"),
            chance,
            found,
        );
        let spec: OptimizerSpec = recipe.replace("LR", "0.1").parse().map_err(lab::Error::from)?;
        let bytes = Cost::of_rule(&*spec.rule).map_err(lab::Error::from)?.state_bytes;
        measured.note(
            &format!("bytes {name}"),
            &format!("bytes of state for each weight, {name}"),
            bytes as f64,
        );
        points.push((method as f64, found));
    }
    let winners =
        (0..METHODS.len()).filter(|&method| of_tasks.iter().any(|ranks| ranks[method] == 1.0)).count();
    let everywhere = (0..METHODS.len()).find(|&method| of_tasks.iter().all(|ranks| ranks[method] == 1.0));
    measured.note("tasks", "tasks", merits.len() as f64);
    measured.note("winners", "methods that are the best on a task", winners as f64);
    measured.note(
        "everywhere",
        "a method is the best on all tasks (1: yes)",
        f64::from(u8::from(everywhere.is_some())),
    );
    if let Some(found) = mean_ranks(merits, Direction::Maximize, 0.95) {
        measured.note("critical", "critical difference of mean ranks", found.critical_difference);
        measured.note("friedman", "p-value of all methods being alike (Friedman)", found.p);
    }
    measured.charts.push(Chart {
        title: "Mean rank over the tasks, 1 the best".into(),
        x: ("method".into(), Scale::Names(METHODS.map(|method| method.0.to_string()).into())),
        y: ("mean rank".into(), Scale::Linear),
        series: vec![Series::points("tuned alike", points)],
        marks: vec![Mark::Y(chance, "all alike".into())],
    });
    Ok(())
}

fn judge(measured: &Measured) -> Verdict {
    let names = METHODS.map(|method| method.0);
    let rank = |name: &str| measured.get(&format!("rank {name}"));
    let first = names.into_iter().min_by(|a, b| rank(a).total_cmp(&rank(b))).expect("there are methods");
    let critical = measured.all("critical").next();
    let near = |critical: &Number| {
        let is_near = |name: &&str| *name != first && rank(name) - rank(first) < critical.measured;
        let near: Vec<&str> = names.into_iter().filter(is_near).collect();
        let near = if near.is_empty() { "no other".to_string() } else { near.join(", ") };
        format!(
            "; by Nemenyi's difference of {} it is not told apart from {near}",
            significant(critical.measured)
        )
    };
    let numbers = format!(
        "{} of {} methods are the best on at least one of {} tasks. Begin with {first}: its mean rank, {}, is the lowest{}.",
        measured.get("winners"),
        names.len(),
        measured.get("tasks"),
        significant(rank(first)),
        critical.map_or(String::new(), near)
    );
    let unbeaten: Vec<&str> =
        names.into_iter().filter(|name| measured.get(&format!("beaten {name}")) == 0.0).collect();
    match (measured.get("everywhere") > 0.0, unbeaten.as_slice()) {
        (true, _) => Verdict::Holds(numbers),
        (false, []) => Verdict::DoesNotHoldHere(numbers),
        (false, unbeaten) => Verdict::HoldsOnlyWhen(format!(
            "\"best\" means not told apart from the best on any task, as for {}: {numbers}",
            unbeaten.join(", ")
        )),
    }
}
