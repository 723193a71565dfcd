//! A target that moves.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "rmsprop",
    title: "RMSprop forgets, AdaGrad does not",
    chapter: Chapter::Adaptive,
    claim: "RMSprop copes with a moving target, where AdaGrad stalls.",
    setup: "$f = \\frac{1}{2}(x - t\\cdot 0.01)^2$: the minimum moves by 0.01 a step, 5,000 steps. The distance to it at half time and at the end, for \
        SGD, AdaGrad and RMSprop at the rate 0.1.",
    theory: "SGD follows at the constant distance $\\frac{0.01}{\\eta}(1-\\eta)$. AdaGrad divides by the root of the sum of all squared gradients, so its \
        steps shrink and the distance grows without end. RMSprop divides by a mean that forgets.",
    question: Question {
        ask: "AdaGrad follows a target that moves at a constant speed. What does its distance to the target do?",
        options: &["It settles", "It grows without end", "It shrinks to 0"],
        answer: |measured| match measured.get("late adagrad") / measured.get("early adagrad") {
            ratio if ratio > 1.2 => 1,
            ratio if ratio > 0.5 => 0,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "a target at rest, from a start at distance 1: then AdaGrad arrives as well.",
    limits: "One weight, no noise, one rate. With a larger rate AdaGrad keeps up for longer.",
    try_it: &["descent explain adagrad", "descent explain rmsprop"],
    source: "Hinton 2012 (lecture 6e); Duchi 2011",
};

const METHODS: [&str; 3] = ["sgd", "adagrad", "rmsprop"];
const STEPS: u32 = 5000;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (speed, start) = settings.case((0.01, 0.0), (0.0, 1.0));
    let paths = settings.parts(&METHODS, |name| {
        let mut walk = Walk::new(&format!("{name} lr=0.1"), &[start], 0)?;
        let mut path = vec![];
        for step in 1..=STEPS {
            let target = speed * f64::from(step);
            walk.step(&mut |x, gradient| gradient[0] = (f64::from(x[0]) - target) as f32);
            path.push((f64::from(step), (target - f64::from(walk.at[0])).abs()));
        }
        Ok(path)
    })?;
    let mut measured = Measured::default();
    for (name, path) in METHODS.iter().zip(&paths) {
        // A mean over a hundred steps: RMSprop jumps around the target.
        let near = |end: usize| {
            lab::stats::mean(&path[end - 100..end].iter().map(|point| point.1).collect::<Vec<_>>())
        };
        let (early, late) = (near(STEPS as usize / 2), near(STEPS as usize));
        measured.note(&format!("early {name}"), &format!("distance of {name} at half time"), early);
        let (key, label) = (format!("late {name}"), format!("distance of {name} at the end"));
        match *name {
            "sgd" => measured.compare(&key, &label, theory::lag(speed, 0.1), late),
            _ => measured.note(&key, &label, late),
        }
    }
    measured.charts.push(Chart {
        title: "Distance to the moving target".into(),
        x: ("step".into(), Scale::Linear),
        y: ("distance".into(), Scale::Log),
        series: METHODS.iter().zip(paths).map(|(name, path)| Series::line(*name, path)).collect(),
        marks: vec![],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let [early, late, rmsprop] =
        ["early adagrad", "late adagrad", "late rmsprop"].map(|key| measured.get(key));
    let numbers = format!(
        "from half time to the end AdaGrad's distance grew from {} to {}. RMSprop's was {} at the end.",
        significant(early),
        significant(late),
        significant(rmsprop)
    );
    if late > 1.2 * early && late > 2.0 * rmsprop {
        Verdict::Holds(numbers)
    } else {
        Verdict::DoesNotHoldHere(numbers)
    }
}
