//! A saddle entered almost along its ridge.

use lab::tasks::functions::by_name;
use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, steps_text};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "saddles",
    title: "Saddles",
    chapter: Chapter::Difficulties,
    claim: "Saddle points stall gradient descent; adaptive methods and noise escape them.",
    setup: "The task `saddle`, $x^2 - y^2 + \\frac{y^4}{4}$, from $(1, 10^{-k})$ for $k = 2$ to 12 and from exactly \
        $y = 0$: steps until $|y| > 1$ at the rate 0.05. SGD, momentum 0.9, RMSprop, Adam, and SGD with noise.",
    theory: "Near the saddle gradient descent multiplies $y$ by $1+2\\eta$, so it needs $\\frac{\\ln(1/y_0)}{\\ln(1+2\\eta)}$ steps: a \
        delay that grows with the number of zeros. A step of Adam has about the length $\\eta$ whatever the size of the gradient, so it needs about \
        $\\frac{1}{\\eta}$ steps. RMSprop has no bias correction, so its first steps are up to ten times as long. Where $y = 0$ exactly, the gradient along $y$ is 0 and only noise leaves.",
    question: Question {
        ask: "The start is exactly on the axis, y = 0. Which method leaves the saddle?",
        options: &["Adam", "Momentum", "SGD with noise, and no other"],
        answer: |measured| match (measured.get("adam 0"), measured.get("momentum 0")) {
            (adam, _) if adam.is_finite() => 0,
            (_, momentum) if momentum.is_finite() => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "RMSprop and Adam with `eps=1`: then their steps are as small as the gradient.",
    limits: "Two dimensions. A network's saddle has many directions down, and mini-batches are noisy anyway.",
    try_it: &["descent tasks saddle", "descent train --task saddle --recipe 'adam lr=0.05'"],
    source: "Dauphin 2014; Lee 2016 (gradient descent only converges to minimizers)",
};

const POWERS: [i32; 11] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const LR: f64 = 0.05;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let saddle = by_name("saddle").expect("it is listed");
    let eps = settings.case(1e-8, 1.0);
    let methods = [
        ("sgd", format!("sgd lr={LR}")),
        ("momentum", format!("sgd lr={LR} momentum=0.9")),
        ("rmsprop", format!("rmsprop lr={LR} eps={eps}")),
        ("adam", format!("adam lr={LR} eps={eps}")),
        ("noisy", format!("noisy_sgd lr={LR}")),
    ];
    let starts: Vec<f32> = POWERS.iter().map(|&k| 10f32.powi(-k)).chain([0.0]).collect();
    let cases: Vec<(usize, f32)> =
        (0..methods.len()).flat_map(|m| starts.iter().map(move |&start| (m, start))).collect();
    let steps = settings.parts(&cases, |&(method, start)| {
        let mut slope = |x: &[f32], gradient: &mut [f32]| {
            let (_, [gx, gy]) = saddle.at([x[0].into(), x[1].into()]);
            gradient.copy_from_slice(&[gx as f32, gy as f32]);
        };
        let mut walk = Walk::new(&methods[method].1, &[1.0, start], 0)?;
        Ok(count(walk.until(2_000, &mut slope, |x| x[1].abs() > 1.0)))
    })?;
    let mut measured = Measured::default();
    let mut series = vec![];
    for (index, (name, _)) in methods.iter().enumerate() {
        let of = &steps[index * starts.len()..][..starts.len()];
        let line: Vec<(f64, f64)> = POWERS.iter().zip(of).map(|(&k, &steps)| (k.into(), steps)).collect();
        for &(k, steps) in line.iter().filter(|point| [2.0, 12.0].contains(&point.0)) {
            let (key, label) = (format!("{name} {k}"), format!("steps of {name} from $y = 10^{{-{k}}}$"));
            match *name {
                "sgd" => measured.compare(&key, &label, theory::saddle_steps(10f64.powf(-k), LR), steps),
                "adam" => measured.compare(&key, &label, 1.0 / LR, steps),
                _ => measured.note(&key, &label, steps),
            }
        }
        measured.note(&format!("{name} 0"), &format!("steps of {name} from $y = 0$"), of[starts.len() - 1]);
        series.push(Series::line(*name, line));
        if *name == "sgd" {
            let theory = POWERS.iter().map(|&k| (f64::from(k), theory::saddle_steps(10f64.powi(-k), LR)));
            series.push(Series::theory("prediction", theory.collect()));
        }
    }
    measured.charts.push(Chart {
        title: "Steps to leave the saddle, over the distance of the start from the axis".into(),
        x: ("k, the start is 10⁻ᵏ from the axis".into(), Scale::Linear),
        y: ("steps".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let growth = |name: &str| measured.get(&format!("{name} 12")) / measured.get(&format!("{name} 2"));
    let (sgd, adam) = (growth("sgd"), growth("adam"));
    let numbers = format!(
        "a start 10¹⁰ times nearer to the axis costs SGD {} times the steps and Adam {} times",
        significant(sgd),
        significant(adam)
    );
    let noise = measured.get("noisy 0");
    if !(sgd > 3.0 && adam < 2.0 && noise.is_finite()) {
        return Verdict::DoesNotHoldHere(numbers + ".");
    }
    if measured.get("adam 0").is_finite() {
        return Verdict::Holds(numbers + ".");
    }
    Verdict::HoldsOnlyWhen(format!(
        "the start is off the axis or there is noise: {numbers}. Exactly on the axis Adam never leaves, and SGD with \
         noise does after {} steps.",
        steps_text(noise)
    ))
}
