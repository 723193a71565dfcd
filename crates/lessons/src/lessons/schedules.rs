//! Constant and falling rates.

use lab::stats::{mean, paired_t};
use optim::LrSchedule;
use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Normals;

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::rates;
use crate::tuned::{Arm, Effort, tuned};
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "schedules",
    title: "Schedules of the rate",
    chapter: Chapter::Schedules,
    claim: "A learning rate schedule makes training faster and steadier.",
    setup: "A network 196–64–10 on small digits, SGD with momentum, batches of 32: constant rate, cosine, cosine with a warm-up of 10%, one-cycle, steps, and warm-up–stable–decay, each with the best of four rates, over paired \
        seeds. And $f = \\frac{1}{2}x^2$ with gradient noise of variance 1 from $x = 1$, 200 steps, at the best constant rate and the best cosine.",
    theory: "Under noise $E x^2$ becomes $(1-\\eta_t)^2 E x^2 + \\eta_t^2$: a large rate forgets the start, and a small one at the end takes the noise away. A constant rate has to do both. \
        The prediction is that recursion.",
    question: Question {
        ask: "A constant rate and a cosine are both tuned. How much of the constant rate's mean square distance has the cosine at the end of the noisy parabola?",
        options: &["As much", "About three quarters", "Less than half"],
        answer: |measured| match measured.get("parabola cosine") / measured.get("parabola constant") {
            ratio if ratio < 0.5 => 2,
            ratio if ratio < 0.95 => 1,
            _ => 0,
        },
    },
    measure,
    judge,
    counterexample: "gradients without noise: none in the parabola, and all examples in every batch of the network.",
    limits: "One network, one length of run. A schedule has to know the length; schedule-free methods and averages do not.",
    try_it: &["descent schedule cosine", "descent schedule 'wsd decay=20%'"],
    source: "Loshchilov & Hutter 2017; Smith 2018; Hägele 2024 (warm-up–stable–decay); Defazio 2023",
};

/// Name and schedule.
const SCHEDULES: [(&str, &str); 6] = [
    ("constant", "constant"),
    ("cosine", "cosine"),
    ("warm-up", "cosine warmup=10%"),
    ("one-cycle", "one_cycle"),
    ("steps", "step every=30% gamma=0.3"),
    ("wsd", "wsd"),
];

const STEPS: u64 = 200;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let mut measured = Measured::default();
    parabola(settings, &mut measured)?;
    network(settings, &mut measured)?;
    Ok(measured)
}

/// The best constant rate and the best cosine on a noisy parabola, by the recursion and by simulation.
fn parabola(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let noise = settings.case(1.0, 0.0);
    let copies = settings.size(1_500, 5_000);
    let grid = rates(0.01, 1.0, 10_f64.powf(0.1));
    let mut series = vec![];
    for name in ["constant", "cosine"] {
        let schedule: LrSchedule = name.parse().map_err(lab::Error::from)?;
        let path = |lr: f64| -> Vec<f64> {
            (0..STEPS)
                .scan(1.0, |square, step| {
                    let lr = lr * schedule.factor(step, STEPS);
                    *square = (1.0 - lr).powi(2) * *square + lr * lr * noise;
                    Some(*square)
                })
                .collect()
        };
        let end = |lr: f64| *path(lr).last().expect("there are steps");
        let best = grid.iter().copied().min_by(|&a, &b| end(a).total_cmp(&end(b))).expect("a grid has rates");
        let found = simulate(&format!("sgd lr={best}, {name}"), noise, copies)?;
        let label = format!("mean of $x^2$ at the end, best {name} (rate {})", significant(best));
        measured.compare(&format!("parabola {name}"), &label, end(best), found);
        series.push(Series::line(
            name,
            path(best).into_iter().enumerate().map(|(i, x)| (i as f64 + 1.0, x)).collect(),
        ));
    }
    measured.charts.push(Chart {
        title: "Mean square distance on the noisy parabola, constant rate and cosine, each tuned".into(),
        x: ("step".into(), Scale::Linear),
        y: ("mean of x²".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(())
}

/// Mean of x² over independent copies at the end.
fn simulate(recipe: &str, noise: f64, copies: usize) -> Result<f64, lab::Error> {
    let draws = Normals::new(0, "lesson schedules");
    let mut walk = Walk::new(recipe, &vec![1.0; copies], STEPS)?;
    for step in 0..STEPS {
        walk.step(&mut |x, gradient| {
            for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
                *g = x + noise.sqrt() as f32 * draws.at(step * copies as u64 + i as u64);
            }
        });
    }
    Ok(mean(&walk.at.iter().map(|&x| f64::from(x).powi(2)).collect::<Vec<_>>()))
}

/// All schedules on the network.
fn network(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, held) = settings.size((600, 500), (3_000, 2_000));
    let batch = settings.case(32, train);
    let digits = Digits::load(settings, train, held)?.halved();
    let tasks = [digits.tuning(&[64])?, digits.report(&[64])?];
    let recipes = SCHEDULES.map(|(_, schedule)| format!("sgd lr=LR momentum=0.9, {schedule}, batch={batch}"));
    let grid = settings.size(vec![0.03, 0.1], vec![0.01, 0.03, 0.1, 0.3]);
    let arms: Vec<Arm> =
        recipes.iter().map(|recipe| Arm { recipe: recipe.clone(), rates: grid.clone() }).collect();
    let effort = Effort {
        epochs: settings.size(4, 5),
        evaluations: 1,
        tuning_seeds: settings.size(1, 2),
        seeds: settings.size(5, 10),
    };
    let found = tuned(settings, tasks.each_ref(), &arms, effort)?;
    let scores: Vec<Vec<f64>> =
        found.iter().map(|arm| arm.scores().iter().map(|score| 100.0 * score).collect()).collect();
    let mut points = vec![];
    for (place, ((name, _), scores)) in SCHEDULES.iter().zip(&scores).enumerate() {
        measured.mean(&format!("accuracy {name}"), &format!("accuracy in percent, {name}"), scores);
        points.push((place as f64, mean(scores)));
    }
    for (place, (name, _)) in SCHEDULES.iter().enumerate().skip(1) {
        let gained: Vec<f64> = scores[place].iter().zip(&scores[0]).map(|(a, b)| a - b).collect();
        let test = paired_t(&gained, 0.95).expect("there are seeds");
        measured.mean(
            &format!("gained {name}"),
            &format!("points more than the constant rate, {name}"),
            &gained,
        );
        measured.note(
            &format!("low {name}"),
            &format!("lower end of its 95% interval, {name}"),
            test.interval.low,
        );
    }
    let steady = |place: usize| lab::stats::std(&scores[place]);
    measured.note("std constant", "standard deviation over seeds in points, constant", steady(0));
    measured.note("std cosine", "standard deviation over seeds in points, cosine", steady(1));
    measured.charts.push(Chart {
        title: "Test accuracy of each schedule at its best rate".into(),
        x: ("schedule".into(), Scale::Names(SCHEDULES.map(|schedule| schedule.0.to_string()).into())),
        y: ("accuracy in percent".into(), Scale::Linear),
        series: vec![Series::points("mean over seeds", points)],
        marks: vec![],
    });
    measured.data = Some(digits.origin() + &digits.choice());
    Ok(())
}

fn judge(measured: &Measured) -> Verdict {
    let [constant, cosine] = ["parabola constant", "parabola cosine"].map(|key| measured.get(key));
    let ratio = if constant > 0.0 { cosine / constant } else { 1.0 };
    let numbers = format!(
        "on the network the accuracy of the cosine less that of the constant rate is {} points, and its standard deviation over seeds is {} points instead of {}. On the noisy parabola it ends at {} of the constant rate's mean square distance.",
        measured.number("gained cosine").with_margin(),
        significant(measured.get("std cosine")),
        significant(measured.get("std constant")),
        significant(ratio)
    );
    match (measured.get("low cosine") > 0.0, ratio < 0.8) {
        (true, true) => Verdict::Holds(numbers),
        (false, true) => Verdict::HoldsOnlyWhen(format!("what is left of the loss is noise: {numbers}")),
        (_, false) => Verdict::DoesNotHoldHere(numbers),
    }
}
