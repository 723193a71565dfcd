//! Shares of starts that end in the global basin, with and without noise.

use std::f64::consts::TAU;

use report::chart::{Chart, Scale, Series, significant};
use tensor::random::{Normals, Stream};

use super::small_nets;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "local-minima",
    title: "Local minima",
    chapter: Chapter::Difficulties,
    claim: "Gradient descent gets stuck in local minima; momentum and noise help to escape.",
    setup: "10,000 uniform starts on `rastrigin` and `styblinski_tang`, 2,000 steps: gradient descent, heavy ball 0.9 at the same rate, and gradient descent with noise in the gradient whose standard deviation fades from 150 or 60 to 0. The fraction that ends \
        in the global basin. And 200 networks of one hidden layer of 2, 4, 8 and 32 units on 300 digits of 10×10 pixels, each trained from other initial weights to the end of a cosine.",
    theory: "Without noise a small rate ends in the basin of its start: on `rastrigin` the global one is about $\\frac{1}{10.24^2}$ of the square, 0.95%; on `styblinski_tang` it is the fraction of starts left of the \
        ridge at 0.157 in both coordinates, 26.6%. In wide networks most minima are alike (Choromanska), so the final losses should differ less; the narrowest networks are all about as bad.",
    question: Question {
        ask: "Which method finds the global basin of rastrigin most often?",
        options: &["Gradient descent", "Heavy ball", "Fading noise"],
        answer: |measured| {
            let of = ["gd", "heavy", "noise"].map(|name| measured.get(&format!("rastrigin {name}")));
            (0..3).max_by(|&a, &b| of[a].total_cmp(&of[b])).unwrap_or(0)
        },
    },
    measure,
    judge,
    counterexample: "noise of size 0 and momentum 0: nobody leaves a basin.",
    limits: "Two coordinates that do not interact, and networks of one layer. In wide networks most minima are about as good as the best (Choromanska 2015), so this difficulty matters less than it looks on the functions.",
    try_it: &["descent tasks rastrigin", "descent tasks styblinski-tang"],
    source: "Choromanska 2015; Kirkpatrick 1983 (annealing)",
};

/// Function, range of starts, rate, size of the noise, slope along one coordinate, global basin along it, and its part.
type Landscape = (&'static str, f64, f64, f64, fn(f64) -> f64, fn(f64) -> bool, f64);

const LANDSCAPES: [Landscape; 2] = [
    (
        "rastrigin",
        5.12,
        0.002,
        150.0,
        |x| 2.0 * x + 10.0 * TAU * (TAU * x).sin(),
        |x| x.abs() < 0.5,
        1.0 / (10.24 * 10.24),
    ),
    (
        "styblinski_tang",
        5.0,
        0.01,
        60.0,
        |x| 2.0 * x.powi(3) - 16.0 * x + 2.5,
        |x| x < 0.157,
        0.5157 * 0.5157,
    ),
];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let starts = settings.size(500, 10_000);
    let (heavy, size) = settings.case((0.9, 1.0), (0.0, 0.0));
    let methods = [
        ("gd", "gradient descent", 0.0, 0.0),
        ("heavy", "heavy ball", heavy, 0.0),
        ("noise", "fading noise", 0.0, size),
    ];
    let cases: Vec<(usize, usize)> = (0..2).flat_map(|l| (0..3).map(move |m| (l, m))).collect();
    let shares = settings.parts(&cases, |&(landscape, method)| {
        let (_, _, momentum, noise) = methods[method];
        fraction(&LANDSCAPES[landscape], momentum, noise, starts)
    })?;
    let mut measured = Measured::default();
    let mut lines = vec![vec![]; 2];
    for (&(landscape, method), &found) in cases.iter().zip(&shares) {
        let ((name, .., part), (key, label, ..)) = (LANDSCAPES[landscape], methods[method]);
        let (key, label) =
            (format!("{name} {key}"), format!("fraction in the global basin of {name}, {label}"));
        match method {
            0 => measured.compare(&key, &label, part, found),
            _ => measured.note(&key, &label, found),
        }
        lines[landscape].push((method as f64, found));
    }
    measured.charts.push(Chart {
        title: "Fraction of starts that end in the global basin".into(),
        x: (
            "method".into(),
            Scale::Names(["gradient descent", "heavy ball", "fading noise"].map(String::from).into()),
        ),
        y: ("fraction".into(), Scale::Linear),
        series: LANDSCAPES
            .iter()
            .zip(lines)
            .map(|(landscape, line)| Series::points(landscape.0, line))
            .collect(),
        marks: vec![],
    });
    small_nets::measure(settings, &mut measured)?;
    Ok(measured)
}

fn fraction(landscape: &Landscape, momentum: f64, noise: f64, starts: usize) -> Result<f64, lab::Error> {
    let &(name, range, lr, size, slope, is_global, _) = landscape;
    let mut stream = Stream::new(0, &format!("lesson local-minima {name}"));
    let draws = Normals::new(0, "lesson local-minima noise");
    let mut at = vec![0.0; 2 * starts];
    stream.fill_uniform(&mut at, -range as f32, range as f32);
    let mut walk = Walk::new(&format!("sgd lr={lr} momentum={momentum}"), &at, 0)?;
    let steps = 2_000_u64;
    for step in 0..steps {
        // The last tenth is without noise.
        let fading = (1.0 - step as f64 / (0.9 * steps as f64)).max(0.0) * noise * size;
        walk.step(&mut |x, gradient| {
            for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
                *g = slope((*x).into()) as f32;
                if fading > 0.0 {
                    *g += fading as f32 * draws.at(step * 2 * starts as u64 + i as u64);
                }
            }
        });
        walk.at.iter_mut().for_each(|x| *x = x.clamp(-range as f32, range as f32));
    }
    let global = walk.at.chunks(2).filter(|point| point.iter().all(|&x| is_global(x.into()))).count();
    Ok(global as f64 / starts as f64)
}

fn judge(measured: &Measured) -> Verdict {
    let gains = |name: &str| {
        LANDSCAPES.map(|landscape| {
            measured.get(&format!("{} {name}", landscape.0)) - measured.get(&format!("{} gd", landscape.0))
        })
    };
    let (heavy, noise) = (gains("heavy"), gains("noise"));
    let helps = |gains: &[f64; 2]| gains.iter().filter(|gain| **gain > 0.02).count();
    let [gd, ball, fading] =
        ["gd", "heavy", "noise"].map(|name| percent_text(measured.get(&format!("rastrigin {name}"))));
    let numbers = format!(
        "on rastrigin {gd} of the starts end in the global basin with gradient descent, {ball} with heavy ball and {fading} with fading noise"
    );
    let spreads = small_nets::WIDTHS.map(|width| significant(measured.get(&format!("net spread {width}"))));
    let nets = format!(
        "the final losses of networks with {} hidden units have standard deviations of {}",
        small_nets::WIDTHS.map(|width| width.to_string()).join(", "),
        spreads.join(", ")
    );
    match (helps(&heavy), helps(&noise)) {
        (0, 0) => Verdict::DoesNotHoldHere(format!("{numbers}. And {nets}.")),
        (2, 2) => Verdict::Holds(format!("{numbers}. And {nets}.")),
        (heavy, noise) => Verdict::HoldsOnlyWhen(format!(
            "the escape fits the landscape: {numbers}; noise helps on {noise} of 2 functions and momentum on {heavy}. And {nets}."
        )),
    }
}
