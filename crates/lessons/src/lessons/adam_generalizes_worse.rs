//! Test errors of adaptive methods: a construction, and real tasks with paired seeds.

use lab::stats::{mean, paired_t};
use report::chart::{Chart, Mark, Scale, Series, significant};
use tensor::random::Stream;

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::nets::{SIMPLENN, rates};
use crate::tuned::{Arm, Effort, tuned};
use crate::walk::Walk;
use crate::{Error, Measured, Number, Settings, Table};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-generalizes-worse",
    title: "Does Adam generalize worse?",
    chapter: Chapter::AdamFails,
    claim: "Adam generalizes worse than SGD.",
    setup: "Wilson's construction: 200 examples with $y = \\pm 1$, six tenths of them $+1$, a first feature $y$, two constant features 1, and then one feature of the example alone if $y = 1$, or five \
        if $y = -1$. Least squares with all examples, until the training error is 0; then 1,000 new examples. And the notebook's network on MNIST and on Fashion-MNIST (a quick run: on MNIST alone): the same five methods, each with \
        a cosine to 0 and the best of four rates, chosen on other images and seeds, then 20 paired seeds.",
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
    limits: "One construction, and one small network on the first images of two sets for a few epochs, with one setting tuned. Large networks on images, where the claim comes from, were not run.",
    try_it: &["descent tasks simplenn", "descent explain adam"],
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

/// Sets of images, with the names that keys have.
const SETS: [(&str, &str); 2] = [("mnist", "MNIST"), ("fashion-mnist", "Fashion-MNIST")];

/// The methods before Adam, which is the last.
const RIVALS: usize = METHODS.len() - 1;

/// The methods on real images, in the order of [`METHODS`], with the lowest of four rates half a decade apart.
const ON_IMAGES: [(&str, f64); METHODS.len()] = [
    ("sgd lr=LR", 0.03),
    ("sgd lr=LR momentum=0.9", 0.003),
    ("adagrad lr=LR", 0.003),
    ("rmsprop lr=LR", 1e-4),
    ("adam lr=LR", 3e-4),
];

/// The notebook's network on the sets that are on this machine or can be fetched.
fn real(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, held) = settings.size((500, 300), (5_000, 2_000));
    let (mut found, mut missing) = (vec![], String::new());
    for &(set, title) in &SETS[..settings.size(1, SETS.len())] {
        match Digits::of(settings, data::set(set)?, train, held) {
            Ok(images) => found.push((title, images)),
            // The embedded sample is of MNIST alone.
            Err(error) if !found.is_empty() => missing = format!("; without {title}: {error}"),
            Err(error) => return Err(error),
        }
    }
    // By Bonferroni, 5% for all intervals together.
    let confidence = 1.0 - 0.05 / (found.len() * RIVALS) as f64;
    let mut series = vec![];
    for (title, images) in &found {
        series.push(Series::points(*title, on_images(settings, measured, title, images, confidence)?));
    }
    measured.note("sets", "sets of images", found.len() as f64);
    measured.charts.push(Chart {
        title: "Test accuracy less that of Adam, each tuned alike".into(),
        x: (
            "method".into(),
            Scale::Names(METHODS[..RIVALS].iter().map(|method| method.0.to_string()).collect()),
        ),
        y: ("points".into(), Scale::Linear),
        series,
        marks: vec![Mark::Y(0.0, "Adam".into())],
    });
    let origins: Vec<String> = found.iter().map(|(_, images)| images.origin()).collect();
    let choice = found.first().map_or(String::new(), |(_, images)| images.choice());
    measured.data = Some(origins.join(", and ") + &choice + &missing);
    Ok(())
}

/// Accuracies on a set, and the points by which each method is better than Adam.
fn on_images(
    settings: &Settings<'_>,
    measured: &mut Measured,
    title: &str,
    images: &Digits,
    confidence: f64,
) -> Result<Vec<(f64, f64)>, Error> {
    let arms = ON_IMAGES.map(|(recipe, low)| Arm {
        recipe: format!("{recipe}, cosine, batch=32"),
        rates: settings.size(vec![low * 10_f64.sqrt(), low * 10.0], rates(low, 32.0 * low, 10_f64.sqrt())),
    });
    let effort = Effort {
        epochs: settings.size(4, 5),
        evaluations: 1,
        tuning_seeds: settings.size(1, 2),
        seeds: settings.size(5, 20),
    };
    let tasks = [images.tuning(&SIMPLENN)?, images.report(&SIMPLENN)?];
    let found = tuned(settings, tasks.each_ref(), &arms, effort)?;
    let scores: Vec<Vec<f64>> =
        found.iter().map(|arm| arm.scores().iter().map(|score| 100.0 * score).collect()).collect();
    let mut points = vec![];
    let head = [
        &format!("test accuracy on {title}"),
        "in percent",
        "less Adam's, in points",
        "interval, 95% for all together",
    ];
    let mut table = Table { head: head.map(String::from).into(), rows: vec![] };
    for (place, ((name, ..), of)) in METHODS.iter().zip(&scores).enumerate() {
        let accuracy = Number::mean(of).with_margin();
        if place == RIVALS {
            table.rows.push(vec![name.to_string(), accuracy, "–".into(), "–".into()]);
            continue;
        }
        let better: Vec<f64> = of.iter().zip(&scores[RIVALS]).map(|(other, adam)| other - adam).collect();
        let interval = paired_t(&better, confidence).expect("there are seeds").interval;
        let difference = Number::mean(&better).with_margin();
        let ends = [interval.low, interval.high].map(significant).join(" to ");
        table.rows.push(vec![name.to_string(), accuracy, difference, ends]);
        if PLAIN.contains(name) {
            let label = format!("test accuracy less that of Adam, in points, {name} on {title}");
            measured.mean(&format!("better {title} {name}"), &label, &better);
            let label = format!("lower end of the interval of that, 95% for all together, {name} on {title}");
            measured.note(&format!("low {title} {name}"), &label, interval.low);
        }
        points.push((place as f64, mean(&better)));
    }
    measured.tables.push(table);
    Ok(points)
}

/// Methods without a rate for each weight.
const PLAIN: [&str; 2] = ["sgd", "heavy ball"];

fn judge(measured: &Measured) -> Verdict {
    let [sgd, adam] = ["wilson sgd", "wilson adam"].map(|key| measured.get(key));
    let sets = SETS.iter().map(|set| set.1).take(measured.get("sets") as usize).collect::<Vec<_>>();
    let is_worse = |set: &str| PLAIN.iter().any(|name| measured.get(&format!("low {set} {name}")) > 0.0);
    let worse = sets.iter().filter(|set| is_worse(set)).count();
    let of = |set: &str, name: &str| measured.number(&format!("better {set} {name}")).with_margin();
    let images: Vec<String> = sets
        .iter()
        .map(|set| format!("{} and {} points on {set}", of(set, "sgd"), of(set, "heavy ball")))
        .collect();
    let numbers = format!(
        "on Wilson's construction SGD has a test error of {} and Adam of {}. Tuned alike, the test accuracies of SGD without and with momentum, less that of Adam, are {}.",
        percent_text(sgd),
        percent_text(adam),
        images.join(", and ")
    );
    match (adam > sgd + 0.1, worse) {
        (_, worse) if worse == sets.len() => Verdict::Holds(numbers),
        (true, 0) => Verdict::HoldsOnlyWhen(format!("the task is built for it: {numbers}")),
        (true, worse) => Verdict::HoldsOnlyWhen(format!(
            "the task suits SGD better, with momentum or without, as {worse} of {} sets of images: {numbers}",
            sets.len()
        )),
        (false, _) => Verdict::DoesNotHoldHere(numbers),
    }
}
