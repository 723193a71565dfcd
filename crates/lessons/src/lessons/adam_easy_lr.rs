//! Widths of the basins of good rates.

use lab::stats::{Basin, LrSensitivity, lr_sensitivity, paired_t};
use report::chart::{Chart, Scale, Series};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::{end_of_run, rates};
use crate::suite::{Member, suite};
use crate::walk::{Walk, quadratic};
use crate::{Error, Measured, Settings, Table, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-easy-lr",
    title: "Is Adam's rate easy to choose?",
    chapter: Chapter::Adam,
    claim: "Adam needs less tuning: its range of good rates is wider.",
    setup: "Five small tasks: a linear model and a network on digits, a network on signals, a regression, and DeepOBS's noisy quadratic. SGD, SGD with momentum and Adam at nine rates half a decade apart, \
        several seeds. The basin is the range of rates around the best that end within five points of accuracy, or a tenth of the loss, of it. Adam counts as wider where it is so by a tenth of a decade or more.",
    theory: "On $\\frac{\\lambda}{2}x^2$ the error of gradient descent after $T$ steps is $|1-\\eta\\lambda|^T$, so the rates that reduce it to $f$ span $\\log_{10}\\frac{1+q}{1-q}$ decades, $q = f^{1/T}$: longer runs have \
        wider basins, and a condition number $\\kappa$ takes $\\log_{10}\\kappa$ away. Adam's division by $\\sqrt{v}$ takes the size of gradients out, which moves the basin but need not widen it. \
        In DeepOBS's published grids Adam's basin is the narrowest on one task and in the middle on the other: see the table.",
    question: Question {
        ask: "On how many of the tasks is Adam's basin the widest?",
        options: &["None", "Some", "All"],
        answer: |measured| match measured.get("wider") {
            0.0 => 0,
            count if count < measured.get("tasks") => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "Adam with `eps` = 1, which switches its division off.",
    limits: "Small tasks, short runs and one measure of tuning. Where the basin lies matters as well: a default rate helps if it is good on all tasks.",
    try_it: &["descent find-lr --recipe adam --task logreg --offline --json", "descent explain adam"],
    source: "Sivaprasad 2020; DeepOBS (Schneider 2019), published grids",
};

/// Name and recipe.
const METHODS: [(&str, &str); 3] =
    [("SGD", "sgd lr=LR"), ("momentum", "sgd lr=LR momentum=0.9"), ("Adam", "adam lr=LR")];

/// Basins in DeepOBS's published grids in decades: SGD, momentum 0.99, Adam.
const PUBLISHED: [(&str, [f64; 3]); 2] = [
    ("Fashion-MNIST, 2c2d, within a point", [1.8, 1.2, 0.6]),
    ("quadratic_deep, within 5%", [1.0, 2.6, 1.6]),
];

/// Difference of widths in decades that counts.
const CLEARLY: f64 = 0.1;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (members, digits) = suite(settings)?;
    let origin = digits.origin() + ", and generated data";
    let methods = [
        (METHODS[0].1, rates(1e-3, 10.0, 10_f64.sqrt())),
        (METHODS[1].1, rates(1e-4, 1.0, 10_f64.sqrt())),
        settings.case(
            (METHODS[2].1, rates(1e-4, 1.0, 10_f64.sqrt())),
            ("adam lr=LR eps=1", rates(1e-3, 10.0, 10_f64.sqrt())),
        ),
    ];
    let basins = basins(settings, &members, &methods)?;
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let (mut wider, mut told, mut lines) = (0, 0, vec![vec![]; METHODS.len()]);
    for (place, (member, found)) in members.iter().zip(&basins).enumerate() {
        for (method, (name, _)) in METHODS.iter().enumerate() {
            let widths: Vec<f64> = found[method].basins.iter().map(Basin::decades).collect();
            let key = format!("width {} {name}", member.name);
            measured.mean(&key, &format!("width of the basin in decades, {}, {name}", member.name), &widths);
            lines[method].push((place as f64, found[method].decades));
        }
        let width = |method: usize| found[method].decades;
        told += i32::from((0..2).all(|other| is_wider(&found[2], &found[other])));
        wider += i32::from(width(2) > width(0).max(width(1)) + CLEARLY);
    }
    measured.note("tasks", "tasks", members.len() as f64);
    measured.note("wider", "tasks on which Adam's basin is the widest by a tenth of a decade", wider.into());
    let label = "tasks on which it is told apart from both others (paired intervals without 0)";
    measured.note("told", label, told.into());
    toy(&mut measured)?;
    measured.tables.push(published());
    measured.charts.push(Chart {
        title: "Width of the basin of good rates".into(),
        x: ("task".into(), Scale::Names(members.iter().map(|member| member.name.to_string()).collect())),
        y: ("decades".into(), Scale::Linear),
        series: METHODS.iter().zip(lines).map(|((name, _), line)| Series::points(*name, line)).collect(),
        marks: vec![],
    });
    Ok(measured)
}

/// True if the first has wider basins by a paired interval without 0.
fn is_wider(a: &LrSensitivity, b: &LrSensitivity) -> bool {
    let gains: Vec<f64> = a.basins.iter().zip(&b.basins).map(|(a, b)| a.decades() - b.decades()).collect();
    paired_t(&gains, 0.95).is_some_and(|test| test.interval.low > 0.0)
}

/// The basins of each method on each task, by task.
fn basins(
    settings: &Settings<'_>,
    members: &[Member],
    methods: &[(&str, Vec<f64>); 3],
) -> Result<Vec<Vec<LrSensitivity>>, Error> {
    let seeds: u64 = settings.size(2, 3);
    let mut cases = vec![];
    for member in 0..members.len() {
        for (method, (_, rates)) in methods.iter().enumerate() {
            for seed in 0..seeds {
                cases.extend(rates.iter().map(|&lr| (member, method, seed, lr)));
            }
        }
    }
    let scores = settings.parts(&cases, |&(member, method, seed, lr)| {
        let recipe = methods[method].0.replace("LR", &lr.to_string()) + ", batch=32";
        end_of_run(&members[member].tasks[1], &recipe, seed, members[member].epochs)
    })?;
    let mut points = cases.iter().zip(&scores).map(|(&(.., lr), &score)| (lr, score));
    let mut found = vec![];
    for member in members {
        let mut of_member = vec![];
        for (_, rates) in methods {
            let curves: Vec<Vec<(f64, f64)>> =
                (0..seeds).map(|_| points.by_ref().take(rates.len()).collect()).collect();
            let merits = curves.iter().flatten().map(|point| member.direction().merit(point.1));
            let best = merits.fold(f64::NEG_INFINITY, f64::max).abs();
            let basins = lr_sensitivity(&curves, member.tolerance(best), member.direction(), 0.95);
            of_member.push(basins.expect("a rate of the grid is stable"));
        }
        found.push(of_member);
    }
    Ok(found)
}

/// Rates that take ½x² to a hundredth of the start in 200 steps.
fn toy(measured: &mut Measured) -> Result<(), lab::Error> {
    let (steps, fraction) = (200, 0.01);
    for (name, recipe) in [METHODS[0], METHODS[2]] {
        let mut good: Vec<f64> = vec![];
        for lr in rates(1e-3, 4.0, 1.02) {
            let mut walk = Walk::new(&recipe.replace("LR", &lr.to_string()), &[1.0], 0)?;
            (0..steps).for_each(|_| walk.step(&mut quadratic(&[1.0])));
            if f64::from(walk.at[0]).abs() <= fraction {
                good.push(lr);
            }
        }
        let width = good.last().zip(good.first()).map_or(0.0, |(high, low)| (high / low).log10());
        let (key, label) = (format!("toy {name}"), format!("decades on the parabola, {name}"));
        match name {
            "SGD" => measured.compare(&key, &label, theory::basin_decades(fraction, steps.into()), width),
            _ => measured.note(&key, &label, width),
        }
    }
    Ok(())
}

fn published() -> Table {
    let head = ["published basins in decades (DeepOBS)", "SGD", "momentum", "Adam"].map(String::from).into();
    let row = |(name, widths): &(&str, [f64; 3])| {
        std::iter::once(name.to_string()).chain(widths.iter().map(|width| format!("{width:.1}"))).collect()
    };
    Table { head, rows: PUBLISHED.iter().map(row).collect() }
}

fn judge(measured: &Measured) -> Verdict {
    let [wider, told, tasks] = ["wider", "told", "tasks"].map(|key| measured.get(key));
    let width = |name: &str| measured.number(&format!("width digits {name}")).with_margin();
    let numbers = format!(
        "Adam's basin is the widest by a tenth of a decade or more on {wider} of {tasks} tasks. Paired intervals tell it apart from both others on {told}. For the network on digits SGD has {} decades, momentum {} and Adam {}.",
        width("SGD"),
        width("momentum"),
        width("Adam")
    );
    match wider {
        0.0 => Verdict::DoesNotHoldHere(numbers),
        count if count < tasks => Verdict::HoldsOnlyWhen(format!("the task suits it: {numbers}")),
        _ => Verdict::Holds(numbers),
    }
}
