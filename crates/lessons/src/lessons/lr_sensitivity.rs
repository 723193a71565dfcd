//! Rates that are too large diverge, and rates that are too small crawl.

use report::chart::{Chart, Mark, Scale, Series, significant};

use super::net_rates;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, quadratic};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "lr-sensitivity",
    title: "Too large overshoots, too small crawls",
    chapter: Chapter::Difficulties,
    claim: "A learning rate that is too large overshoots the minimum, and one that is too small makes training slow.",
    setup: "The parabola $f = \\frac{L}{2}x^2$ with $L = 10$, from $x = 1$. The largest rate at which the distance does \
        not grow over 4,000 steps is found by bisection to 0.1%, for gradient descent, heavy ball, PyTorch's Nesterov, and Adam with a frozen \
        preconditioner (a huge `eps`). Then the steps of gradient descent to $10^{-3}$ of the start, over the rate. And the notebook's network on 4,000 digits, 3 epochs at each of \
        13 rates over four decades: SGD, momentum, Nesterov, AdaGrad, RMSprop and Adam, three seeds each.",
    theory: "A step of gradient descent multiplies $x$ by $1-\\eta L$, so it diverges above $\\frac{2}{L}$. Heavy ball \
        allows $\\frac{2(1+\\beta)}{L}$, Nesterov $\\frac{2(1+\\beta)}{L(1+2\\beta)}$, and Adam with a frozen preconditioner \
        $\\frac{2+2\\beta_1}{(1-\\beta_1)L}$. At small rates the number of steps grows as $\\frac{1}{\\eta L}$.",
    question: Question {
        ask: "Gradient descent runs on a parabola of curvature L with the learning rate 2.1/L. What happens?",
        options: &["It converges, with overshoots", "It jumps from side to side and grows", "It crawls"],
        answer: |measured| if measured.get("at 2.1/L") > 1.0 { 1 } else { 0 },
    },
    measure,
    judge,
    counterexample: "AdaGrad in place of all four: it divides by the root of the sum of all squared gradients, so its steps shrink \
        until it comes to rest, at any rate.",
    limits: "One direction of constant curvature, and one network for three epochs. In a network the curvature moves with the weights (see \
        `edge-of-stability`), so no formula gives its largest rate; the width depends on the length of the run (see `adam-easy-lr`).",
    try_it: &["descent explain sgd", "descent find-lr --recipe sgd --task logreg --offline --json"],
    source: "Polyak 1964; Cohen 2021 and 2022",
};

const L: f64 = 10.0;
const BETA: f64 = 0.9;

/// A method with its recipe for a rate, and the limit that theory gives.
type Case = (&'static str, &'static str, fn(f64) -> String, f64);

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let adagrad = |lr: f64| format!("adagrad lr={lr}");
    let methods: [Case; 4] = [
        ("gd", "gradient descent, $2/L$", |lr| format!("sgd lr={lr}"), theory::gd_limit(L)),
        (
            "heavy ball",
            "heavy ball, $2(1+\\beta)/L$",
            |lr| format!("sgd lr={lr} momentum={BETA}"),
            theory::heavy_ball_limit(L, BETA),
        ),
        (
            "nesterov",
            "Nesterov, $2(1+\\beta)/(L(1+2\\beta))$",
            |lr| format!("sgd lr={lr} momentum={BETA} nesterov=true"),
            theory::nesterov_limit(L, BETA),
        ),
        (
            "adam",
            "Adam, frozen, $(2+2\\beta_1)/((1-\\beta_1)L)$",
            |lr| format!("adam lr={} beta1={BETA} eps={FROZEN}", lr * FROZEN),
            theory::adam_limit(L, BETA),
        ),
    ];
    let mut measured = Measured::default();
    let limits = settings.parts(&methods, |(_, _, recipe, limit)| {
        largest_stable(&|lr| settings.case(recipe(lr), adagrad(lr)), *limit)
    })?;
    for ((key, label, _, limit), found) in methods.iter().zip(limits) {
        measured.compare(&format!("limit {key}"), &format!("largest stable rate: {label}"), *limit, found);
    }
    let recipe = |lr: f64| settings.case(format!("sgd lr={lr}"), adagrad(lr));
    let mut walk = Walk::new(&recipe(2.1 / L), &[1.0], 0)?;
    (0..100).for_each(|_| walk.step(&mut quadratic(&[L])));
    measured.note("at 2.1/L", "size of $x$ after 100 steps at $2.1/L$", f64::from(walk.at[0]).abs());

    let mut curve = vec![];
    for tenth in -32..=4 {
        let lr = 10f64.powf(f64::from(tenth) / 10.0) / L;
        let mut walk = Walk::new(&recipe(lr), &[1.0], 0)?;
        let steps = walk.until(20_000, &mut quadratic(&[L]), |x| x[0].abs() <= 1e-3);
        curve.push((lr, count(steps)));
    }
    let steps_at = |lr: f64| {
        let near = |point: &&(f64, f64)| ((point.0 / lr).ln()).abs() < 0.01;
        curve.iter().find(near).map_or(f64::INFINITY, |point| point.1)
    };
    let crawl = |lr: f64| -(1e3_f64.ln()) / (-lr * L).ln_1p();
    for (key, lr) in [("a hundredth", 0.01 / L), ("a thousandth", 0.001 / L)] {
        let label = format!("steps to $10^{{-3}}$ at {key} of $1/L$");
        measured.compare(&format!("steps at {key}"), &label, crawl(lr).ceil(), steps_at(lr));
    }
    let theory =
        curve.iter().map(|&(lr, _)| (lr, crawl(lr).max(1.0))).filter(|point| point.0 < 1.0 / L).collect();
    measured.charts.push(Chart {
        title: "Steps to a thousandth of the start, over the learning rate".into(),
        x: ("learning rate".into(), Scale::Log),
        y: ("steps".into(), Scale::Log),
        series: vec![Series::line("measured", curve), Series::theory("prediction", theory)],
        marks: vec![Mark::X(2.0 / L, "2/L: diverges".into())],
    });
    net_rates::measure(settings, &mut measured)?;
    Ok(measured)
}

/// The `eps` of a frozen Adam: gradients are nothing next to it.
const FROZEN: f64 = 1e20;

/// Largest rate up to 1,000 times `limit` at which the parabola is descended, by bisection; infinite
/// if even that one is stable.
fn largest_stable(recipe: &dyn Fn(f64) -> String, limit: f64) -> Result<f64, lab::Error> {
    let (mut stable, mut diverging) = (limit * 0.1, limit * 1e3);
    if is_stable(&recipe(diverging))? {
        return Ok(f64::INFINITY);
    }
    while diverging / stable > 1.001 {
        let middle = (stable * diverging).sqrt();
        match is_stable(&recipe(middle))? {
            true => stable = middle,
            false => diverging = middle,
        }
    }
    Ok((stable * diverging).sqrt())
}

/// True if late steps are smaller than early ones.
fn is_stable(recipe: &str) -> Result<bool, lab::Error> {
    // Room for the first steps of Adam, whose bias correction makes them longer.
    let mut walk = Walk::new(recipe, &[1e-8], 0)?;
    let mut largest = [0.0_f32; 2];
    for step in 0..4000 {
        walk.step(&mut quadratic(&[L]));
        let x = walk.at[0].abs();
        // Far below the size at which a frozen preconditioner would thaw.
        if x.is_nan() || x > 1e12 {
            return Ok(false);
        }
        match step {
            500..1000 => largest[0] = largest[0].max(x),
            3500..4000 => largest[1] = largest[1].max(x),
            _ => {}
        }
    }
    Ok(largest[1] < largest[0] || largest[1] < 1e-14)
}

fn judge(measured: &Measured) -> Verdict {
    let error = measured.worst_error("limit ");
    let limits = measured.all("limit ").filter(|number| number.measured.is_finite()).count();
    let slow = measured.get("steps at a thousandth") / measured.get("steps at a hundredth");
    if limits == 0 {
        return Verdict::DoesNotHoldHere("no rate was too large for any of the methods.".into());
    }
    if !(error < 0.02 && slow > 5.0) {
        return Verdict::HoldsOnlyWhen(format!(
            "the method has a limit: {limits} of {} had one here.",
            measured.all("limit ").count()
        ));
    }
    let methods = net_rates::METHODS.map(|method| method.0);
    let both = measured.get("net both");
    let widths =
        methods.map(|name| format!("{name} {}", significant(measured.get(&format!("net width {name}")))));
    let numbers = format!(
        "each method begins to diverge within {}% of its predicted limit. A tenth of a small rate takes {} times the steps. On the network {both} of {} methods are worse at both ends of four decades; \
         the rates within a tenth of the best loss span, in decades: {}.",
        significant(100.0 * error),
        significant(slow),
        methods.len(),
        widths.join(", ")
    );
    match both == methods.len() as f64 {
        true => Verdict::Holds(numbers),
        false => Verdict::HoldsOnlyWhen(format!("the rates reach far enough: {numbers}")),
    }
}
