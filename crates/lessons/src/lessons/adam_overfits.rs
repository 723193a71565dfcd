//! Wrong labels, and what they do to test accuracy.

use lab::stats::{mean, paired_t};
use nn::layers::Dropout;
use nn::{Activation, Builder, Linear, Model, Sequential};
use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Stream;
use train::loss::CrossEntropy;
use train::{InMemory, Metric, Split, Task};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::at_end;
use crate::tuned::{Arm, Effort, tuned};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-overfits",
    title: "Overfitting wrong labels",
    chapter: Chapter::AdamFails,
    claim: "Adam can overfit small or noisy data, and regularization helps.",
    setup: "A network 196–64–10 on 500 small digits, of whose labels none, 20% or 40% were drawn at random, 40 epochs in batches of 16. Adam, AdamW with the decay 1, and Adam with dropout of one half, \
        all at Adam's default rate, so that only the regularization differs; and SGD with momentum at the best of three rates for correct labels. The gap is the accuracy on the training labels less the accuracy that test labels drawn in the same way would give.",
    theory: "A label that is drawn from ten classes is wrong in nine of ten cases. A model that learns only the rule has at most $1 - 0.9p$ of the training labels, where $p$ were drawn; one that \
        learns the labels by heart has all of them, and the wrong ones cost test accuracy.",
    question: Question {
        ask: "40% of the training labels were drawn at random. Which accuracy on these training labels does Adam reach?",
        options: &["About 0.6, what the rule gives", "Clearly more"],
        answer: |measured| usize::from(measured.get("fit Adam 0.4") > 0.74),
    },
    measure,
    judge,
    counterexample: "correct labels at all three places and a single epoch: nothing is learned by heart.",
    limits: "One small network and one amount of each regularization, one rate of Adam. A smaller rate for the same epochs learns less by heart, too: it is a regularization as well.",
    try_it: &["descent explain adamw", "descent tasks simplenn"],
    source: "Zhang 2017 (Understanding deep learning requires rethinking generalization); Loshchilov & Hutter 2019; Srivastava 2014",
};

const METHODS: [&str; 4] = ["SGD", "Adam", "AdamW", "dropout"];
/// Places of methods in the list.
const ADAM: usize = 1;
const DROPOUT: usize = 3;
const NOISE: [f64; 3] = [0.0, 0.2, 0.4];
const HIDDEN: usize = 64;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (train, held) = settings.size((400, 500), (500, 1_000));
    let epochs = settings.case(settings.size(30, 40), 1);
    let digits = Digits::load(settings, train, held)?.halved();
    let levels: &[f64] = settings.size(&[0.0, 0.4], &NOISE);
    let noisy: Vec<Digits> =
        levels.iter().map(|&noise| relabeled(digits.clone(), settings.case(noise, 0.0))).collect();
    let arms = arms(settings);
    let mut chosen = vec![];
    let effort = Effort { epochs, evaluations: 1, tuning_seeds: settings.size(1, 3), seeds: 0 };
    for (method, arm) in arms.iter().enumerate() {
        let task = task(method, noisy[0].tuning_examples())?;
        chosen.push(tuned(settings, [&task, &task], std::slice::from_ref(arm), effort)?[0].lr);
    }
    let seeds: u64 = settings.size(6, 8);
    let cases: Vec<(usize, usize, u64)> = (0..METHODS.len())
        .flat_map(|method| (0..levels.len()).map(move |noise| (method, noise)))
        .flat_map(|(method, noise)| (0..seeds).map(move |seed| (method, noise, 1 + seed)))
        .collect();
    let mut tasks = vec![];
    for method in 0..METHODS.len() {
        for digits in &noisy {
            tasks.push(task(method, InMemory::images(digits.dataset.clone()))?);
        }
    }
    let runs = settings.parts(&cases, |&(method, noise, seed)| {
        accuracies(&tasks[method * levels.len() + noise], &arms[method].at(chosen[method]), seed, epochs)
    })?;
    let of = |method: usize, noise: usize| {
        let start = (method * levels.len() + noise) * seeds as usize;
        &runs[start..start + seeds as usize]
    };
    let mut measured = Measured { data: Some(digits.origin() + &digits.choice()), ..Measured::default() };
    let (mut series, mut tests) = (vec![], vec![]);
    for (method, name) in METHODS.iter().enumerate() {
        measured.note(&format!("rate {name}"), &format!("rate of {name}"), chosen[method]);
        let mut line = vec![];
        for (place, noise) in levels.iter().enumerate() {
            let percent = 100.0 * noise;
            let gaps: Vec<f64> = of(method, place)
                .iter()
                .map(|run| 100.0 * (run[0] - theory::accuracy_on_drawn(run[1], settings.case(*noise, 0.0))))
                .collect();
            let test: Vec<f64> = of(method, place).iter().map(|run| 100.0 * run[1]).collect();
            let fit: Vec<f64> = of(method, place).iter().map(|run| run[0]).collect();
            let label = format!("gap of {name} in points, {percent}% drawn");
            measured.mean(&format!("gap {name} {noise}"), &label, &gaps);
            measured.mean(
                &format!("test {name} {noise}"),
                &format!("test accuracy of {name} in percent, {percent}% drawn"),
                &test,
            );
            let label = format!(
                "accuracy of {name} on its training labels, {percent}% drawn (theory: the rule alone)"
            );
            measured.compare(&format!("fit {name} {noise}"), &label, 1.0 - 0.9 * noise, mean(&fit));
            line.push((percent, mean(&gaps)));
            tests.push(test);
        }
        series.push(Series::line(*name, line));
    }
    let last = |method: usize| &tests[(method + 1) * levels.len() - 1];
    for (method, name) in METHODS.iter().enumerate().filter(|(method, _)| *method != ADAM) {
        let gained: Vec<f64> =
            last(method).iter().zip(last(ADAM)).map(|(other, adam)| other - adam).collect();
        // Two regularizations are looked at: 97.5% for each.
        let test = paired_t(&gained, 0.975).expect("there are seeds");
        measured.mean(
            &format!("gained {name}"),
            &format!("test accuracy of {name} less Adam's in points, 40% drawn"),
            &gained,
        );
        measured.note(&format!("low {name}"), "lower end of its 97.5% interval", test.interval.low);
    }
    measured.charts.push(Chart {
        title: "Accuracy on training labels less accuracy on test labels drawn in the same way".into(),
        x: ("labels drawn at random, in percent".into(), Scale::Linear),
        y: ("gap in points".into(), Scale::Linear),
        series,
        marks: vec![],
    });
    Ok(measured)
}

fn arms(settings: &Settings<'_>) -> [Arm; 4] {
    // One rate for all of Adam's kind: only the regularization differs.
    let adam = vec![0.001];
    [
        Arm {
            recipe: "sgd lr=LR momentum=0.9, batch=16".into(),
            rates: settings.size(vec![0.01], vec![1e-3, 3e-3, 0.01]),
        },
        Arm { recipe: "adam lr=LR, batch=16".into(), rates: adam.clone() },
        Arm { recipe: "adamw lr=LR weight_decay=1, batch=16".into(), rates: adam.clone() },
        Arm { recipe: "adam lr=LR, batch=16".into(), rates: adam },
    ]
}

/// The same digits with a fraction of the training labels drawn from all classes.
fn relabeled(mut digits: Digits, fraction: f64) -> Digits {
    let mut stream = Stream::new(0, "lesson adam-overfits labels");
    for label in &mut digits.dataset.train.labels {
        let (is_drawn, drawn) = (f64::from(stream.uniform()) < fraction, stream.below(10));
        if is_drawn {
            *label = drawn as u8;
        }
    }
    digits
}

/// The network of a method.
fn task(method: usize, examples: InMemory) -> Result<Task, Error> {
    let mut builder = Builder::new();
    let pixels = examples.split(Split::Train).inputs.shape().iter().product();
    let mut net =
        Sequential::new().then(Linear::new(&mut builder, "fc1", pixels, HIDDEN)).then(Activation::Relu);
    if method == DROPOUT {
        net = net.then(Dropout::new("dropout", 0.5));
    }
    let net = net.then(Linear::new(&mut builder, "fc2", HIDDEN, 10));
    let model = Model::new(builder, net);
    Ok(Task::new("digits", std::sync::Arc::new(examples), model, CrossEntropy, Metric::Accuracy))
}

/// Accuracy on the training labels and on the test examples at the end.
fn accuracies(task: &Task, recipe: &str, seed: u64, epochs: u32) -> Result<[f64; 2], lab::Error> {
    at_end(task, recipe, seed, epochs, |training| {
        let weights = training.evaluation_weights();
        [Split::Train, Split::Test].map(|split| task.evaluate(&weights, training.buffers(), split).metric)
    })
}

fn judge(measured: &Measured) -> Verdict {
    let gap = |name: &str, noise: f64| measured.get(&format!("gap {name} {noise}"));
    let best =
        if measured.get("gained AdamW") > measured.get("gained dropout") { "AdamW" } else { "dropout" };
    let gained = measured.number(&format!("gained {best}"));
    let helps = measured.get(&format!("low {best}")) > 0.0;
    let numbers = format!(
        "with 40% of the labels drawn at random Adam's gap is {} points and SGD's {}. At that, {best} changes the test accuracy by {} points.",
        significant(gap("Adam", 0.4)),
        significant(gap("SGD", 0.4)),
        gained.with_margin()
    );
    let overfits = gap("Adam", 0.4) > 10.0;
    match (overfits && helps, gap("SGD", 0.4) > 0.8 * gap("Adam", 0.4)) {
        (true, false) => Verdict::Holds(numbers),
        (true, true) => {
            Verdict::HoldsOnlyWhen(format!("it is said of any method that fits the labels: {numbers}"))
        }
        (false, _) => Verdict::DoesNotHoldHere(numbers),
    }
}
