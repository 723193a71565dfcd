//! Test errors of adaptive methods: a construction, and real tasks with paired seeds.

use lab::stats::{mean, paired_t};
use report::chart::{Chart, Scale, Series};
use tensor::random::Stream;

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::signals::signals;
use crate::tuned::{Arm, Effort, tuned};
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-generalizes-worse",
    title: "Does Adam generalize worse?",
    chapter: Chapter::AdamFails,
    claim: "Adam generalizes worse than SGD.",
    setup: "Wilson's construction: 200 examples with $y = \\pm 1$, six tenths of them $+1$, a first feature $y$, two constant features 1, and then one feature of the example alone if $y = 1$, or five \
        if $y = -1$. Least squares with all examples, until the training error is 0; then 1,000 new examples. And two tasks, small digits and the signals of MNIST-1D, with \
        SGD with momentum and Adam tuned alike and paired seeds.",
    theory: "From $w = 0$ gradient descent ends at the solution of the least norm, which trusts the first feature. AdaGrad, RMSprop and Adam end at weights of one size, $\\tau\\text{sign}(X^Ty)$: the two constant \
        features together outvote the first, so every new example is called $+1$ and all of the negative class, 0.4 of the examples, is wrong. Real tasks are not built for that.",
    question: Question {
        ask: "Both fit the training data of Wilson's construction without an error. Which fraction of the new examples does Adam get wrong?",
        options: &["None", "About 0.4", "About 0.5"],
        answer: |measured| match measured.get("wilson adam") {
            error if error < 0.1 => 0,
            error if error < 0.45 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "Wilson's construction without the two constant features, which do the outvoting.",
    limits: "One construction and two small tasks with small networks. Large networks on images, where the claim comes from, were not run.",
    try_it: &["descent tasks mnist1d-mlp", "descent explain adam"],
    source: "Wilson 2017; Choi 2019; Schmidt 2021",
};

/// Name and recipe of the methods on Wilson's construction, and the test error by theory.
const METHODS: [(&str, &str, f64); 5] = [
    ("sgd", "sgd lr=0.25", 0.0),
    ("heavy ball", "sgd lr=0.05 momentum=0.9", 0.0),
    ("adagrad", "adagrad lr=0.1", 0.4),
    ("rmsprop", "rmsprop lr=0.001", 0.4),
    ("adam", "adam lr=0.001", 0.4),
];

const EXAMPLES: usize = 200;
/// The features that all examples share.
const SHARED: usize = 3;
/// The features of one example alone.
const OWN: usize = 5;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let constant = settings.case(1.0, 0.0);
    let errors = settings.parts(&METHODS, |(_, recipe, _)| wilson(recipe, constant))?;
    let (mut measured, mut points, mut theory) = (Measured::default(), vec![], vec![]);
    for (place, ((name, _, predicted), (fit, error))) in METHODS.iter().zip(errors).enumerate() {
        let label = format!("test error on Wilson's construction, {name}");
        measured.compare(&format!("wilson {name}"), &label, settings.case(*predicted, 0.0), error);
        measured.note(&format!("fit {name}"), &format!("training error on it, {name}"), fit);
        points.push((place as f64, error));
        theory.push((place as f64, settings.case(*predicted, 0.0)));
    }
    measured.charts.push(Chart {
        title: "Test error on Wilson's construction".into(),
        x: ("method".into(), Scale::Names(METHODS.map(|method| method.0.to_string()).into())),
        y: ("fraction wrong".into(), Scale::Linear),
        series: vec![Series::points("measured", points), Series::theory("prediction", theory)],
        marks: vec![],
    });
    real(settings, &mut measured)?;
    Ok(measured)
}

/// Fractions of the training examples and of new ones that are called by the wrong sign.
fn wilson(recipe: &str, constant: f64) -> Result<(f64, f64), lab::Error> {
    let mut stream = Stream::new(0, "lesson adam-generalizes-worse");
    let mut labels = |count: usize| -> Vec<f64> {
        (0..count).map(|_| if f64::from(stream.uniform()) < 0.6 { 1.0 } else { -1.0 }).collect()
    };
    let (train, test) = (labels(EXAMPLES), labels(1_000));
    let own = |index: usize, label: f64| {
        let start = SHARED + OWN * index;
        start..start + if label > 0.0 { 1 } else { OWN }
    };
    let shared =
        |w: &[f32], label: f64| label * f64::from(w[0]) + constant * (f64::from(w[1]) + f64::from(w[2]));
    let score = |w: &[f32], index: usize, label: f64| {
        shared(w, label) + w[own(index, label)].iter().map(|&w| f64::from(w)).sum::<f64>()
    };
    let mut walk = Walk::new(recipe, &vec![0.0; SHARED + OWN * EXAMPLES], 0)?;
    for _ in 0..STEPS {
        walk.step(&mut |w, gradient| {
            gradient.fill(0.0);
            for (index, &label) in train.iter().enumerate() {
                let slope = ((score(w, index, label) - label) / EXAMPLES as f64) as f32;
                gradient[0] += label as f32 * slope;
                gradient[1] += constant as f32 * slope;
                gradient[2] += constant as f32 * slope;
                gradient[own(index, label)].iter_mut().for_each(|g| *g += slope);
            }
        });
    }
    let wrong = |score: f64, label: f64| f64::from(u8::from(score * label <= 0.0));
    let fit: Vec<f64> = train.iter().enumerate().map(|(i, &y)| wrong(score(&walk.at, i, y), y)).collect();
    // No weight was trained for the other features of new examples.
    let new: Vec<f64> = test.iter().map(|&y| wrong(shared(&walk.at, y), y)).collect();
    Ok((mean(&fit), mean(&new)))
}

const STEPS: usize = 3_000;

/// The two tasks.
fn real(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, held) = settings.size((500, 300), (2_000, 1_000));
    let digits = Digits::load(settings, train, held)?.halved();
    let tasks = [
        ("digits", [digits.tuning(&[32])?, digits.report(&[32])?]),
        ("signals", signals(settings.size(500, 2_000), settings.size(300, 1_000), &[50])?),
    ];
    let rates = |rates: [f64; 4]| settings.size(rates[1..3].to_vec(), rates.to_vec());
    let arms = [
        Arm { recipe: "sgd lr=LR momentum=0.9, batch=32".into(), rates: rates([0.01, 0.03, 0.1, 0.3]) },
        Arm { recipe: "adam lr=LR, batch=32".into(), rates: rates([1e-3, 3e-3, 0.01, 0.03]) },
    ];
    let effort = Effort {
        epochs: settings.size(5, 10),
        evaluations: 1,
        tuning_seeds: settings.size(1, 2),
        seeds: settings.size(5, 20),
    };
    for (name, [tuning, report]) in &tasks {
        let found = tuned(settings, [tuning, report], &arms, effort)?;
        let [sgd, adam] = [&found[0], &found[1]].map(|arm| arm.scores());
        let better: Vec<f64> = sgd.iter().zip(&adam).map(|(sgd, adam)| 100.0 * (sgd - adam)).collect();
        let interval = paired_t(&better, 0.95).expect("there are seeds").interval;
        measured.mean(
            &format!("better {name}"),
            &format!("accuracy of SGD less Adam's on {name}, in points"),
            &better,
        );
        measured.note(
            &format!("low {name}"),
            &format!("lower end of its 95% interval, {name}"),
            interval.low,
        );
        measured.note(
            &format!("high {name}"),
            &format!("upper end of its 95% interval, {name}"),
            interval.high,
        );
        measured.note(
            &format!("accuracy {name}"),
            &format!("accuracy of Adam on {name}, in percent"),
            100.0 * mean(&adam),
        );
    }
    measured.data = Some(digits.origin() + ", and generated signals" + &digits.choice());
    Ok(())
}

fn judge(measured: &Measured) -> Verdict {
    let [sgd, adam] = ["wilson sgd", "wilson adam"].map(|key| measured.get(key));
    let of = |name: &str| measured.number(&format!("better {name}")).with_margin();
    let worse =
        ["digits", "signals"].iter().filter(|name| measured.get(&format!("low {name}")) > 0.0).count();
    let numbers = format!(
        "on Wilson's construction SGD has a test error of {} and Adam of {}. Tuned alike, the test accuracy of SGD less that of Adam is {} points on digits and {} on signals.",
        percent_text(sgd),
        percent_text(adam),
        of("digits"),
        of("signals")
    );
    match (adam > sgd + 0.1, worse) {
        (true, 2) => Verdict::Holds(numbers),
        (true, 1) => Verdict::HoldsOnlyWhen(format!("the task is of that kind, here one of two: {numbers}")),
        (true, _) => Verdict::HoldsOnlyWhen(format!("the task is built for it: {numbers}")),
        (false, 2) => Verdict::Holds(numbers),
        (false, _) => Verdict::DoesNotHoldHere(numbers),
    }
}
