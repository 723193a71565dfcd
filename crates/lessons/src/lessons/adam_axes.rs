//! Adam in a valley along the axes, and turned.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, steps_text};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-axes",
    title: "Adaptive rates know only the axes",
    chapter: Chapter::Adam,
    claim: "A rate for each weight makes badly scaled problems easy.",
    setup: "$\\frac{1}{2}(x^2 + 10^4 y^2)$ turned by 0, $\\frac{\\pi}{8}$ and $\\frac{\\pi}{4}$, from a point at the distances 1 \
        and 0.3 along its directions, until $f \\le \\frac{1}{2}10^{-4}$. Gradient descent with momentum 0.9 and Adam, each with the best of many rates.",
    theory: "Adam divides each coordinate by the size of that coordinate's gradients. Along the axes that undoes the scaling. Turned by \
        $\\frac{\\pi}{4}$, both coordinates feel the steep direction alike, both are divided alike, and nothing is undone. \
        Gradient descent does not know the axes: its steps are the same at every angle.",
    question: Question {
        ask: "The same valley is turned by 45 degrees. What happens to Adam, each time with its best rate?",
        options: &["Nothing: it adapts", "It becomes slower", "It becomes faster"],
        answer: |measured| match measured.get("adam 45") / measured.get("adam 0") {
            ratio if ratio > 1.5 => 1,
            ratio if ratio > 0.67 => 0,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "a round valley, $\\kappa = 1$: no scaling has to be undone, and gradient descent is as fast.",
    limits: "Two dimensions, no noise. Networks have no reason to have their valleys along the axes, nor across them.",
    try_it: &["descent tasks quadratic-rotated", "descent explain soap"],
    source: "Notebook; Kingma & Ba 2015 on diagonal scaling",
};

const DEGREES: [f64; 3] = [0.0, 22.5, 45.0];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let kappa = settings.case(1e4, 1.0);
    let momentum = |lr: f64| format!("sgd lr={lr} momentum=0.9");
    let adam = |lr: f64| format!("adam lr={lr}");
    let density = settings.size(4, 16);
    let grid = |from: i32, to: i32| -> Vec<f64> {
        (from * density..=to * density).map(|i| 10f64.powf(f64::from(i) / f64::from(density))).collect()
    };
    let mut measured = Measured::default();
    let mut series = vec![];
    for (name, label, recipe, rates) in [
        ("sgd", "momentum", &momentum as &(dyn Fn(f64) -> String + Sync), grid(-6, 1)),
        ("adam", "Adam", &adam, grid(-4, 1)),
    ] {
        let cases: Vec<(f64, f64)> =
            DEGREES.iter().flat_map(|&d| rates.iter().map(move |&lr| (d, lr))).collect();
        let steps = settings.parts(&cases, |&(degrees, lr)| descend(&recipe(lr), degrees, kappa))?;
        let mut line = vec![];
        for (index, degrees) in DEGREES.iter().enumerate() {
            let best =
                steps[index * rates.len()..][..rates.len()].iter().copied().fold(f64::INFINITY, f64::min);
            measured.note(
                &format!("{name} {degrees}"),
                &format!("steps of {label}, turned by {degrees}°"),
                best,
            );
            line.push((*degrees, best));
        }
        series.push(Series::line(label, line));
    }
    measured.charts.push(Chart {
        title: "Steps with the best rate, over the angle of the valley".into(),
        x: ("degrees".into(), Scale::Linear),
        y: ("steps".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(measured)
}

fn descend(recipe: &str, degrees: f64, kappa: f64) -> Result<f64, lab::Error> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let turned = |x: &[f32]| {
        let [x, y] = [f64::from(x[0]), f64::from(x[1])];
        [cos * x + sin * y, cos * y - sin * x]
    };
    let start = [(cos - 0.3 * sin) as f32, (sin + 0.3 * cos) as f32];
    let mut slope = |x: &[f32], gradient: &mut [f32]| {
        let [u, v] = turned(x);
        let [u, v] = [u, kappa * v];
        gradient.copy_from_slice(&[(cos * u - sin * v) as f32, (sin * u + cos * v) as f32]);
    };
    let done = |x: &[f32]| {
        let [u, v] = turned(x);
        u * u + kappa * v * v <= 1e-4
    };
    Ok(count(Walk::new(recipe, &start, 0)?.until(20_000, &mut slope, done)))
}

fn judge(measured: &Measured) -> Verdict {
    let (aligned, turned, sgd) = (measured.get("adam 0"), measured.get("adam 45"), measured.get("sgd 0"));
    let [a, t, s] = [aligned, turned, sgd].map(steps_text);
    if aligned > 0.7 * sgd {
        return Verdict::DoesNotHoldHere(format!("Adam took {a} steps along the axes and momentum {s}."));
    }
    let ratio = significant(turned / aligned);
    if turned < 1.5 * aligned {
        return Verdict::Holds(format!("Adam took {a} steps along the axes and {t} turned, momentum {s}."));
    }
    Verdict::HoldsOnlyWhen(format!(
        "the valley lies along the axes: Adam took {a} steps there and {ratio} times as many turned by 45°. Momentum took \
         {s} at every angle."
    ))
}
