//! A comparison over all tasks of the suite.

use lab::stats::{mean, mean_ranks, paired_t, rank};
use optim::OptimizerSpec;
use optim::cost::Cost;
use report::chart::{Chart, Mark, Scale, Series, significant};
use train::Direction;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::rates;
use crate::suite::{Found, Member, suite, tune};
use crate::tuned::Arm;
use crate::{Error, Measured, Number, Settings, Table};

pub(super) const LESSON: Lesson = Lesson {
    id: "choose",
    title: "Which optimizer to choose",
    chapter: Chapter::Choice,
    claim: "One optimizer is the best choice for every task.",
    setup: "The registry's tasks in small: networks and a linear model on digits, networks on signals, a regression, recurrent networks on text, a noisy quadratic, and the test functions as one. \
        SGD, momentum, AdaGrad, RMSprop and Adam, each with the best of seven rates a half decade apart (a decade on the functions, which all have the same rate), chosen on other examples and seeds, or other functions. The rank of each by its mean score on fresh paired seeds, \
        the epochs until it is within five points of accuracy, a tenth of the loss, or half a decade of the best, the rates that were good, and the memory for each weight.",
    theory: "Five methods that are alike have a mean rank of 3. Nemenyi's critical difference is how far mean ranks over $N$ tasks have to be apart to mean anything: \
        $\\frac{q}{\\sqrt{2}}\\sqrt{\\frac{k(k+1)}{6N}}$ for $k$ methods; few tasks can show little.",
    question: Question {
        ask: "Five optimizers are tuned alike on all of these tasks. How many of them are the best on at least one?",
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
    limits: "Small tasks, short runs, one setting tuned; the tasks that take longest for an update are left out (the line below the set-up names them). On the functions one rate has to fit all, which favors methods whose steps do not grow with the gradient. On your task, tune two or three candidates alike and compare them on fresh seeds.",
    try_it: &["descent tasks", "descent compare --help", "descent optimizers"],
    source: "Schmidt 2021 (Descending through a crowded valley); Demšar 2006",
};

/// Name, recipe, lowest rate.
const METHODS: [(&str, &str, f64); 5] = [
    ("SGD", "sgd lr=LR", 3e-3),
    ("momentum", "sgd lr=LR momentum=0.9", 3e-4),
    ("AdaGrad", "adagrad lr=LR", 1e-3),
    ("RMSprop", "rmsprop lr=LR", 1e-4),
    ("Adam", "adam lr=LR", 3e-4),
];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (mut members, words) = suite(settings)?;
    members.truncate(settings.case(members.len(), 1));
    let mut measured = Measured { data: Some(words), ..Measured::default() };
    let mut merits = vec![];
    // Each method is compared with every other on every task: by Bonferroni, 5% for all of them together.
    let confidence = 1.0 - 0.05 / (members.len() * (METHODS.len() - 1)) as f64;
    let mut beaten = [false; METHODS.len()];
    let mut tables = ["score", "epochs to the target", "good rates of those tried"].map(|what| {
        let head = std::iter::once(what).chain(METHODS.map(|method| method.0));
        Table { head: head.map(String::from).collect(), rows: vec![] }
    });
    for member in &members {
        let found = tune(settings, member, &arms(settings, member), settings.size(4, 8))?;
        let of_task: Vec<f64> =
            found.iter().map(|found| member.direction().merit(mean(&found.scores))).collect();
        for (method, is_beaten) in beaten.iter_mut().enumerate() {
            *is_beaten |=
                found.iter().any(|other| is_better(member, &other.scores, &found[method].scores, confidence));
        }
        push_rows(&mut tables, member, &found, &of_task);
        merits.push(of_task);
    }
    measured.tables.extend(tables);
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

/// Each method with its rates: the functions differ more than the tasks, so theirs are farther apart.
fn arms(settings: &Settings<'_>, member: &Member) -> Vec<Arm> {
    let arm = |(_, recipe, low): (&str, &str, f64)| Arm {
        recipe: recipe.to_string(),
        rates: match member.is_family() {
            true => rates(1e-6, 1.0, 10.0),
            false if settings.quick => rates(10.0 * low, 100.0 * low, 10_f64.sqrt()),
            false => rates(low, 1e3 * low, 10_f64.sqrt()),
        },
    };
    METHODS.map(arm).into()
}

/// True if the first is better by a paired interval of this confidence without 0.
fn is_better(member: &Member, a: &[f64], b: &[f64], confidence: f64) -> bool {
    let merit = |score: &f64| member.direction().merit(*score);
    let gains: Vec<f64> = a.iter().zip(b).map(|(a, b)| merit(a) - merit(b)).collect();
    paired_t(&gains, confidence).is_some_and(|test| test.interval.low > 0.0)
}

/// Scores, epochs to the best score within the tolerance, and good rates of a task.
fn push_rows(tables: &mut [Table; 3], member: &Member, found: &[Found], merits: &[f64]) {
    let direction = member.direction();
    let best = merits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let aim = best - member.tolerance(best.abs());
    let row = |cell: &dyn Fn(usize) -> String| {
        std::iter::once(member.name.to_string()).chain((0..METHODS.len()).map(cell)).collect()
    };
    tables[0].rows.push(row(&|method| significant(direction.score(merits[method]))));
    tables[1].rows.push(row(&|method| {
        found[method].reaches(aim).map_or("never".into(), |epoch| format!("{epoch} of {}", member.epochs))
    }));
    tables[2].rows.push(row(&|method| {
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
