//! Diminishing returns of larger batches.

use std::ops::ControlFlow;

use report::chart::{Chart, Mark, Scale, Series, significant};
use tensor::random::Normals;
use train::{Budget, Split, Task, Training};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, steps_text};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "batch-size",
    title: "Diminishing returns of larger batches",
    chapter: Chapter::Batches,
    claim: "Larger batches give diminishing returns.",
    setup: "A noisy quadratic in 100 dimensions with curvatures and noise $h_i = c_i = \\frac{1}{i}$ from $x_i = 1$, until the expected loss is 0.02. For each batch size from 1 to 4,096 \
        the best constant rate of a fine grid. The expectation is exact: $E x_i^2$ becomes $(1-\\eta h_i)^2 E x_i^2 + \\frac{\\eta^2 c_i}{B}$; one case is checked by SGD on many copies. \
        And a network 196–32–10 on small digits, until its test loss is below 0.8, with batches from 4 to 1,024 and the best of five rates for each.",
    theory: "With the steps $S$ and the samples $E = BS$, and their least values, $(\\frac{S}{S_{min}}-1)(\\frac{E}{E_{min}}-1) = 1$ (McCandlish). Up to the critical batch \
        $\\frac{E_{min}}{S_{min}}$, twice the batch almost halves the steps; far beyond, it wastes samples. The noise scale $\\frac{\\text{tr}\\Sigma}{\\norm G^2}$ at one point estimates the critical batch without a run; it grows as the \
        gradient $G$ shrinks, so at the start it is smaller than the critical batch of the whole run.",
    question: Question {
        ask: "The batch grows from 1,024 to 4,096. How do the steps to the target change?",
        options: &["A quarter of the steps", "Half of the steps", "Hardly at all"],
        answer: |measured| match measured.get("steps 4096") / measured.get("steps 1024") {
            ratio if ratio < 0.35 => 0,
            ratio if ratio < 0.7 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "gradients without noise: a larger batch gives no return at all, not a diminishing one.",
    limits: "A quadratic with exact expectations, one small network, and constant rates. On networks the critical batch grows during training.",
    try_it: &["descent tasks quadratic-deep"],
    source: "McCandlish 2018; Shallue 2018; Zhang 2019 (noisy quadratic model)",
};

const DIMENSIONS: usize = 100;
const TARGET: f64 = 0.02;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let noise = settings.case(1.0, 0.0);
    let batches: Vec<u64> = (0..=12).map(|power| 1 << power).collect();
    let density = settings.size(4, 40);
    let rates: Vec<f64> =
        (-3 * density..=density / 3).map(|i| 10f64.powf(f64::from(i) / f64::from(density))).collect();
    let best = settings.parts(&batches, |&batch| {
        let tried = rates.iter().map(|&lr| (steps(lr, noise / batch as f64), lr));
        Ok(tried.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a grid has rates"))
    })?;
    let mut measured = Measured::default();
    let at = |batch: u64| batches.iter().position(|&b| b == batch).map_or(f64::NAN, |index| best[index].0);
    for batch in [1, 4, 64, 1024, 4096] {
        measured.note(&format!("steps {batch}"), &format!("steps with batches of {batch}"), at(batch));
    }
    // Steps do not fall below those without noise, samples not below those of the smallest batch.
    let least_steps = rates.iter().map(|&lr| steps(lr, 0.0)).fold(f64::INFINITY, f64::min);
    let least_samples = batches.iter().map(|&batch| batch as f64 * at(batch)).fold(f64::INFINITY, f64::min);
    measured.note("least steps", "steps without noise, $S_{min}$", least_steps);
    measured.note("least samples", "samples of the thriftiest batch, $E_{min}$", least_samples);
    measured.note("critical", "critical batch, $E_{min}/S_{min}$", least_samples / least_steps);
    let trace: f64 = (1..=DIMENSIONS).map(|i| 1.0 / i as f64).sum();
    let norm: f64 = (1..=DIMENSIONS).map(|i| 1.0 / (i * i) as f64).sum();
    measured.note(
        "noise scale",
        "noise scale at the start, $\\tr\\Sigma/\\norm G\\norm^2$",
        noise * trace / norm,
    );
    let middle = batches.iter().position(|&batch| batch == 16).unwrap_or(0);
    let (predicted, lr) = best[middle];
    measured.compare(
        "simulated",
        "loss of SGD on many copies after the predicted steps, batches of 16",
        TARGET,
        simulate(lr, noise / 16.0, predicted as u64, settings.size(50, 2_000))?,
    );
    let points: Vec<(f64, f64)> =
        batches.iter().zip(&best).map(|(&batch, &(steps, _))| (batch as f64, steps)).collect();
    let law = batches
        .iter()
        .map(|&batch| (batch as f64, least_steps * (1.0 + least_samples / least_steps / batch as f64)))
        .collect();
    measured.charts.push(Chart {
        title: "Steps to the target, over the batch size".into(),
        x: ("batch".into(), Scale::Log),
        y: ("steps".into(), Scale::Log),
        series: vec![Series::line("best rate", points), Series::theory("(S/Sₘ−1)(E/Eₘ−1)=1", law)],
        marks: vec![Mark::X(least_samples / least_steps, "critical batch".into())],
    });
    network(settings, &mut measured)?;
    Ok(measured)
}

/// Batches of the network.
const NET_BATCHES: [usize; 5] = [4, 16, 64, 256, 1024];

/// Steps of a network to a test loss of 0.8.
fn network(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, held) = settings.size((1_100, 200), (3_000, 300));
    let digits = Digits::load(settings, train, held)?.halved();
    let task = digits.report(&[32])?;
    let grid = crate::nets::rates(0.01, 1.0, 10_f64.sqrt());
    let cases: Vec<(usize, f64)> =
        NET_BATCHES.iter().flat_map(|&batch| grid.iter().map(move |&lr| (batch, lr))).collect();
    let passes = settings.size(15, 30);
    let found = settings.parts(&cases, |&(batch, lr)| steps_of_net(&task, lr, batch, passes))?;
    let best = |batch: usize| {
        let of_batch = cases.iter().zip(&found).filter(|((of, _), _)| *of == batch);
        of_batch.map(|(_, steps)| *steps).fold(f64::INFINITY, f64::min)
    };
    let points: Vec<(f64, f64)> = NET_BATCHES.iter().map(|&batch| (batch as f64, best(batch))).collect();
    for (batch, steps) in &points {
        measured.note(
            &format!("net {batch}"),
            &format!("steps of the network with batches of {batch}"),
            *steps,
        );
    }
    let least_steps = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let least_samples = points.iter().map(|point| point.0 * point.1).fold(f64::INFINITY, f64::min);
    measured.note(
        "net critical",
        "critical batch of the network, $E_{min}/S_{min}$",
        least_samples / least_steps,
    );
    measured.charts.push(Chart {
        title: "Steps of a network to a test loss of 0.8, over the batch size".into(),
        x: ("batch".into(), Scale::Log),
        y: ("steps".into(), Scale::Log),
        series: vec![Series::line("best rate", points)],
        marks: vec![Mark::X(least_samples / least_steps, "critical batch".into())],
    });
    measured.data = Some(digits.origin());
    Ok(())
}

/// Steps until the test loss is below 0.8, looked at about every 256 samples; infinite if it never is.
fn steps_of_net(task: &Task, lr: f64, batch: usize, passes: u32) -> Result<f64, lab::Error> {
    let recipe = format!("sgd lr={lr}, batch={batch}").parse()?;
    let mut training = Training::new(task, &recipe, 0, Budget { epochs: passes, evaluations: 0 })?;
    let every = (256 / batch as u64).max(1);
    let mut reached = f64::INFINITY;
    training.run(&mut |training| {
        let step = training.progress().steps;
        if step.is_multiple_of(every)
            && task.evaluate(training.weights(), training.buffers(), Split::Test).loss < 0.8
        {
            reached = step as f64;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    Ok(reached)
}

/// Steps until the expected loss is at the target.
fn steps(lr: f64, noise: f64) -> f64 {
    let mut squares = [1.0_f64; DIMENSIONS];
    let factors: Vec<(f64, f64, f64)> = (1..=DIMENSIONS)
        .map(|i| 1.0 / i as f64)
        .map(|h| ((1.0 - lr * h).powi(2), lr * lr * h * noise, h / 2.0))
        .collect();
    for step in 0..20_000_u32 {
        let loss: f64 = squares.iter().zip(&factors).map(|(square, factor)| factor.2 * square).sum();
        if loss <= TARGET {
            return step.into();
        }
        squares.iter_mut().zip(&factors).for_each(|(square, factor)| *square = factor.0 * *square + factor.1);
    }
    f64::INFINITY
}

/// Mean loss of independent copies after some steps of SGD.
fn simulate(lr: f64, noise: f64, steps: u64, copies: usize) -> Result<f64, lab::Error> {
    let draws = Normals::new(0, "lesson batch-size");
    let count = copies * DIMENSIONS;
    let curvature = |index: usize| 1.0 / (index % DIMENSIONS + 1) as f32;
    let mut walk = Walk::new(&format!("sgd lr={lr}"), &vec![1.0; count], 0)?;
    for step in 0..steps {
        walk.step(&mut |x, gradient| {
            for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
                let h = curvature(i);
                *g = h * x + (f64::from(h) * noise).sqrt() as f32 * draws.at(step * count as u64 + i as u64);
            }
        });
    }
    let loss = |(i, x): (usize, &f32)| f64::from(0.5 * curvature(i) * x * x);
    Ok(walk.at.iter().enumerate().map(loss).sum::<f64>() / copies as f64)
}

fn judge(measured: &Measured) -> Verdict {
    let early = measured.get("steps 1") / measured.get("steps 4");
    let late = measured.get("steps 1024") / measured.get("steps 4096");
    let numbers = format!(
        "four times the batch divides the steps by {} from a batch of 1 to 4, and by {} from 1,024 to 4,096. The critical batch is {}. A network takes {} steps with batches of 4 and {} with 1,024.",
        significant(early),
        significant(late),
        significant(measured.get("critical")),
        steps_text(measured.get("net 4")),
        steps_text(measured.get("net 1024"))
    );
    if early > 2.0 && late < 1.3 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
