//! Sharpness along training: it rises to 2/η and stays there.

use std::ops::ControlFlow;
use std::sync::Arc;

use data::batches::Normalize;
use data::samples::{Inputs, Samples, Targets};
use lab::stats::mean;
use nn::{Activation, Architecture};
use report::chart::{Chart, Mark, Scale, Series, significant};
use train::curvature::Hessian;
use train::{Budget, DataInfo, InMemory, Task, Training};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "edge-of-stability",
    title: "The edge of stability",
    chapter: Chapter::Difficulties,
    claim: "The rate decides how sharp the place is where training ends.",
    setup: "A network 196–32–10 with tanh and the squared error on small digits, all of them in every step, at the rates 0.8 and 1.2. The sharpness, which is the largest eigenvalue of the \
        Hessian, is measured along the way by Lanczos' method. And $f = \\frac{1}{2}(xy-1)^2$ from $(10, 0.2)$, whose sharpness at the start is $\\lambda_0$, at the rates \
        $\\frac{1}{\\lambda_0}$, $\\frac{3}{\\lambda_0}$ and $\\frac{4.5}{\\lambda_0}$.",
    theory: "On a parabola a curvature above $\\frac{2}{\\eta}$ makes gradient descent diverge. In a network the sharpness rises in training until it is $\\frac{2}{\\eta}$; there the steps along \
        the sharp direction grow and push the weights to where it is no sharper. On $xy = 1$ gradient flow keeps $x^2-y^2$, so small rates end at the sharpness $\\sqrt{(x_0^2-y_0^2)^2+4}$; \
        rates from $\\frac{2}{\\lambda_0}$ to about $\\frac{4}{\\lambda_0}$ are catapulted to one below $\\frac{2}{\\eta}$, and larger ones diverge.",
    question: Question {
        ask: "A network is trained with all examples at the rate 0.8, then again at 1.2. How does the sharpness at the end change?",
        options: &["It is about the same", "It is two thirds as large", "It is half as large again"],
        answer: |measured| match measured.get("late 1.2") / measured.get("late 0.8") {
            ratio if ratio > 1.25 => 2,
            ratio if ratio > 0.85 => 0,
            _ => 1,
        },
    },
    measure,
    judge,
    counterexample: "rates a hundred times as small: the sharpness does not come near $2/\\eta$ in the same number of steps.",
    limits: "A small smooth network, the squared error and the full gradient. With cross-entropy the sharpness falls again at the end, and with small batches it stays below.",
    try_it: &["descent explain sgd", "descent lessons run lr-sensitivity --quick"],
    source: "Cohen 2021 (Gradient descent on neural networks typically occurs at the edge of stability); Lewkowycz 2020",
};

/// Rates by name; the counterexample divides them.
const RATES: [f64; 2] = [0.8, 1.2];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (count, steps) = settings.size((100, 400), (400, 800));
    let digits = Digits::load(settings, count, 100)?.halved();
    let task = squared_error(&digits)?;
    let divided = settings.case(1.0, 100.0);
    let paths = settings.parts(&RATES, |lr| {
        sharpness(&task, lr / divided, count, steps, settings.size(steps / 8, steps / 10))
    })?;
    let mut measured = Measured { data: Some(digits.origin()), ..Measured::default() };
    let (mut series, mut marks) = (vec![], vec![]);
    for (name, path) in RATES.iter().zip(paths) {
        let lr = name / divided;
        let late: Vec<f64> = path[path.len() * 3 / 4..].iter().map(|point| point.1).collect();
        let label = format!("sharpness in the last quarter at the rate {lr}, $2/\\eta$");
        measured.compare(&format!("late {name}"), &label, theory::gd_limit(lr), mean(&late));
        measured.note(
            &format!("start {name}"),
            &format!("sharpness at the start at the rate {lr}"),
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

/// A smooth network that learns 1 for the right class and 0 for the others.
fn squared_error(digits: &Digits) -> Result<Task, Error> {
    let images = &digits.dataset.train;
    let one_hot = |label: &u8| {
        std::array::from_fn::<f32, 10, _>(|class| f32::from(u8::from(class == usize::from(*label))))
    };
    let targets = Targets::Numbers { width: 10, values: images.labels.iter().flat_map(one_hot).collect() };
    let inputs = Inputs::Bytes { shape: vec![images.rows, images.cols], values: images.pixels.clone() };
    let samples = Samples { inputs, targets };
    let none = samples.select(&[]);
    let info = DataInfo { name: "mnist".into(), origin: digits.origin(), sample: false };
    let examples = InMemory::new(info, samples, none.clone(), none);
    let architecture = Architecture::Mlp { hidden: vec![32], activation: Activation::Tanh };
    Ok(Task::supervised(Arc::new(examples), &architecture, Normalize { mean: 0.0, std: 1.0 })?)
}

/// Sharpness at the start and after each `every` steps of gradient descent with all examples.
fn sharpness(
    task: &Task,
    lr: f64,
    count: usize,
    steps: u32,
    every: u32,
) -> Result<Vec<(f64, f64)>, lab::Error> {
    let recipe = format!("sgd lr={lr}, batch={count}").parse()?;
    let budget = Budget { epochs: steps, evaluations: 0 };
    let mut training = Training::new(task, &recipe, 0, budget)?;
    let of = |training: &Training<'_>| {
        Hessian::new(task, training.weights(), training.buffers(), count).sharpness(0).eigenvalue
    };
    let mut path = vec![(0.0, of(&training))];
    training.run(&mut |training| {
        let step = training.progress().steps;
        if step.is_multiple_of(every.into()) {
            path.push((step as f64, of(training)));
        }
        ControlFlow::Continue(())
    });
    Ok(path)
}

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
    let ratio = |name: f64| {
        let late = measured.number(&format!("late {name}"));
        late.measured / late.predicted.unwrap_or(f64::NAN)
    };
    let [slow, fast] = RATES.map(ratio);
    let catapult = measured.number("catapult");
    let diverges = measured.get("beyond").is_infinite();
    let flatter = diverges && catapult.measured < catapult.predicted.unwrap_or(0.0);
    let numbers = format!(
        "in the last quarter the sharpness was {} and {} times 2/η at the two rates. On xy = 1 a small rate ended at the sharpness {}, and a catapult at {}.",
        significant(slow),
        significant(fast),
        significant(measured.get("slow")),
        significant(catapult.measured)
    );
    match [slow, fast].iter().filter(|ratio| (0.85..1.25).contains(*ratio)).count() {
        2 if flatter => Verdict::Holds(numbers),
        0 => Verdict::DoesNotHoldHere(numbers),
        _ => Verdict::HoldsOnlyWhen(format!("the sharpness gets to 2/η: {numbers}")),
    }
}
