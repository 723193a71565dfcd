//! A stream of digits whose labels change half way.

use lab::stats::mean;
use report::chart::{Chart, Mark, Scale, Series};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::walk::{Walk, steps_text};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "sgd-online",
    title: "Learning from a stream",
    chapter: Chapter::Batches,
    claim: "SGD suits data that arrive as a stream, and follows when they change.",
    setup: "A linear classifier sees each digit once: it is tested on the digit, then trained on it alone. Half way all labels change places (a digit $d$ is called $d+1$ from there on). \
        SGD, momentum, AdaGrad, RMSprop and Adam, each with the best of its rates for the first half. The accuracy over windows, and the digits until it is back at nine tenths of the level \
        before the change.",
    theory: "Right after the change a model that is right with probability $a$ is right with about $\\frac{1-a}{9}$. A constant rate forgets at a constant pace; AdaGrad's steps shrink as \
        $\\frac{1}{\\sqrt{t}}$, so what took it $t$ steps to learn takes longer to unlearn.",
    question: Question {
        ask: "Half way all labels change. Which method is back last?",
        options: &["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"],
        answer: |measured| {
            let back = METHODS.map(|(name, ..)| measured.get(&format!("back {name}")));
            (0..METHODS.len()).max_by(|&a, &b| back[a].total_cmp(&back[b])).unwrap_or(0)
        },
    },
    measure,
    judge,
    counterexample: "rates that fall as $1/t$, as theory wants for a stream that does not change.",
    limits: "A linear model, one abrupt change, one stream. The rates were chosen for the part before the change.",
    try_it: &["descent tasks logreg", "descent explain adagrad"],
    source: "Bottou & LeCun 2004; Gama 2013 (prequential evaluation); Duchi 2011",
};

/// Name, recipe and rates.
const METHODS: [(&str, &str, [f64; 4]); 5] = [
    ("SGD", "sgd lr=LR", [0.01, 0.03, 0.1, 0.3]),
    ("momentum", "sgd lr=LR momentum=0.9", [0.001, 0.003, 0.01, 0.03]),
    ("AdaGrad", "adagrad lr=LR", [0.01, 0.03, 0.1, 0.3]),
    ("RMSprop", "rmsprop lr=LR", [0.0003, 0.001, 0.003, 0.01]),
    ("Adam", "adam lr=LR", [0.0003, 0.001, 0.003, 0.01]),
];

const CLASSES: usize = 10;

/// Digits in order, each with a constant 1 as its last number.
struct Stream {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
}

impl Stream {
    /// The label at a place, after the change if there is one.
    fn label(&self, place: usize) -> usize {
        let has_changed = place >= self.rows.len() / 2;
        (self.labels[place] + usize::from(has_changed)) % CLASSES
    }
}

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let count = settings.size(3_000, 20_000);
    let window = settings.size(250, 500);
    let digits = Digits::load(settings, count, 500)?.halved();
    let images = &digits.dataset.train;
    let row = |index: usize| {
        images.image(index).iter().map(|&pixel| f32::from(pixel) / 255.0).chain([1.0]).collect()
    };
    let stream = Stream {
        rows: (0..count).map(row).collect(),
        labels: images.labels.iter().map(|&label| label.into()).collect(),
    };
    let cases: Vec<(usize, f64)> =
        (0..METHODS.len()).flat_map(|method| METHODS[method].2.map(|lr| (method, lr))).collect();
    let ends = settings.case("", ", inverse_time rate=0.1 every=1");
    let runs = settings.parts(&cases, |&(method, lr)| {
        let recipe = METHODS[method].1.replace("LR", &lr.to_string()) + ends;
        prequential(&recipe, &stream)
    })?;
    let half = count / 2;
    let before = |run: &[bool]| accuracy(&run[half - window..half]);
    let mut measured = Measured { data: Some(digits.origin()), ..Measured::default() };
    let mut series = vec![];
    for (method, (name, ..)) in METHODS.iter().enumerate() {
        let of_method = cases.iter().zip(&runs).filter(|((of, _), _)| *of == method);
        let ((_, lr), run) = of_method
            .max_by(|(_, a), (_, b)| accuracy(&a[..half]).total_cmp(&accuracy(&b[..half])))
            .expect("a method has rates");
        measured.note(&format!("rate {name}"), &format!("rate of {name}"), *lr);
        measured.note(
            &format!("before {name}"),
            &format!("accuracy of {name} before the change"),
            before(run),
        );
        let aim = 0.9 * before(run);
        let back = (half + window..=count).find(|&end| accuracy(&run[end - window..end]) >= aim);
        let steps = back.map_or(f64::INFINITY, |end| (end - half) as f64);
        measured.note(&format!("back {name}"), &format!("digits until {name} is back at nine tenths"), steps);
        let line = run.chunks_exact(window).enumerate();
        let line = line.map(|(index, hits)| (((index + 1) * window) as f64, accuracy(hits))).collect();
        series.push(Series::line(*name, line));
    }
    let level = measured.get("before SGD");
    let frozen = frozen(&stream, half, measured.get("rate SGD"), ends)?;
    measured.compare(
        "frozen",
        "accuracy after the change of SGD's model without training",
        (1.0 - level) / 9.0,
        frozen,
    );
    measured.charts.push(Chart {
        title: "Accuracy on digits that were not seen before, along the stream".into(),
        x: ("digits seen".into(), Scale::Linear),
        y: ("accuracy in the window".into(), Scale::Linear),
        series,
        marks: vec![Mark::X(half as f64, "labels change".into())],
    });
    Ok(measured)
}

/// True for each digit that was recognized before the model was trained on it.
fn prequential(recipe: &str, stream: &Stream) -> Result<Vec<bool>, lab::Error> {
    let mut walk = Walk::new(recipe, &vec![0.0; CLASSES * stream.rows[0].len()], 0)?;
    Ok((0..stream.rows.len()).map(|place| see(&mut walk, stream, place)).collect())
}

/// Tests the model on a digit, then trains it; true if the digit was recognized.
fn see(walk: &mut Walk, stream: &Stream, place: usize) -> bool {
    let (row, label) = (&stream.rows[place], stream.label(place));
    let scores = scores(&walk.at, row);
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps = scores.map(|score| (score - highest).exp());
    let sum: f32 = exps.iter().sum();
    walk.step(&mut |_, gradient| {
        for (class, part) in gradient.chunks_exact_mut(row.len()).enumerate() {
            let error = exps[class] / sum - f32::from(u8::from(class == label));
            part.iter_mut().zip(row).for_each(|(g, x)| *g = error * x);
        }
    });
    scores[label] == highest
}

fn scores(weights: &[f32], row: &[f32]) -> [f32; CLASSES] {
    std::array::from_fn(|class| {
        let weights = &weights[class * row.len()..][..row.len()];
        weights.iter().zip(row).map(|(w, x)| w * x).sum()
    })
}

/// Accuracy after the change of the model that was trained up to it.
fn frozen(stream: &Stream, half: usize, lr: f64, ends: &str) -> Result<f64, lab::Error> {
    let mut walk = Walk::new(&format!("sgd lr={lr}{ends}"), &vec![0.0; CLASSES * stream.rows[0].len()], 0)?;
    for place in 0..half {
        see(&mut walk, stream, place);
    }
    let is_right = |place: usize| {
        let scores = scores(&walk.at, &stream.rows[place]);
        scores.iter().all(|&score| score <= scores[stream.label(place)])
    };
    Ok(accuracy(&(half..stream.rows.len()).map(is_right).collect::<Vec<_>>()))
}

fn accuracy(hits: &[bool]) -> f64 {
    mean(&hits.iter().map(|&hit| f64::from(u8::from(hit))).collect::<Vec<_>>())
}

fn judge(measured: &Measured) -> Verdict {
    let level = measured.get("before SGD");
    let [sgd, adagrad] = ["back SGD", "back AdaGrad"].map(|key| measured.get(key));
    let numbers = format!(
        "before the change SGD recognizes {} of digits that it sees for the first time. After the change it is back after {} digits, AdaGrad after {}.",
        percent_text(level),
        steps_text(sgd),
        steps_text(adagrad)
    );
    match level > 0.75 && sgd.is_finite() && sgd < adagrad {
        true => Verdict::Holds(numbers),
        false => Verdict::DoesNotHoldHere(numbers),
    }
}
