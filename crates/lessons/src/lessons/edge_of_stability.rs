//! Sharpness along training: it rises to 2/η and stays there.

use std::ops::ControlFlow;

use lab::stats::median;
use report::chart::{Chart, Mark, Scale, Series, significant};
use train::{Budget, Task, Training};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::{SIMPLENN, dense, digits};
use crate::sharpness::Sharpness;
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "edge-of-stability",
    title: "The edge of stability",
    chapter: Chapter::Difficulties,
    claim: "The rate decides how sharp the place is where training ends.",
    setup: "The notebook's network (784–128–64–10, ReLU, cross-entropy) on 2,000 digits, all of them in every step, at the rates 0.04, 0.06 and 0.08. The sharpness, which is the largest eigenvalue of the \
        Hessian, is measured along the way. And $f = \\frac{1}{2}(xy-1)^2$ from $(10, 0.2)$, whose sharpness at the start is $\\lambda_0$, at the rates \
        $\\frac{1}{\\lambda_0}$, $\\frac{3}{\\lambda_0}$ and $\\frac{4.5}{\\lambda_0}$.",
    theory: "On a parabola a curvature above $\\frac{2}{\\eta}$ makes gradient descent diverge. In a network the sharpness rises in training until it is $\\frac{2}{\\eta}$; there the steps along \
        the sharp direction grow and push the weights to where it is no sharper. On $xy = 1$ gradient flow keeps $x^2-y^2$, so small rates end at the sharpness $\\sqrt{(x_0^2-y_0^2)^2+4}$; \
        rates from $\\frac{2}{\\lambda_0}$ to about $\\frac{4}{\\lambda_0}$ are catapulted to one below $\\frac{2}{\\eta}$, and larger ones diverge.",
    question: Question {
        ask: "A network is trained with all examples at the rate 0.04, then again at 0.08. How does the sharpness at the end change?",
        options: &["It is about the same", "It is about half as large", "It is about twice as large"],
        answer: |measured| match measured.get("late 0.08") / measured.get("late 0.04") {
            ratio if ratio > 1.4 => 2,
            ratio if ratio > 0.7 => 0,
            _ => 1,
        },
    },
    measure,
    judge,
    counterexample: "rates a hundred times as small: the sharpness does not come near $2/\\eta$ in the same number of steps.",
    limits: "One network and the full gradient. With cross-entropy the sharpness falls again once every example is learned, and at a rate so small that $2/\\eta$ is never reached it ends where the data put it; with small batches it stays below. \
        The sharpness is the value of the power method, begun at the last vector: an estimate from below, and jumps where units with ReLU switch.",
    try_it: &["descent explain sgd", "descent lessons run lr-sensitivity --quick"],
    source: "Cohen 2021 (Gradient descent on neural networks typically occurs at the edge of stability); Lewkowycz 2020",
};

/// Rates by name; the counterexample divides them.
const RATES: [f64; 3] = [0.04, 0.06, 0.08];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (count, steps) = settings.size((600, 200), (2_000, 600));
    let (examples, origin) = digits(settings, count, 100)?;
    let task = dense(examples, &SIMPLENN)?;
    let divided = settings.case(1.0, 100.0);
    let every = steps / settings.size(10, 30);
    let paths = settings.parts(&RATES, |lr| along_training(&task, lr / divided, count, steps, every))?;
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let (mut series, mut marks) = (vec![], vec![]);
    for (name, path) in RATES.iter().zip(paths) {
        let lr = name / divided;
        let late: Vec<f64> = path[path.len() / 2..].iter().map(|point| point.1).collect();
        let label = format!("median sharpness in the second half at the rate {lr}, $2/\\eta$");
        measured.compare(
            &format!("late {name}"),
            &label,
            theory::gd_limit(lr),
            median(&late).expect("a path has points"),
        );
        measured.note(
            &format!("start {name}"),
            &format!("sharpness after {every} steps at the rate {lr}"),
            path[0].1,
        );
        series.push(Series::line(format!("rate {lr}"), path));
        marks.push(Mark::Y(theory::gd_limit(lr), format!("2/{lr}")));
    }
    catapult(&mut measured)?;
    let in_view = settings.case(marks, vec![]);
    measured.charts.push(Chart {
        title: "Sharpness along training with all examples".into(),
        x: ("step".into(), Scale::Linear),
        y: ("sharpness".into(), Scale::Linear),
        series,
        marks: in_view,
    });
    Ok(measured)
}

/// Sharpness after each `every` steps of gradient descent with all examples.
fn along_training(
    task: &Task,
    lr: f64,
    count: usize,
    steps: u32,
    every: u32,
) -> Result<Vec<(f64, f64)>, lab::Error> {
    let recipe = format!("sgd lr={lr}, batch={count}").parse()?;
    let budget = Budget { epochs: steps, evaluations: 0 };
    let mut training = Training::new(task, &recipe, 0, budget)?;
    let mut sharpness = Sharpness::new(task, count);
    let mut path = vec![];
    training.run(&mut |training| {
        let step = training.progress().steps;
        if step.is_multiple_of(every.into()) {
            let products = if path.is_empty() { FIRST_PRODUCTS } else { PRODUCTS };
            path.push((step as f64, sharpness.at(training.weights(), training.buffers(), products)));
        }
        ControlFlow::Continue(())
    });
    Ok(path)
}

/// Products with the Hessian at first, when nothing is known of the sharpest direction, and later.
const FIRST_PRODUCTS: usize = 40;
const PRODUCTS: usize = 8;

/// Gradient descent on ½(xy − 1)² at three rates.
fn catapult(measured: &mut Measured) -> Result<(), lab::Error> {
    let start = [10.0_f32, 0.2];
    let [x, y] = start.map(f64::from);
    // The larger eigenvalue of [[y², 2xy − 1], [2xy − 1, x²]].
    let off = 2.0 * x * y - 1.0;
    let largest = (x * x + y * y) / 2.0 + ((x * x - y * y) / 2.0).hypot(off);
    let end = |lr: f64| -> Result<f64, lab::Error> {
        let mut walk = Walk::new(&format!("sgd lr={lr}"), &start, 0)?;
        for _ in 0..5_000 {
            walk.step(&mut |at, gradient| {
                let error = at[0] * at[1] - 1.0;
                (gradient[0], gradient[1]) = (error * at[1], error * at[0]);
            });
        }
        let sharpness = walk.at.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
        Ok(if sharpness.is_finite() { sharpness } else { f64::INFINITY })
    };
    let flow = ((x * x - y * y).powi(2) + 4.0).sqrt();
    measured.compare(
        "slow",
        "sharpness at the end from $1/\\lambda_0$, as gradient flow",
        flow,
        end(1.0 / largest)?,
    );
    let lr = 3.0 / largest;
    let label = "sharpness at the end from $3/\\lambda_0$, at most $2/\\eta$";
    measured.compare("catapult", label, theory::gd_limit(lr), end(lr)?);
    measured.compare(
        "beyond",
        "sharpness at the end from $4.5/\\lambda_0$",
        f64::INFINITY,
        end(4.5 / largest)?,
    );
    Ok(())
}

fn judge(measured: &Measured) -> Verdict {
    let ratios = RATES.map(|name| {
        let late = measured.number(&format!("late {name}"));
        late.measured / late.predicted.unwrap_or(f64::NAN)
    });
    let catapult = measured.number("catapult");
    let diverges = measured.get("beyond").is_infinite();
    let flatter = diverges && catapult.measured < catapult.predicted.unwrap_or(0.0);
    let numbers = format!(
        "in the second half of training the median sharpness was {} times 2/η at the {} rates. On xy = 1 a small rate ended at the sharpness {}, and a catapult at {}.",
        ratios.map(significant).join(", "),
        RATES.len(),
        significant(measured.get("slow")),
        significant(catapult.measured)
    );
    match ratios.iter().filter(|ratio| (0.85..1.25).contains(*ratio)).count() {
        count if count == RATES.len() && flatter => Verdict::Holds(numbers),
        0 => Verdict::DoesNotHoldHere(numbers),
        _ => Verdict::HoldsOnlyWhen(format!("the sharpness gets to 2/η: {numbers}")),
    }
}
