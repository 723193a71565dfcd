//! The notebook's comparison, as set and with each rate tuned alike.

use lab::stats::{mean, paired_t};
use report::chart::{Chart, Scale, Series};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::{SIMPLENN, rates};
use crate::tuned::{Arm, Effort, tuned};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "fair-tuning",
    title: "The notebook's comparison, tuned alike",
    chapter: Chapter::Comparisons,
    claim: "SGD's deficit in the notebook's comparison is a matter of the rate that was chosen for it.",
    setup: "The notebook's network (784–128–64–10) on digits, 5 epochs in batches of 64. First the notebook's rates: SGD 0.01, Adam 0.001, RMSprop 0.001. Then the best of \
        four rates for each, 0.01 to 0.32 for SGD and 0.0003 to 0.01 for the others, chosen on other digits and other seeds. Accuracy on the test digits over paired seeds.",
    theory: "A rate is good in a range, and the ranges of two methods need not overlap: SGD's step is $\\eta g$, Adam's about $\\eta$ whatever the size of $g$. A default tells where \
        its author's range was. Only the best rates compare the methods; the others compare the defaults.",
    question: Question {
        ask: "At the notebook's rates SGD is several points less accurate than Adam. What is left of that after tuning both alike?",
        options: &["All of it", "About half", "Less than a quarter"],
        answer: |measured| match measured.get("tuned deficit") / measured.get("set deficit") {
            left if left < 0.25 => 2,
            left if left < 0.75 => 1,
            _ => 0,
        },
    },
    measure,
    judge,
    counterexample: "one rate to choose from, the notebook's: tuning then changes nothing.",
    limits: "One network, few epochs, one setting tuned. With SGD, momentum is worth tuning too.",
    try_it: &["descent compare --help", "descent explain rmsprop"],
    source: "The notebook, part 3; Choi 2019; Sivaprasad 2020",
};

/// Name, recipe, the notebook's rate, lowest and highest rate tried.
const METHODS: [(&str, &str, f64, f64, f64); 3] = [
    ("SGD", "sgd lr=LR", 0.01, 0.01, 0.32),
    ("Adam", "adam lr=LR", 0.001, 3.1623e-4, 0.01),
    ("RMSprop", "rmsprop lr=LR", 0.001, 3.1623e-4, 0.01),
];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (train, held) = settings.size((3_000, 1_000), (8_000, 2_000));
    let digits = Digits::load(settings, train, held)?;
    let digits = if settings.quick { digits.halved() } else { digits };
    let tasks = [digits.tuning(&SIMPLENN)?, digits.report(&SIMPLENN)?];
    let arms = |is_set: bool| {
        METHODS.map(|(_, recipe, set, low, high)| {
            let grid = rates(low, high, 10_f64.sqrt());
            Arm {
                recipe: recipe.into(),
                rates: if is_set { vec![set] } else { settings.case(grid, vec![set]) },
            }
        })
    };
    let effort =
        Effort { epochs: 5, evaluations: 1, tuning_seeds: settings.size(1, 3), seeds: settings.size(5, 8) };
    let mut measured = Measured { data: Some(digits.origin() + &digits.choice()), ..Measured::default() };
    let (mut series, mut deficits) = (vec![], vec![]);
    for (choice, label) in [("set", "notebook's rates"), ("tuned", "tuned alike")] {
        let found = tuned(settings, tasks.each_ref(), &arms(choice == "set"), effort)?;
        let scores: Vec<Vec<f64>> =
            found.iter().map(|arm| arm.scores().iter().map(|score| 100.0 * score).collect()).collect();
        for ((name, ..), scores) in METHODS.iter().zip(&scores) {
            measured.mean(
                &format!("{choice} {name}"),
                &format!("accuracy of {name} in percent, {label}"),
                scores,
            );
        }
        let deficit: Vec<f64> = scores[1].iter().zip(&scores[0]).map(|(adam, sgd)| adam - sgd).collect();
        measured.mean(
            &format!("{choice} deficit"),
            &format!("deficit of SGD against Adam in points, {label}"),
            &deficit,
        );
        deficits.push(deficit);
        if choice == "tuned" {
            for ((name, ..), arm) in METHODS.iter().zip(&found) {
                measured.note(&format!("rate {name}"), &format!("best rate of {name}"), arm.lr);
            }
        }
        let points = scores.iter().enumerate().map(|(x, scores)| (x as f64, mean(scores))).collect();
        series.push(Series::points(label, points));
    }
    let gained: Vec<f64> = deficits[0].iter().zip(&deficits[1]).map(|(set, tuned)| set - tuned).collect();
    let test = paired_t(&gained, 0.95).expect("there are seeds");
    measured.mean("gained", "part of the deficit that tuning takes away, in points", &gained);
    measured.note("low", "lower end of the interval of that", test.interval.low);
    measured.charts.push(Chart {
        title: "Test accuracy at the notebook's rates and with each rate tuned alike".into(),
        x: ("optimizer".into(), Scale::Names(METHODS.map(|method| method.0.to_string()).into())),
        y: ("accuracy in percent".into(), Scale::Linear),
        series,
        marks: vec![],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let [set, tuned] = ["set deficit", "tuned deficit"].map(|key| measured.get(key));
    let numbers = format!(
        "at the notebook's rates SGD is {} points less accurate than Adam, and {} with both tuned.",
        measured.number("set deficit").with_margin(),
        measured.number("tuned deficit").with_margin()
    );
    match (measured.get("low") > 0.0, tuned < 0.3 * set || tuned < 1.0) {
        (true, true) => Verdict::Holds(numbers),
        (true, false) => Verdict::HoldsOnlyWhen(format!("only a part of the deficit is meant: {numbers}")),
        (false, _) => Verdict::DoesNotHoldHere(numbers),
    }
}
