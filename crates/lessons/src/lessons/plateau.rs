//! Flat regions, where gradients are tiny.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, steps_text};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "plateau",
    title: "Plateaus",
    chapter: Chapter::Difficulties,
    claim: "Where the surface is flat, updates are tiny and descent stalls; adaptive rates keep moving.",
    setup: "The sigmoid $f = \\sigma(x)$ from $x = s$, where its slope is about $e^{-s}$: steps until $f < \\frac{1}{2}$, \
        $s = 4, 6, 8$, all at the rate 0.1. SGD, momentum 0.9, RMSprop, Adam.",
    theory: "Gradient descent follows $dx/dt = -\\sigma(x)(1-\\sigma(x))$, so it needs $\\frac{2s + e^s - e^{-s}}{\\eta}$ steps. A step of Adam \
        has length $\\eta$ while the gradient stays the same, whatever its size: about $\\frac{s}{\\eta}$ steps, and fewer here, since the slope grows \
        on the way. RMSprop has no bias correction, so its first steps are up to ten times as long.",
    question: Question {
        ask: "The start moves from s = 4 to s = 8, where the slope is 50 times smaller. How many times the steps does Adam need?",
        options: &["About 2 times", "About 50 times", "It never leaves"],
        answer: |measured| match measured.get("adam 8") / measured.get("adam 4") {
            ratio if ratio < 5.0 => 0,
            ratio if ratio.is_finite() => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "Adam and RMSprop with `eps=1`: then they divide by 1 instead of by the size of the gradient.",
    limits: "One smooth plateau without noise. Where the gradient is noise, dividing by its size amplifies the noise.",
    try_it: &["descent tasks easom", "descent explain rmsprop"],
    source: "Notebook; the time follows by separating the variables",
};

const STARTS: [f64; 3] = [4.0, 6.0, 8.0];
const LR: f64 = 0.1;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let eps = settings.case(1e-8, 1.0);
    let methods = [
        ("sgd", format!("sgd lr={LR}")),
        ("momentum", format!("sgd lr={LR} momentum=0.9")),
        ("rmsprop", format!("rmsprop lr={LR} eps={eps}")),
        ("adam", format!("adam lr={LR} eps={eps}")),
    ];
    let cases: Vec<(usize, f64)> = (0..methods.len()).flat_map(|m| STARTS.map(|start| (m, start))).collect();
    let steps = settings.parts(&cases, |&(method, start)| {
        let mut slope = |x: &[f32], gradient: &mut [f32]| {
            let value = 1.0 / (1.0 + (-f64::from(x[0])).exp());
            gradient[0] = (value * (1.0 - value)) as f32;
        };
        let mut walk = Walk::new(&methods[method].1, &[start as f32], 0)?;
        Ok(count(walk.until(200_000, &mut slope, |x| x[0] < 0.0)))
    })?;
    let mut measured = Measured::default();
    let mut series = vec![];
    for (index, (name, _)) in methods.iter().enumerate() {
        let line: Vec<(f64, f64)> =
            STARTS.iter().enumerate().map(|(i, &s)| (s, steps[index * 3 + i])).collect();
        for &(start, steps) in &line {
            let (key, label) = (format!("{name} {start}"), format!("steps of {name} from $s = {start}$"));
            match *name {
                "sgd" => measured.compare(&key, &label, theory::plateau_steps(start, LR), steps),
                "adam" => measured.compare(&key, &label, start / LR, steps),
                _ => measured.note(&key, &label, steps),
            }
        }
        series.push(Series::line(*name, line));
        if *name == "sgd" {
            let curve = (8..=16).map(|half| f64::from(half) / 2.0).map(|s| (s, theory::plateau_steps(s, LR)));
            series.push(Series::theory("prediction", curve.collect()));
        }
    }
    measured.charts.push(Chart {
        title: "Steps to leave the plateau, over the start".into(),
        x: ("start s".into(), Scale::Linear),
        y: ("steps".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let growth = |name: &str| measured.get(&format!("{name} 8")) / measured.get(&format!("{name} 4"));
    let (sgd, adam) = (growth("sgd"), growth("adam"));
    let numbers = format!(
        "from s = 8 SGD takes {} steps and Adam {}. Moving the start from 4 to 8 multiplies the steps of SGD by {} and those of Adam by {}.",
        steps_text(measured.get("sgd 8")),
        steps_text(measured.get("adam 8")),
        significant(sgd),
        significant(adam)
    );
    if sgd > 20.0 && adam < 5.0 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
