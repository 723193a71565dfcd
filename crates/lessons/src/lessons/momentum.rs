//! Momentum accelerates narrow valleys and raises the noise floor.

use lab::stats::variance;
use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Normals;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, quadratic, steps_text};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "momentum",
    title: "Momentum: faster along the valley, noisier at its end",
    chapter: Chapter::Momentum,
    claim: "Momentum accelerates descent and smooths the updates.",
    setup: "Three experiments on parabolas. A narrow valley, $\\kappa = 1000$: steps to $10^{-6}$ of the start for the best \
        gradient descent and the best heavy ball. Four runs with $\\beta = 0, 0.5, 0.9, 0.99$ and the same $\\frac{\\eta}{1-\\beta}$: \
        the largest distance between their paths. One direction with noisy gradients: the variance around the minimum \
        at the same $\\eta$, after the start is forgotten.",
    theory: "The best heavy ball shrinks the error by $\\frac{\\sqrt{\\kappa}-1}{\\sqrt{\\kappa}+1}$ a step instead of \
        $\\frac{\\kappa-1}{\\kappa+1}$. At small rates momentum is gradient descent at $\\frac{\\eta}{1-\\beta}$. The noise that is left \
        is $\\frac{\\eta\\sigma^2(1+\\beta)}{\\lambda(1-\\beta)(2(1+\\beta)-\\eta\\lambda)}$: at the same $\\eta$ it grows as $\\frac{1}{1-\\beta}$.",
    question: Question {
        ask: "Gradients are noisy, the rate stays the same, and momentum goes from 0 to 0.9. How far from the minimum does the point end up on average?",
        options: &[
            "Nearer: momentum averages the noise away",
            "At the same distance",
            "Farther: about three times as far",
        ],
        answer: |measured| match (measured.get("floor 0.9") / measured.get("floor 0")).sqrt() {
            ratio if ratio < 0.8 => 0,
            ratio if ratio < 1.25 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "a round valley, $\\kappa = 1$: there is nothing to accelerate, since gradient descent at $1/L$ arrives in one step.",
    limits: "Quadratics with exact constants. On a network nobody knows $\\kappa$, and both rates are tuned.",
    try_it: &["descent explain sgd", "descent schedule 'momentum: one_cycle 0.95..0.85'"],
    source: "Polyak 1964; Goh 2017 (Why momentum really works)",
};

const BETAS: [f64; 4] = [0.0, 0.5, 0.9, 0.99];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let mut measured = Measured::default();
    let kappa = settings.case(1000.0, 1.0);
    let (lr, beta) = theory::polyak(1.0, kappa);
    let (gd, gd_curve) = descend(&format!("sgd lr={}", 2.0 / (kappa + 1.0)), kappa)?;
    let (heavy, heavy_curve) = descend(&format!("sgd lr={lr} momentum={beta}"), kappa)?;
    let steps = (1e-6_f64.ln() / (2.0 * theory::gd_best_factor(kappa).ln())).ceil().max(1.0);
    measured.compare("steps gd", "steps of gradient descent in the valley", steps, gd);
    let steps = theory::polyak_steps(kappa, 1e-6);
    measured.compare("steps heavy", "steps of heavy ball in the valley", steps, heavy);

    let paths = settings.parts(&BETAS, |beta| path(2e-3 * (1.0 - beta), *beta))?;
    let mut apart = 0.0_f64;
    for path in &paths {
        // The first steps have no momentum yet.
        let gap = path.iter().zip(&paths[0]).skip(500).map(|(a, b)| (a - b).abs());
        apart = gap.fold(apart, f64::max);
    }
    measured.note(
        "apart",
        "largest distance between paths of equal $\\eta/(1-\\beta)$, of a start at 1",
        apart,
    );

    let length = settings.size(60_000, 1_000_000);
    let (lr, curvature) = (0.02, 1.0);
    let floors = settings.parts(&BETAS, |beta| floor(lr, *beta, curvature, length))?;
    for (beta, floor) in BETAS.iter().zip(&floors) {
        let key = format!("floor {beta}");
        let predicted = theory::noise_floor(lr, *beta, curvature, 1.0);
        measured.compare(&key, &format!("variance around the minimum, $\\beta = {beta}$"), predicted, *floor);
    }
    measured.charts.push(Chart {
        title: format!("Loss in a valley of κ = {kappa}"),
        x: ("step".into(), Scale::Linear),
        y: ("f / f at the start".into(), Scale::Log),
        series: vec![Series::line("gradient descent", gd_curve), Series::line("heavy ball", heavy_curve)],
        marks: vec![],
    });
    measured.charts.push(Chart {
        title: "Variance around the minimum at the same rate".into(),
        x: ("1 / (1 − β)".into(), Scale::Log),
        y: ("variance".into(), Scale::Log),
        series: vec![
            Series::line("measured", BETAS.iter().zip(&floors).map(|(b, f)| (1.0 / (1.0 - b), *f)).collect()),
            Series::theory(
                "prediction",
                BETAS
                    .iter()
                    .map(|b| (1.0 / (1.0 - b), theory::noise_floor(lr, *b, curvature, 1.0)))
                    .collect(),
            ),
        ],
        marks: vec![],
    });
    Ok(measured)
}

/// Steps to 10⁻⁶ of the start, and the way there.
fn descend(recipe: &str, kappa: f64) -> Result<(f64, Vec<(f64, f64)>), lab::Error> {
    let curvatures = [1.0, kappa];
    let value =
        |x: &[f32]| x.iter().zip(&curvatures).map(|(&x, c)| 0.5 * c * f64::from(x).powi(2)).sum::<f64>();
    let start = [1.0, 1.0];
    let mut walk = Walk::new(recipe, &start, 0)?;
    let mut curve = vec![];
    for step in 0..50_000_u32 {
        let fraction = value(&walk.at) / value(&start);
        curve.push((f64::from(step), fraction));
        if fraction <= 1e-6 {
            return Ok((f64::from(step), curve));
        }
        walk.step(&mut quadratic(&curvatures));
    }
    Ok((count(None), curve))
}

/// A thousand steps and more from 1 on ½x².
fn path(lr: f64, beta: f64) -> Result<Vec<f64>, lab::Error> {
    let mut walk = Walk::new(&format!("sgd lr={lr} momentum={beta}"), &[1.0], 0)?;
    Ok((0..3000)
        .map(|_| {
            walk.step(&mut quadratic(&[1.0]));
            f64::from(walk.at[0])
        })
        .collect())
}

/// Variance of the point over `length` steps with gradient noise of variance 1.
fn floor(lr: f64, beta: f64, curvature: f64, length: u64) -> Result<f64, lab::Error> {
    let noise = Normals::new(0, "lesson momentum");
    let mut walk = Walk::new(&format!("sgd lr={lr} momentum={beta}"), &[0.0], 0)?;
    let forget = 5_000;
    let mut seen = Vec::with_capacity(length as usize);
    for step in 0..forget + length {
        walk.step(&mut |x, gradient| gradient[0] = curvature as f32 * x[0] + noise.at(step));
        if step >= forget {
            seen.push(f64::from(walk.at[0]));
        }
    }
    Ok(variance(&seen))
}

fn judge(measured: &Measured) -> Verdict {
    let speed = measured.get("steps gd") / measured.get("steps heavy");
    let louder = measured.get("floor 0.9") / measured.get("floor 0");
    let [gd, heavy] = ["steps gd", "steps heavy"].map(|key| steps_text(measured.get(key)));
    if speed.is_nan() || speed < 1.5 {
        return Verdict::DoesNotHoldHere(format!("gradient descent took {gd} steps and heavy ball {heavy}."));
    }
    let fast = format!("heavy ball took {heavy} steps where gradient descent took {gd}");
    if louder < 1.25 {
        return Verdict::Holds(format!("{fast}, and the noise did not grow."));
    }
    Verdict::HoldsOnlyWhen(format!(
        "the rate is lowered with it: {fast}. At the same rate β = 0.9 leaves {} times the variance around the \
         minimum.",
        significant(louder)
    ))
}
