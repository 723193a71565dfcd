//! Widths of the basins of good rates.

use lab::stats::{Basin, lr_basin, mean, paired_t};
use report::chart::{Chart, Scale, Series};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::rates;
use crate::suite::{Member, suite};
use crate::walk::{Walk, quadratic};
use crate::{Error, Measured, Number, Settings, Table, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-easy-lr",
    title: "Is Adam's rate easy to choose?",
    chapter: Chapter::Adam,
    claim: "Adam needs less tuning: its range of good rates is wider.",
    setup: "The registry's tasks in small: networks and a linear model on digits, networks on signals, a regression, recurrent networks on text, a noisy quadratic, and the test functions as one. SGD, SGD with momentum and Adam at eleven rates half a decade apart, \
        several seeds (one run a function). The basin is the range of rates around the best one whose runs end nearly as well: within five points of accuracy, a tenth of the loss, or half a decade of the distance from the minimum. It has no width where even the best rate is no more than that better \
        than the untrained weights. Adam counts as wider where it is so by a tenth of a decade or more.",
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
    counterexample: "an Adam whose rate is given by its cube root: the same rates then span a third of the decades.",
    limits: "Small tasks, short runs and one measure of tuning; the tasks that take longest for an update are left out (the line below the set-up names them). A basin that reaches an end of the rates may be wider. Where the basin lies matters as well: a default rate helps if it is good on all tasks.",
    try_it: &["descent find-lr --recipe adam --task logreg --offline --json", "descent explain adam"],
    source: "Sivaprasad 2020; DeepOBS (Schneider 2019), published grids",
};

/// Name, recipe, and the lowest of the rates.
const METHODS: [(&str, &str, f64); 3] =
    [("SGD", "sgd lr=LR", 1e-3), ("momentum", "sgd lr=LR momentum=0.9", 1e-4), ("Adam", "adam lr=LR", 1e-5)];

/// Basins in DeepOBS's published grids in decades: SGD, momentum 0.99, Adam.
const PUBLISHED: [(&str, [f64; 3]); 2] = [
    ("Fashion-MNIST, 2c2d, within a point", [1.8, 1.2, 0.6]),
    ("quadratic_deep, within 5%", [1.0, 2.6, 1.6]),
];

/// Difference of widths in decades that counts.
const CLEARLY: f64 = 0.1;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (members, words) = suite(settings)?;
    let mut measured = Measured { data: Some(words), ..Measured::default() };
    let (mut wider, mut told, mut open) = (0, 0, 0);
    let head = std::iter::once("width of the basin in decades").chain(METHODS.map(|method| method.0));
    let mut table = Table { head: head.map(String::from).collect(), rows: vec![] };
    let mut points: Vec<(&str, Vec<(f64, f64)>)> = vec![];
    for member in &members {
        let found = basins(settings, member)?;
        let width = found.each_ref().map(|basins| mean(&basins.widths));
        told += i32::from((0..2).all(|other| is_wider(&found[2], &found[other])));
        wider += i32::from(width[2] > width[0].max(width[1]) + CLEARLY);
        open += found.iter().map(|basins| basins.open).sum::<usize>();
        table.rows.push(row(member, &found));
        if member.name == SHOWN {
            for ((name, ..), basins) in METHODS.iter().zip(&found) {
                let label = format!("width of the basin in decades, {SHOWN}, {name}");
                measured.mean(&format!("width {name}"), &label, &basins.widths);
            }
        }
        let point = (width[0].max(width[1]), width[2]);
        match points.iter_mut().find(|(kind, _)| *kind == member.kind) {
            Some((_, of_kind)) => of_kind.push(point),
            None => points.push((member.kind, vec![point])),
        }
    }
    measured.note("tasks", "tasks", members.len() as f64);
    measured.note("wider", "tasks on which Adam's basin is the widest by a tenth of a decade", wider.into());
    let label = "tasks on which it is told apart from both others (paired intervals without 0)";
    measured.note("told", label, told.into());
    measured.note(
        "open",
        "basins that reach an end of the rates, over all tasks, methods and runs",
        open as f64,
    );
    toy(&mut measured)?;
    measured.tables.extend([table, published()]);
    let most = points.iter().flat_map(|(_, points)| points).fold(1.0_f64, |most, p| most.max(p.0).max(p.1));
    let mut series: Vec<Series> =
        points.into_iter().map(|(kind, points)| Series::points(kind, points)).collect();
    series.push(Series::theory("as wide", vec![(0.0, 0.0), (most, most)]));
    measured.charts.push(Chart {
        title: "Width of Adam's basin over that of SGD or momentum, a point a task".into(),
        x: ("the wider one of SGD and momentum, decades".into(), Scale::Linear),
        y: ("Adam, decades".into(), Scale::Linear),
        series,
        marks: vec![],
    });
    Ok(measured)
}

/// The task whose widths the verdict tells.
const SHOWN: &str = "simplenn";

/// Basins of a method on a member.
struct Basins {
    /// Widths in decades, one a run.
    widths: Vec<f64>,
    /// Number of those that reach an end of the rates.
    open: usize,
}

/// The mean width of each method with half of its interval.
fn row(member: &Member, found: &[Basins; 3]) -> Vec<String> {
    let cell = |basins: &Basins| Number::mean(&basins.widths).with_margin();
    std::iter::once(member.name.to_string()).chain(found.iter().map(cell)).collect()
}

/// True if the first has wider basins by a paired interval without 0.
fn is_wider(a: &Basins, b: &Basins) -> bool {
    let gains: Vec<f64> = a.widths.iter().zip(&b.widths).map(|(a, b)| a - b).collect();
    paired_t(&gains, 0.95).is_some_and(|test| test.interval.low > 0.0)
}

/// The basins of each method on a member.
fn basins(settings: &Settings<'_>, member: &Member) -> Result<[Basins; 3], Error> {
    let units = member.reports(settings.size(2, 3));
    let grids = METHODS.map(|(.., low)| {
        let low = if member.is_family() { 1e-5 } else { low };
        rates(low, 1e5 * low, 10_f64.sqrt())
    });
    let mut cases = vec![];
    for ((_, recipe, _), grid) in METHODS.iter().zip(&grids) {
        for &unit in &units {
            cases.extend(grid.iter().map(|&lr| (*recipe, unit, lr)));
        }
    }
    let scores = settings
        .parts(&cases, |&(recipe, unit, lr)| member.end(unit, &recipe.replace("LR", &lr.to_string())))?;
    // The number by which a rate is given.
    let given = |recipe: &str, lr: f64| {
        if recipe == METHODS[2].1 { settings.case(lr, lr.cbrt()) } else { lr }
    };
    let mut points = cases.iter().zip(scores).map(|(&(recipe, _, lr), score)| (given(recipe, lr), score));
    let of_method = |grid: &Vec<f64>| {
        let curves: Vec<Vec<(f64, f64)>> =
            units.iter().map(|_| points.by_ref().take(grid.len()).collect()).collect();
        let merit = |point: &(f64, f64)| member.direction().merit(point.1);
        let best = curves.iter().flatten().map(merit).fold(f64::NEG_INFINITY, f64::max).abs();
        let basin = |(unit, curve): (_, &Vec<(f64, f64)>)| {
            let has_learned = curve.iter().any(|point| merit(point) > member.least_merit(unit));
            let basin = lr_basin(curve, member.tolerance(best), member.direction());
            basin.filter(|_| has_learned)
        };
        let found: Vec<Option<Basin>> = units.iter().copied().zip(&curves).map(basin).collect();
        let open = found.iter().flatten().filter(|basin| basin.open_low || basin.open_high).count();
        Basins {
            widths: found.iter().map(|basin| basin.map_or(0.0, |basin| basin.decades())).collect(),
            open,
        }
    };
    Ok(grids.each_ref().map(of_method))
}

/// Rates that take ½x² to a hundredth of the start in 200 steps.
fn toy(measured: &mut Measured) -> Result<(), lab::Error> {
    let (steps, fraction) = (200, 0.01);
    for (name, recipe, _) in [METHODS[0], METHODS[2]] {
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
    let width = |name: &str| measured.number(&format!("width {name}")).with_margin();
    let numbers = format!(
        "Adam's basin is the widest by a tenth of a decade or more on {wider} of {tasks} tasks. Paired intervals tell it apart from both others on {told}. For {SHOWN} SGD has {} decades, momentum {} and Adam {}.",
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
