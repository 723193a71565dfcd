//! Small and large batches: test accuracy and sharpness at the end.

use lab::stats::{mean, paired_t};
use nn::layers::BatchNorm;
use nn::{Activation, Builder, Linear, Model, Sequential};
use report::chart::{Chart, Scale, Series, significant};
use train::loss::CrossEntropy;
use train::{Batch, Draw, InMemory, Metric, Split, Task, Training};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::{at_end, digits};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "large-batch",
    title: "Large batches and sharp minima",
    chapter: Chapter::Comparisons,
    claim: "Large batches end in sharp minima, which generalize worse.",
    setup: "Keskar's network F1, narrower: 784–128×5–10 with batch norm, 10,000 digits, Adam at 0.001, batches of 256 against batches of 6,000, 40 epochs each, over 10 paired seeds. The \
        sharpness is the largest rise of the loss in a box, every weight moved by at most $10^{-3}(|w|+1)$, in percent of 1 + loss, by ascent along the signs of the gradient.",
    theory: "To first order the loss rises by $\\sum_i |g_i|\\cdot 10^{-3}(|w_i|+1)$ in the box. Small batches make more updates and jump out of narrow places. Keskar found sharpness orders of magnitude apart; a box also reaches beyond first order, so its rise is larger \
        than the sum where the loss curves.",
    question: Question {
        ask: "Small batches and batches of more than half of the data, the same number of epochs. By how much does the test accuracy differ?",
        options: &["By tenths of a point", "By 1 to 5 points", "By more than 5 points"],
        answer: |measured| match measured.get("accuracy gap") {
            gap if gap < 1.0 => 0,
            gap if gap < 5.0 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "large batches that are hardly larger: 16 against 20, and of fewer digits.",
    limits: "One small network and the same epochs for both, so that the large batch makes far fewer updates (Hoffer 2017). A box around weights depends on how the network is written down: a batch norm \
        lets weights be rescaled without changing the function (Dinh 2017).",
    try_it: &["descent lessons run batch-size --quick", "descent explain adam"],
    source: "Keskar 2017; Hoffer 2017; Dinh 2017",
};

const WIDTH: usize = 128;
const DEPTH: usize = 5;
/// Half the size of the box for a weight of 0.
const EPS: f32 = 1e-3;
const ASCENT: usize = 10;

/// Result of a run.
struct End {
    accuracy: f64,
    loss: f64,
    sharpness: f64,
    first_order: f64,
}

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    // The counterexample needs no more than a quick run.
    let is_small = settings.quick || settings.case(false, true);
    let (train, test) = if is_small { (800, 1_000) } else { (10_000, 2_000) };
    let (epochs, seeds) = if is_small { (20, 5) } else { (40, 10) };
    let (examples, origin) = digits(settings, train, test)?;
    let task = network(examples);
    let lesson = if is_small { [16, train / 2] } else { [256, 6_000] };
    let batches = settings.case(lesson, [16, 20]);
    let cases: Vec<(usize, u64)> =
        batches.iter().flat_map(|&batch| (0..seeds).map(move |seed| (batch, seed))).collect();
    let ends = settings.parts(&cases, |&(batch, seed)| end(&task, batch, seed, epochs))?;
    let (small, large) = ends.split_at(seeds as usize);
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let mut points = vec![];
    for (name, batch, ends) in [("small", batches[0], small), ("large", batches[1], large)] {
        let of = |value: fn(&End) -> f64| ends.iter().map(value).collect::<Vec<_>>();
        measured.mean(
            &format!("accuracy {name}"),
            &format!("test accuracy in percent, batches of {batch}"),
            &of(|end| 100.0 * end.accuracy),
        );
        measured.note(
            &format!("loss {name}"),
            &format!("training loss at the end, batches of {batch}"),
            mean(&of(|end| end.loss)),
        );
        measured.compare(
            &format!("sharpness {name}"),
            &format!("sharpness, batches of {batch} (theory: first order)"),
            mean(&of(|end| end.first_order)),
            mean(&of(|end| end.sharpness)),
        );
        points.push((
            format!("batches of {batch}"),
            ends.iter().map(|end| (end.sharpness, 100.0 * end.accuracy)).collect(),
        ));
    }
    let pairs = || small.iter().zip(large);
    let gap: Vec<f64> = pairs().map(|(small, large)| 100.0 * (small.accuracy - large.accuracy)).collect();
    let ratio: Vec<f64> = pairs().map(|(small, large)| (large.sharpness / small.sharpness).log10()).collect();
    measured.mean(
        "accuracy gap",
        "accuracy of the small batches less that of the large ones, in points",
        &gap,
    );
    measured.mean(
        "decades",
        "sharpness of the large batches over that of the small ones, in decades",
        &ratio,
    );
    let low = |values: &[f64]| paired_t(values, 0.95).expect("there are seeds").interval.low;
    measured.note("accuracy low", "lower end of the interval of the accuracy gap", low(&gap));
    measured.note("decades low", "lower end of the interval of the decades", low(&ratio));
    measured.charts.push(Chart {
        title: "Test accuracy over sharpness, a point a seed".into(),
        x: ("sharpness".into(), Scale::Log),
        y: ("accuracy in percent".into(), Scale::Linear),
        series: points.into_iter().map(|(name, points)| Series::points(name, points)).collect(),
        marks: vec![],
    });
    Ok(measured)
}

fn network(examples: InMemory) -> Task {
    let pixels = examples.split(Split::Train).inputs.shape().iter().product();
    let mut builder = Builder::new();
    let mut net = Sequential::new();
    let mut inputs = pixels;
    for layer in 1..=DEPTH {
        net = net
            .then(Linear::new(&mut builder, &format!("fc{layer}"), inputs, WIDTH))
            .then(BatchNorm::new(&mut builder, &format!("bn{layer}"), WIDTH))
            .then(Activation::Relu);
        inputs = WIDTH;
    }
    let net = net.then(Linear::new(&mut builder, &format!("fc{}", DEPTH + 1), WIDTH, 10));
    let model = Model::new(builder, net);
    Task::new("digits", std::sync::Arc::new(examples), model, CrossEntropy, Metric::Accuracy)
}

fn end(task: &Task, batch: usize, seed: u64, epochs: u32) -> Result<End, lab::Error> {
    at_end(task, &format!("adam lr=0.001, batch={batch}"), seed, epochs, |training| {
        let weights = training.evaluation_weights();
        let accuracy = task.evaluate(&weights, training.buffers(), Split::Test).metric;
        let (loss, sharpness, first_order) = box_sharpness(task, training);
        End { accuracy, loss, sharpness, first_order }
    })
}

/// The loss, its largest rise in the box in percent of 1 + loss, and the first-order estimate of that; with the
/// statistics of the batch, as in training.
fn box_sharpness(task: &Task, training: &Training<'_>) -> (f64, f64, f64) {
    let mut batch = Batch::default();
    let count = task.examples.len(Split::Train).min(1_000) as u32;
    task.examples.gather(Split::Train, &(0..count).collect::<Vec<_>>(), &mut batch);
    let (pool, mut buffers) = (autograd::BufferPool::new(), training.buffers().clone());
    let center = training.weights();
    let (mut at, mut gradient) = (center.clone(), center.zeros_like());
    let half = |w: f32| EPS * (w.abs() + 1.0);
    let mut gradient_at = |at: &tensor::ParamVec, gradient: &mut tensor::ParamVec| {
        task.gradient(&pool, at, &mut buffers, &batch, Draw::default(), gradient)
    };
    let loss = gradient_at(&at, &mut gradient);
    let rises = gradient.as_slice().iter().zip(center.as_slice()).map(|(g, &w)| f64::from(g.abs() * half(w)));
    let first_order: f64 = rises.sum();
    let mut highest = loss;
    for _ in 0..ASCENT {
        for ((x, &w), g) in at.as_mut_slice().iter_mut().zip(center.as_slice()).zip(gradient.as_slice()) {
            *x = (*x + half(w) / 2.0 * g.signum()).clamp(w - half(w), w + half(w));
        }
        highest = highest.max(gradient_at(&at, &mut gradient));
    }
    let percent = 100.0 / (1.0 + loss);
    (loss, percent * (highest - loss), percent * first_order)
}

fn judge(measured: &Measured) -> Verdict {
    let text = |key: &str| measured.number(key).with_margin();
    let numbers = format!(
        "the large batches are {} times as sharp, {} decades. The accuracy of the small batches less theirs is {} points.",
        significant(10_f64.powf(measured.get("decades"))),
        text("decades"),
        text("accuracy gap")
    );
    let sharper = measured.get("decades low") > 0.0;
    match (sharper, measured.get("accuracy low") > 0.0) {
        (true, true) => Verdict::Holds(numbers),
        (true, false) => Verdict::HoldsOnlyWhen(format!("sharpness is all that is meant: {numbers}")),
        (false, _) => Verdict::DoesNotHoldHere(numbers),
    }
}
