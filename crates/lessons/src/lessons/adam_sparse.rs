//! Rare classes, which gradient descent learns last.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-sparse",
    title: "Rare features",
    chapter: Chapter::Adam,
    claim: "Adam handles sparse or rare features better than plain gradient descent.",
    setup: "1,024 classes with frequencies $\\pi_k \\propto \\frac{1}{k}$, one-hot inputs, softmax, full batch: input $k$ has class $k$. \
        100 steps of gradient descent at $\\frac{1}{L}$, the rate that is safe for the most frequent class, of sign descent and Adam at \
        the rate 0.1. Then the loss of the ten most frequent classes and of the rarer half.",
    theory: "The gradient of class $k$ is $\\pi_k$ times that of a class alone, so gradient descent learns it $\\frac{1}{\\pi_k}$ times slower: the \
        steps to halve its loss have slope $-1$ over its frequency. Adam and sign descent divide the frequency out: slope 0.",
    question: Question {
        ask: "A class is 100 times rarer than another. How many times the steps does gradient descent need to halve its loss?",
        options: &["As many", "About 10 times", "About 100 times"],
        answer: |measured| match -measured.get("slope gd") {
            slope if slope < 0.25 => 0,
            slope if slope < 0.75 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "classes that are all equally frequent: nothing is rare.",
    limits: "A linear model with one input for each class: classes share no weights, so a larger rate would not diverge here, \
        as it would in a network. By symmetry each class has two distinct weights, so 2,048 numbers simulate \
        the million exactly.",
    try_it: &["descent explain sign_sgd", "descent explain adam"],
    source: "Kunstner 2024 (Heavy-tailed class imbalance and why Adam outperforms)",
};

const CLASSES: usize = 1024;
const STEPS: u64 = 100;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let frequency = |k: usize| settings.case(1.0 / (k as f64 + 1.0), 1.0);
    let total: f64 = (0..CLASSES).map(frequency).sum();
    let frequencies: Vec<f64> = (0..CLASSES).map(|k| frequency(k) / total).collect();
    // Largest curvature: that of class k alone is at most π/2.
    let l = frequencies[0] / 2.0;
    let methods = [
        ("gd", "gradient descent", format!("sgd lr={}", 1.0 / l)),
        ("sign", "sign descent", "sign_sgd lr=0.1".to_string()),
        ("adam", "Adam", "adam lr=0.1 eps=1e-30".to_string()),
    ];
    let long = settings.size(30, 60) * STEPS;
    let runs = settings.parts(&methods, |(_, _, recipe)| {
        Ok((learn(recipe, &frequencies, STEPS)?.0, learn(recipe, &frequencies, long)?.1))
    })?;
    let mut measured = Measured::default();
    let mut series = vec![];
    for ((key, name, _), (losses, halved)) in methods.iter().zip(&runs) {
        measured.note(
            &format!("head {key}"),
            &format!("loss of the ten most frequent classes, {name}"),
            lab::stats::mean(&losses[..10]),
        );
        measured.note(
            &format!("tail {key}"),
            &format!("loss of the rarer half, {name}"),
            lab::stats::mean(&losses[CLASSES / 2..]),
        );
        let line: Vec<(f64, f64)> = (0..CLASSES)
            .filter(|k| (k + 1).is_power_of_two())
            .map(|k| (frequencies[k], halved[k].map_or(f64::NAN, |step| step as f64)))
            .collect();
        let finite: Vec<(f64, f64)> = line.iter().copied().filter(|point| point.1.is_finite()).collect();
        let slope = slope(&finite);
        let label = format!("slope of the steps to halve a class's loss, {name}");
        let predicted = if *key == "gd" { -1.0 } else { 0.0 };
        match finite.len() > 2 && frequencies[0] > frequencies[1] {
            true => measured.compare(&format!("slope {key}"), &label, predicted, slope),
            false => measured.note(&format!("slope {key}"), &label, slope),
        }
        series.push(Series::line(*name, line));
    }
    measured.charts.push(Chart {
        title: "Steps to halve the loss of a class, over its frequency".into(),
        x: ("frequency of the class".into(), Scale::Log),
        y: ("steps".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(measured)
}

/// Slope of a line through the logarithms, by least squares; 0 where it has none.
fn slope(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.max(1.0).ln())).collect();
    let n = logs.len() as f64;
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let over: f64 = logs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let under: f64 = logs.iter().map(|p| (p.0 - mx).powi(2)).sum();
    if under > 1e-12 { over / under } else { 0.0 }
}

/// Loss of each class after some steps, and the step that halved it. The weights of input k are one number
/// for class k and one for all others.
fn learn(recipe: &str, frequencies: &[f64], steps: u64) -> Result<(Vec<f64>, Vec<Option<u64>>), lab::Error> {
    let others = (CLASSES - 1) as f64;
    let probability = |right: f32, wrong: f32| 1.0 / (1.0 + others * f64::from(wrong - right).exp());
    let mut walk = Walk::new(recipe, &vec![0.0; 2 * CLASSES], 0)?;
    let mut halved = vec![None; CLASSES];
    let start = (CLASSES as f64).ln();
    for step in 1..=steps {
        walk.step(&mut |w, gradient| {
            for (k, frequency) in frequencies.iter().enumerate() {
                let missing = 1.0 - probability(w[2 * k], w[2 * k + 1]);
                gradient[2 * k] = (-frequency * missing) as f32;
                gradient[2 * k + 1] = (frequency * missing / others) as f32;
            }
        });
        for (k, halved) in
            halved.iter_mut().enumerate().filter(|(k, halved)| halved.is_none() && (k + 1).is_power_of_two())
        {
            if -probability(walk.at[2 * k], walk.at[2 * k + 1]).ln() < 0.5 * start {
                *halved = Some(step);
            }
        }
    }
    let loss = |k: usize| -probability(walk.at[2 * k], walk.at[2 * k + 1]).max(1e-300).ln();
    Ok(((0..CLASSES).map(loss).collect(), halved))
}

fn judge(measured: &Measured) -> Verdict {
    let [gd, adam] = ["tail gd", "tail adam"].map(|key| measured.get(key));
    let numbers = format!(
        "after 100 steps the rarer half of the classes has a loss of {} with gradient descent and {} with Adam.",
        significant(gd),
        significant(adam)
    );
    if adam < 0.5 * gd && gd > 1.0 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
