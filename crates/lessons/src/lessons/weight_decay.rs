//! Weight decay and the L2 penalty.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "weight-decay",
    title: "Weight decay is not always L2",
    chapter: Chapter::Schedules,
    claim: "Weight decay and an L2 penalty are the same regularization.",
    setup: "Two weights with curvatures 1 and 100 are pulled to 1 by the loss and to 0 by $\\lambda = 0.1$, 2,000 steps. SGD with the penalty in the \
        gradient and SGD whose weights shrink by the fraction $\\eta\\lambda$ each step; Adam with the penalty, and AdamW.",
    theory: "For SGD, $w - \\eta(g + \\lambda w)$ and $(1-\\eta\\lambda)w - \\eta g$ are the same. Adam divides the penalty by $\\sqrt{v}$ together with the \
        gradient, so weights with large gradients are hardly regularized; AdamW shrinks all alike.",
    question: Question {
        ask: "Adam with an L2 penalty and AdamW have the same λ and the same gradients of the loss. Do they train the same weights?",
        options: &["Yes, to rounding", "No"],
        answer: |measured| usize::from(measured.get("apart adam") > 1e-3),
    },
    measure,
    judge,
    counterexample: "λ = 0: nothing decays, and all pairs agree.",
    limits: "A toy loss shows that they differ, not which is better; on networks AdamW usually is the better one.",
    try_it: &["descent explain adamw", "descent explain adam"],
    source: "Loshchilov & Hutter 2019",
};

const CURVATURES: [f32; 2] = [1.0, 100.0];
const LR: f64 = 0.005;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let lambda = settings.case(0.1, 0.0);
    let pairs = [
        ("sgd", format!("sgd lr={LR} weight_decay={lambda}"), format!("sgd lr={LR}"), lambda),
        (
            "adam",
            format!("adam lr={LR} weight_decay={lambda}"),
            format!("adamw lr={LR} weight_decay={lambda}"),
            0.0,
        ),
    ];
    let mut measured = Measured::default();
    let mut series = vec![];
    for (name, penalty, decay, by_hand) in pairs {
        let [penalty, decay] = [path(&penalty, 0.0)?, path(&decay, by_hand)?];
        let apart = penalty.iter().zip(&decay).map(|(a, b)| (a.1 - b.1).abs()).fold(0.0, f64::max);
        let label = format!("largest difference of the steep weight, {name}");
        match name {
            "sgd" => measured.compare("apart sgd", &label, 0.0, apart),
            _ => measured.note("apart adam", &label, apart),
        }
        series.push(Series::line(format!("{name}, L2"), penalty));
        series.push(Series::line(format!("{name}, decay"), decay));
    }
    measured.charts.push(Chart {
        title: "The steep weight under penalty and decay".into(),
        x: ("step".into(), Scale::Linear),
        y: ("weight".into(), Scale::Linear),
        series,
        marks: vec![],
    });
    Ok(measured)
}

/// The steep weight after each step; `by_hand` shrinks the weights outside of the optimizer.
fn path(recipe: &str, by_hand: f64) -> Result<Vec<(f64, f64)>, lab::Error> {
    let mut walk = Walk::new(recipe, &[0.5; 2], 0)?;
    let mut path = vec![];
    for step in 1..=2000_u32 {
        let before = walk.at.clone();
        walk.step(&mut |w, gradient| {
            for ((g, w), curvature) in gradient.iter_mut().zip(w).zip(CURVATURES) {
                *g = curvature * (w - 1.0);
            }
        });
        for (w, before) in walk.at.iter_mut().zip(&before) {
            *w -= (LR * by_hand) as f32 * before;
        }
        path.push((f64::from(step), f64::from(walk.at[1])));
    }
    Ok(path)
}

fn judge(measured: &Measured) -> Verdict {
    let [sgd, adam] = ["apart sgd", "apart adam"].map(|key| measured.get(key));
    let numbers = format!(
        "the two ways differ by at most {} for SGD and {} for Adam, of a weight near 1.",
        significant(sgd),
        significant(adam)
    );
    match (sgd < 1e-5, adam < 1e-5) {
        (true, true) => Verdict::Holds(numbers),
        (true, false) => Verdict::HoldsOnlyWhen(format!("the optimizer is SGD: {numbers}")),
        _ => Verdict::DoesNotHoldHere(numbers),
    }
}
