//! Sizes of gradients through depth and time.

use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Stream;

use super::char_rnn;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "vanishing-exploding",
    title: "Vanishing and exploding gradients",
    chapter: Chapter::Difficulties,
    claim: "In deep and recurrent networks gradients vanish or explode.",
    setup: "The gradient of a linear recurrence $h_t = w h_{t-1}$ after 100 steps, $w = 0.9, 0.99, 1.01, 1.1$. And six kinds of dense networks of width $n = 256$ and depth 30 with fresh weights, 16 of each: sigmoid, tanh and ReLU with weights of variance $\\frac{1}{n}$, $\\frac{2}{n}$ or \
        $\\frac{4}{n}$. The factor by which a layer multiplies the gradient of the hidden units on the way back. And the task `char-rnn`, a recurrent network that reads 50 characters: 150 batches of 8 by SGD at rates half a decade apart, \
        without clipping and with the norm of the gradient clipped at 1.",
    theory: "Through time the gradient is $w^T$. A layer multiplies it by about $\\sqrt{n\\sigma_w^2 E[f'^2]}$: with weights of variance $\\frac{1}{n}$, $\\frac{1}{4}$ for the sigmoid and $\\frac{1}{\\sqrt{2}}$ for ReLU; \
        with He's $\\frac{2}{n}$, 1 for ReLU. Xavier's variance, here $\\frac{1}{n}$, is made for tanh, whose slope at 0 is 1.",
    question: Question {
        ask: "A ReLU network has weights of variance 1/n instead of He's 2/n. How large is the gradient after 30 layers?",
        options: &["About the same", "About 1/170", "About 1/30,000"],
        answer: |measured| match measured.get("layer relu 1/n").powi(30) {
            size if size > 0.1 => 0,
            size if size > 1e-3 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "ReLU with He's initialization everywhere, and a recurrence with $w = 1$.",
    limits: "Fresh weights in the deep networks, and one seed of the recurrent one. Training, batch norm and residual connections change the factor.",
    try_it: &["descent tasks deep-sigmoid", "descent tasks char-rnn", "descent lessons run clipping --quick"],
    source: "Hochreiter 1991; Glorot & Bengio 2010; He 2015",
};

/// Activation with its derivative, by pre-activation.
type Activation = (&'static str, fn(f64) -> f64, fn(f64) -> f64);

const SIGMOID: Activation = ("sigmoid", sigmoid, |x| sigmoid(x) * (1.0 - sigmoid(x)));
const TANH: Activation = ("tanh", f64::tanh, |x| 1.0 - x.tanh().powi(2));
const RELU: Activation = ("relu", |x| x.max(0.0), |x| f64::from(u8::from(x > 0.0)));

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let mut measured = Measured::default();
    for w in [0.9_f64, 0.99, 1.01, 1.1].map(|w| settings.case(w, 1.0)) {
        // The chain rule, step by step.
        let gradient = (0..100).fold(1.0, |gradient, _| gradient * w);
        measured.compare(
            &format!("time {w}"),
            &format!("gradient through 100 steps of $w = {w}$"),
            w.powi(100),
            gradient,
        );
    }
    let nets: Vec<(Activation, &str, f64, Option<f64>)> = [
        (SIGMOID, "1/n", 1.0, Some(0.25)),
        (TANH, "1/n", 1.0, None),
        (TANH, "4/n", 4.0, None),
        (RELU, "1/n", 1.0, Some(0.5_f64.sqrt())),
        (RELU, "2/n", 2.0, Some(1.0)),
        (RELU, "4/n", 4.0, Some(2_f64.sqrt())),
    ]
    .into_iter()
    .map(|net| settings.case(net, (RELU, net.1, 2.0, Some(1.0))))
    .collect();
    let width = settings.size(128, 256);
    let copies = settings.size(4, 16);
    let sizes = settings
        .parts(&nets, |&(activation, _, gain, _)| Ok(mean_backward(activation, gain, width, copies)))?;
    let mut series = vec![];
    let names = ["sigmoid 1/n", "tanh 1/n", "tanh 4/n", "relu 1/n", "relu 2/n", "relu 4/n"];
    for ((name, (.., predicted)), sizes) in names.iter().zip(&nets).zip(sizes) {
        let last = sizes.len() - 1;
        let factor = (sizes[last] / sizes[0]).powf(1.0 / last as f64);
        let (key, label) = (format!("layer {name}"), format!("factor per layer, {name}"));
        match predicted {
            Some(predicted) => measured.compare(&key, &label, *predicted, factor),
            None => measured.note(&key, &label, factor),
        }
        series.push(Series::line(
            *name,
            sizes.into_iter().enumerate().map(|(layer, size)| (layer as f64, size)).collect(),
        ));
    }
    measured.charts.push(Chart {
        title: "Size of the gradient on the way back through 30 layers".into(),
        x: ("layers from the output".into(), Scale::Linear),
        y: ("relative size".into(), Scale::Log),
        series,
        marks: vec![],
    });
    char_rnn::measure(settings, &mut measured)?;
    Ok(measured)
}

const DEPTH: usize = 30;

/// Root mean square over independent networks of [`backward`].
fn mean_backward(activation: Activation, gain: f64, width: usize, copies: u64) -> Vec<f64> {
    let mut squares = vec![0.0; DEPTH + 1];
    for seed in 0..copies {
        let sizes = backward(activation, gain, width, seed);
        squares.iter_mut().zip(sizes).for_each(|(sum, size)| *sum += size * size / copies as f64);
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// Norm of the gradient of each hidden layer, from the last to the first, relative to the last.
fn backward((_, f, slope): Activation, gain: f64, width: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, "lesson vanishing-exploding");
    let std = (gain / width as f64).sqrt();
    let mut h: Vec<f64> = (0..width).map(|_| stream.normal().into()).collect();
    let (mut layers, mut slopes) = (vec![], vec![]);
    for _ in 0..DEPTH {
        let weights: Vec<Vec<f64>> =
            (0..width).map(|_| (0..width).map(|_| std * f64::from(stream.normal())).collect()).collect();
        let before: Vec<f64> =
            weights.iter().map(|row| row.iter().zip(&h).map(|(w, h)| w * h).sum()).collect();
        slopes.push(before.iter().map(|&x| slope(x)).collect::<Vec<_>>());
        h = before.iter().map(|&x| f(x)).collect();
        layers.push(weights);
    }
    let mut gradient: Vec<f64> = (0..width).map(|_| stream.normal().into()).collect();
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let start = norm(&gradient);
    let mut sizes = vec![1.0];
    for (weights, slopes) in layers.iter().zip(&slopes).rev() {
        let mut back = vec![0.0; width];
        for ((row, g), slope) in weights.iter().zip(&gradient).zip(slopes) {
            back.iter_mut().zip(row).for_each(|(back, w)| *back += w * g * slope);
        }
        gradient = back;
        sizes.push(norm(&gradient) / start);
    }
    sizes
}

fn judge(measured: &Measured) -> Verdict {
    let factor = |name: &str| measured.get(&format!("layer {name}"));
    let depth = |name: &str| significant(factor(name).powi(30));
    let rnn = |what: &str| significant(measured.get(&format!("rnn {what}")));
    let (sigmoid, he) = (factor("sigmoid 1/n"), factor("relu 2/n"));
    let times: Vec<f64> = measured.all("time ").map(|number| number.measured).collect();
    let moves = times.iter().any(|size| *size < 0.01) && times.iter().any(|size| *size > 100.0);
    let numbers = format!(
        "30 layers multiply a gradient by {} with the sigmoid, by {} with ReLU and half of He's variance, and by {} with He's. \
         The recurrent network learns at rates up to {} without clipping and up to {} with it; its lowest losses are {} and {}.",
        depth("sigmoid 1/n"),
        depth("relu 1/n"),
        depth("relu 2/n"),
        rnn("plain largest"),
        rnn("clipped largest"),
        rnn("plain best"),
        rnn("clipped best")
    );
    if !moves || sigmoid > 0.5 {
        return Verdict::DoesNotHoldHere(numbers);
    }
    match (0.9..1.1).contains(&he) {
        true => Verdict::HoldsOnlyWhen(format!("the initialization does not fit the activation: {numbers}")),
        false => Verdict::Holds(numbers),
    }
}
