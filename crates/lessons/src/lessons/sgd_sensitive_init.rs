//! Initial weights of several sizes.

use lab::stats::{mean, paired_t};
use report::chart::{Chart, Scale, Series, significant};
use train::{Budget, Split, Task, Training};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::tuned::{Arm, Effort, tuned};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "sgd-sensitive-init",
    title: "Sensitivity to the initial weights",
    chapter: Chapter::Batches,
    claim: "SGD is sensitive to the initial values of the weights, more than Adam.",
    setup: "A network 196–64–32–10 on small digits, 6 epochs. The usual initial weights are multiplied by 0.1, 0.32, 1, 3.2 and 10. SGD and Adam, each with the best of five rates for the \
        factor 1. The spread is the difference between the best and the worst accuracy over the factors, for each seed.",
    theory: "Three layers of weights at the factor $c$ give outputs of $c^3$ times the size, and gradients of a layer of about $c^2$ times. SGD's steps grow and shrink with them; Adam divides the size out, \
        so $\\eta$ alone says how far it moves.",
    question: Question {
        ask: "All initial weights are a tenth of what they should be. What happens to SGD in the first epochs?",
        options: &["Nothing much", "It hardly learns", "It diverges"],
        answer: |measured| {
            let [tenth, one] = ["0.1", "1"].map(|factor| measured.get(&format!("SGD {factor}")));
            if tenth > one - 10.0 { 0 } else { 1 }
        },
    },
    measure,
    judge,
    counterexample: "factors from 0.9 to 1.1: nobody notices them.",
    limits: "A small network without normalization layers, which would divide the size out, few epochs, one rate for all factors.",
    try_it: &["descent tasks simplenn", "descent explain adam"],
    source: "The notebook, part 2; Glorot & Bengio 2010; He 2015",
};

const WIDTHS: [usize; 2] = [64, 32];
const EPOCHS: u32 = 6;
const METHODS: [&str; 2] = ["SGD", "Adam"];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (train, held) = settings.size((800, 400), (2_000, 1_000));
    let digits = Digits::load(settings, train, held)?.halved();
    let tasks = [digits.tuning(&WIDTHS)?, digits.report(&WIDTHS)?];
    let arms = [
        Arm { recipe: "sgd lr=LR, batch=16".into(), rates: vec![0.01, 0.03, 0.1, 0.3, 1.0] },
        Arm { recipe: "adam lr=LR, batch=16".into(), rates: vec![3e-4, 1e-3, 3e-3, 0.01, 0.03] },
    ];
    let effort = Effort { epochs: EPOCHS, evaluations: 1, tuning_seeds: 2, seeds: 0 };
    let chosen = tuned(settings, tasks.each_ref(), &arms, effort)?;
    let factors = settings.case([0.1, 0.32, 1.0, 3.2, 10.0], [0.9, 0.95, 1.0, 1.05, 1.1]);
    let seeds: u64 = settings.size(4, 20);
    let cases: Vec<(usize, f64, u64)> = (0..2)
        .flat_map(|method| factors.map(|factor| (method, factor)))
        .flat_map(|(method, factor)| (0..seeds).map(move |seed| (method, factor, 2 + seed)))
        .collect();
    let scores = settings.parts(&cases, |&(method, factor, seed)| {
        Ok(100.0 * scaled(&tasks[1], &arms[method].at(chosen[method].lr), factor, seed)?)
    })?;
    let of = |method: usize, factor: usize| {
        let start = (method * factors.len() + factor) * seeds as usize;
        &scores[start..start + seeds as usize]
    };
    let mut measured = Measured { data: Some(digits.origin() + &digits.choice()), ..Measured::default() };
    let (mut spreads, mut series) = (vec![], vec![]);
    for (method, name) in METHODS.iter().enumerate() {
        measured.note(
            &format!("rate {name}"),
            &format!("best rate of {name} at the factor 1"),
            chosen[method].lr,
        );
        let mut line = vec![];
        for (index, factor) in factors.iter().enumerate() {
            let runs = of(method, index);
            measured.mean(
                &format!("{name} {factor}"),
                &format!("accuracy of {name} in percent, factor {factor}"),
                runs,
            );
            line.push((*factor, mean(runs)));
        }
        let spread = |seed: usize| {
            let all = (0..factors.len()).map(|factor| of(method, factor)[seed]);
            all.clone().fold(0.0, f64::max) - all.fold(100.0, f64::min)
        };
        let spread: Vec<f64> = (0..seeds as usize).map(spread).collect();
        measured.mean(
            &format!("spread {name}"),
            &format!("spread over the factors in points, {name}"),
            &spread,
        );
        spreads.push(spread);
        series.push(Series::line(*name, line));
    }
    let wider: Vec<f64> = spreads[0].iter().zip(&spreads[1]).map(|(sgd, adam)| sgd - adam).collect();
    measured.mean("wider", "spread of SGD less that of Adam, in points", &wider);
    let test = paired_t(&wider, 0.95).expect("there are seeds");
    measured.note("low", "lower end of the interval of that", test.interval.low);
    measured.charts.push(Chart {
        title: "Test accuracy over the size of the initial weights".into(),
        x: ("factor".into(), Scale::Log),
        y: ("accuracy in percent".into(), Scale::Linear),
        series,
        marks: vec![],
    });
    Ok(measured)
}

/// Test accuracy after training from initial weights times a factor; that of guessing if the run diverged.
fn scaled(task: &Task, recipe: &str, factor: f64, seed: u64) -> Result<f64, lab::Error> {
    let recipe = recipe.parse()?;
    let mut training = Training::new(task, &recipe, seed, Budget { epochs: EPOCHS, evaluations: 0 })?;
    let mut weights = training.weights().clone();
    weights.as_mut_slice().iter_mut().for_each(|w| *w *= factor as f32);
    training.begin_with(&weights);
    training.run(&mut |_| std::ops::ControlFlow::Continue(()));
    if training.has_diverged() {
        return Ok(0.1);
    }
    Ok(task.evaluate(&training.evaluation_weights(), training.buffers(), Split::Test).metric)
}

fn judge(measured: &Measured) -> Verdict {
    let [sgd, adam] = METHODS.map(|name| measured.get(&format!("spread {name}")));
    let numbers = format!(
        "over the sizes of the initial weights the accuracy of SGD varies by {} points and that of Adam by {}. The lower end of the 95% interval of the difference is {}.",
        significant(sgd),
        significant(adam),
        significant(measured.get("low"))
    );
    match measured.get("low") > 0.0 && sgd > 10.0 {
        true => Verdict::Holds(numbers),
        false => Verdict::DoesNotHoldHere(numbers),
    }
}
