//! The noise floor of SGD, and three ways below it.

use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Normals;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "noisy-updates",
    title: "The noise floor",
    chapter: Chapter::Batches,
    claim: "The updates of SGD have a high variance and oscillate around the minimum.",
    setup: "$f = \\frac{1}{2}x^2$ from $x = 1$ with gradient noise of variance 1; many independent copies at once. The mean of \
        $x^2$ half way and at the end for the constant rates 0.02, 0.1 and 0.5. Then, at the end: the mean of the last half of the way, the rate \
        $\\frac{1}{t}$, and schedule-free SGD.",
    theory: "At a constant rate the variance settles at $\\frac{\\eta\\sigma^2}{\\lambda(2-\\eta\\lambda)}$ and stays there. With $\\sigma = \\lambda = 1$ and $T$ steps in all, the mean of the \
        last half has about $\\frac{2}{T}$ instead, and the rate $\\frac{1}{t}$ has $\\frac{1}{T}$: both go on falling.",
    question: Question {
        ask: "SGD at a constant rate has trained long enough to circle around the minimum. How large is the distance after twice the steps?",
        options: &["Half as large", "Smaller by the root of two", "No smaller"],
        answer: |measured| match measured.get("late 0.1") / measured.get("early 0.1") {
            ratio if ratio < 0.35 => 0,
            ratio if ratio < 0.7 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "the rate $1/t$ in place of the constant ones: the oscillation dies out.",
    limits: "One curvature and noise of one size. The noise of mini-batches shrinks where all examples agree.",
    try_it: &["descent explain schedule_free_sgd", "descent explain tail_average"],
    source: "Polyak & Juditsky 1992; Defazio 2024 (schedule-free)",
};

const RATES: [f64; 3] = [0.02, 0.1, 0.5];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (copies, half) = settings.size((1_500, 300), (5_000, 1_000));
    let total = 2 * half;
    let decay = "sgd lr=1, inverse_time rate=1 every=1".to_string();
    let mut recipes: Vec<String> =
        RATES.map(|lr| settings.case(format!("sgd lr={lr}"), decay.clone())).into();
    recipes.extend([
        "tail_average(sgd lr=0.1) start=50%".to_string(),
        decay,
        "schedule_free_sgd lr=0.5".to_string(),
    ]);
    let runs = settings.parts(&recipes, |recipe| spread(recipe, copies, total))?;
    let mut measured = Measured::default();
    for (lr, run) in RATES.iter().zip(&runs) {
        let floor = theory::noise_floor(*lr, 0.0, 1.0, 1.0);
        let at = |step: u64| run[step as usize].1;
        let label = |steps: u64| format!("mean of $x^2$ at the rate {lr} after {steps} steps");
        measured.compare(&format!("early {lr}"), &label(half), floor, at(half));
        measured.compare(&format!("late {lr}"), &label(total), floor, at(total));
    }
    let end = |index: usize| runs[index][total as usize].1;
    let last = total as f64;
    measured.compare("tail", "mean of the last half, $2/T$", 2.0 / last, end(3));
    measured.compare("decay", "rate $1/t$, $1/T$", 1.0 / last, end(4));
    measured.note("schedule free", "schedule-free SGD", end(5));
    let names = ["rate 0.02", "rate 0.1", "rate 0.5", "tail average", "rate 1/t", "schedule-free"];
    measured.charts.push(Chart {
        title: "Mean square of the distance to the minimum".into(),
        x: ("step".into(), Scale::Log),
        y: ("mean of x²".into(), Scale::Log),
        series: names.iter().zip(runs).map(|(name, run)| Series::line(*name, run)).collect(),
        marks: vec![],
    });
    Ok(measured)
}

/// Mean of x² over independent copies after each step.
fn spread(recipe: &str, copies: usize, steps: u64) -> Result<Vec<(f64, f64)>, lab::Error> {
    let noise = Normals::new(0, "lesson noisy-updates");
    let mut walk = Walk::new(recipe, &vec![1.0; copies], steps)?;
    let mut path = vec![];
    for step in 0..=steps {
        let square = walk.eval_weights().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / copies as f64;
        path.push((step as f64, square));
        walk.step(&mut |x, gradient| {
            for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
                *g = x + noise.at(step * copies as u64 + i as u64);
            }
        });
    }
    Ok(path)
}

fn judge(measured: &Measured) -> Verdict {
    let falls = measured.get("late 0.1") / measured.get("early 0.1");
    let error = measured.worst_error("late ");
    let decay = measured.get("decay");
    let floor = measured.get("late 0.1");
    if falls < 0.7 {
        return Verdict::DoesNotHoldHere(format!(
            "training twice as long left {} of the mean square distance.",
            significant(falls)
        ));
    }
    let numbers = format!(
        "at the rate 0.1 the mean square distance stays at {} (at every rate within {}% of the formula)",
        significant(floor),
        significant(100.0 * error)
    );
    match decay < 0.5 * floor {
        true => Verdict::HoldsOnlyWhen(format!(
            "the rate is constant and weights are not averaged: {numbers}, while the rate 1/t ends at {}.",
            significant(decay)
        )),
        false => Verdict::Holds(numbers + "."),
    }
}
