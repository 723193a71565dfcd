//! Batch, mini-batch and single-sample gradients on one convex problem.

use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Stream;
use train::Record;

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::nets::{SIMPLENN, end_of_run, rates};
use crate::tuned::{Arm, Effort, Tuned, tuned};
use crate::walk::{Walk, steps_text};
use crate::{Error, Measured, Settings, Table};

pub(super) const LESSON: Lesson = Lesson {
    id: "batch-vs-sgd",
    title: "Batch, mini-batch, single sample",
    chapter: Chapter::Batches,
    claim: "Batch gradient descent is stable and slow on large data; stochastic gradients are fast and noisy; mini-batches are in between.",
    setup: "Logistic regression, 5,000 generated examples with 50 features of scales from 1 to 0.1, $\\ell_2$ penalty $10^{-4}$. All examples at $\\frac{1}{L}$, batches of 128 at $\\frac{0.5}{L}$, single ones at \
        $\\frac{0.05}{L}$: passes over the data until the loss is within 0.1, 0.01, … of the minimum, which Newton's method gives. \
        And the notebook's network on digits: two passes in one batch, in batches of 64 and in single examples, each with the best of four rates; then the three again for as long as two passes in single examples take on this machine, at most 60 passes.",
    theory: "One pass is one step of gradient descent, 39 of batches of 128, 5,000 of single examples. Early steps point the same way, so cheap ones win. At a constant rate the noise stays, so only \
        the full gradient goes on to $10^{-8}$. A pass of single examples takes more seconds, since a processor multiplies large matrices at a higher speed.",
    question: Question {
        ask: "Which of the three gets closest to the minimum in the end?",
        options: &["Single samples", "Batches of 128", "All examples"],
        answer: |measured| {
            let ends = ["single", "mini", "full"].map(|name| measured.get(&format!("end {name}")));
            (0..3).min_by(|&a, &b| ends[a].total_cmp(&ends[b])).unwrap_or(2)
        },
    },
    measure,
    judge,
    counterexample: "all examples in every batch, whatever it is called: nobody is faster or noisier.",
    limits: "A convex problem with constant rates. A falling rate takes the noise away (see `noisy-updates`). The memory is that of the activations by their number, not measured. The seconds are those of this machine.",
    try_it: &["descent explain sgd", "descent tasks logreg"],
    source: "Bottou 2010; Bottou, Curtis & Nocedal 2018",
};

/// Generated examples, with labels ±1 as signs of the rows.
struct Problem {
    rows: Vec<Vec<f64>>,
    penalty: f64,
}

impl Problem {
    fn new(count: usize, features: usize) -> Problem {
        let mut stream = Stream::new(0, "lesson batch-vs-sgd");
        let scale = |i: usize| 10f64.powf(-(i as f64) / (features as f64 - 1.0));
        let truth: Vec<f64> = (0..features).map(|_| f64::from(stream.normal())).collect();
        let rows = (0..count)
            .map(|_| {
                let row: Vec<f64> = (0..features).map(|i| scale(i) * f64::from(stream.normal())).collect();
                let score: f64 = row.iter().zip(&truth).map(|(x, w)| x * w).sum();
                let label = if f64::from(stream.uniform()) < sigmoid(score) { 1.0 } else { -1.0 };
                row.into_iter().map(|x| label * x).collect()
            })
            .collect();
        Problem { rows, penalty: 1e-4 }
    }

    fn loss(&self, w: &[f64]) -> f64 {
        let margins = self.rows.iter().map(|row| dot(row, w));
        let mean = margins.map(|margin| (-margin).exp().ln_1p()).sum::<f64>() / self.rows.len() as f64;
        mean + 0.5 * self.penalty * dot(w, w)
    }

    fn gradient(&self, w: &[f64], batch: &[usize]) -> Vec<f64> {
        let mut gradient: Vec<f64> = w.iter().map(|w| self.penalty * w).collect();
        for &index in batch {
            let row = &self.rows[index];
            let factor = -sigmoid(-dot(row, w)) / batch.len() as f64;
            gradient.iter_mut().zip(row).for_each(|(g, x)| *g += factor * x);
        }
        gradient
    }

    /// Bound on the largest curvature: a quarter of the largest eigenvalue of the second moments.
    fn curvature(&self) -> f64 {
        let mut v = vec![1.0; self.rows[0].len()];
        let mut eigenvalue = 0.0;
        for _ in 0..50 {
            let mut next = vec![0.0; v.len()];
            for row in &self.rows {
                let along = dot(row, &v) / self.rows.len() as f64;
                next.iter_mut().zip(row).for_each(|(n, x)| *n += along * x);
            }
            eigenvalue = dot(&next, &next).sqrt();
            v = next.iter().map(|x| x / eigenvalue).collect();
        }
        eigenvalue / 4.0 + self.penalty
    }

    /// Least loss, by Newton's method.
    fn minimum(&self) -> f64 {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let mut w = vec![0.0; self.rows[0].len()];
        for _ in 0..12 {
            let mut hessian: Vec<Vec<f64>> = (0..w.len())
                .map(|i| (0..w.len()).map(|j| if i == j { self.penalty } else { 0.0 }).collect())
                .collect();
            for row in &self.rows {
                let p = sigmoid(dot(row, &w));
                let weight = p * (1.0 - p) / self.rows.len() as f64;
                for (line, x) in hessian.iter_mut().zip(row) {
                    line.iter_mut().zip(row).for_each(|(h, y)| *h += weight * x * y);
                }
            }
            let step = solve(hessian, self.gradient(&w, &all));
            w.iter_mut().zip(step).for_each(|(w, step)| *w -= step);
        }
        self.loss(&w)
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solution of a positive definite system by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for pivot in 0..n {
        for row in pivot + 1..n {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let (above, below) = matrix.split_at_mut(row);
            below[0].iter_mut().zip(&above[pivot]).skip(pivot).for_each(|(x, p)| *x -= factor * p);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// Passes until a distance of at most 10⁻ᵏ; infinite if that is not reached.
fn reached(path: &[(f64, f64)], k: i32) -> f64 {
    path.iter().find(|point| point.1 <= 10f64.powi(-k)).map_or(f64::INFINITY, |point| point.0)
}

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (count, features) = settings.size((1_000, 20), (5_000, 50));
    let problem = Problem::new(count, features);
    let (l, lowest) = (problem.curvature(), problem.minimum());
    let methods = [
        ("full", "all examples", count, 1.0),
        ("mini", "batches of 128", 128, 0.5),
        ("single", "single examples", 1, 0.05),
    ];
    let paths = settings.parts(&methods, |&(name, _, batch, fraction)| {
        let passes = if name == "full" { settings.size(3_000, 6_000) } else { settings.size(30, 100) };
        let (batch, fraction) = settings.case((batch, fraction), (count, 1.0));
        let mut walk = Walk::new(&format!("sgd lr={}", fraction / l), &vec![0.0; features], 0)?;
        let mut stream = Stream::new(0, "lesson batch-vs-sgd order");
        let mut order: Vec<usize> = (0..count).collect();
        let gap = |at: &[f32]| problem.loss(&at.iter().map(|&w| f64::from(w)).collect::<Vec<_>>()) - lowest;
        let mut path = vec![(0.0, gap(&walk.at))];
        for pass in 0..passes {
            stream.shuffle(&mut order);
            let early = count / batch > 8 && pass == 0;
            for (number, chunk) in order.chunks(batch).enumerate() {
                walk.step(&mut |w, gradient| {
                    let w: Vec<f64> = w.iter().map(|&w| f64::from(w)).collect();
                    gradient
                        .iter_mut()
                        .zip(problem.gradient(&w, chunk))
                        .for_each(|(g, exact)| *g = exact as f32);
                });
                // The first pass is where single samples win: look at it closely.
                let done = (number + 1) * batch;
                if early && done < count && done.is_multiple_of((count / 20).next_multiple_of(batch)) {
                    path.push((pass as f64 + done as f64 / count as f64, gap(&walk.at)));
                }
            }
            path.push((pass as f64 + 1.0, gap(&walk.at)));
        }
        Ok(path)
    })?;
    let mut measured = Measured::default();
    for ((name, label, ..), path) in methods.iter().zip(&paths) {
        measured.note(&format!("{name} 1"), &format!("passes of {label} to $10^{{-1}}$"), reached(path, 1));
        let late: Vec<f64> = path[path.len() - 10..].iter().map(|point| point.1.abs().max(1e-16)).collect();
        measured.note(
            &format!("end {name}"),
            &format!("distance from the least loss at the end, {label}"),
            lab::stats::mean(&late),
        );
    }
    let head = ["passes to a distance of", "all examples", "batches of 128", "single examples"];
    let row = |level: i32| {
        let passes = paths.iter().map(|path| steps_text(reached(path, level)));
        std::iter::once(format!("$10^{{-{level}}}$")).chain(passes).collect()
    };
    measured.tables.push(Table { head: head.map(String::from).into(), rows: (1..=8).map(row).collect() });
    measured.charts.push(Chart {
        title: "Distance from the least loss, over passes".into(),
        x: ("passes over the data".into(), Scale::Log),
        y: ("f − f*".into(), Scale::Log),
        series: methods
            .iter()
            .zip(paths)
            .map(|((_, label, ..), path)| {
                Series::line(*label, path.into_iter().filter(|point| point.1 > 1e-12).collect())
            })
            .collect(),
        marks: vec![],
    });
    network(settings, &mut measured)?;
    Ok(measured)
}

/// Passes at most in the seconds of two passes in single examples.
const MOST_PASSES: f64 = 60.0;

/// The fewest seconds of a pass of training; other work on the machine makes passes longer, never shorter.
fn seconds_of_a_pass(arm: &Tuned) -> f64 {
    arm.records.iter().flat_map(Record::epoch_seconds).fold(f64::INFINITY, f64::min)
}

/// The notebook's network after equal numbers of samples, and the activations that a batch holds.
fn network(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, held) = settings.size((500, 300), (5_000, 2_000));
    let digits = Digits::load(settings, train, held)?;
    let tasks = [digits.tuning(&SIMPLENN)?, digits.report(&SIMPLENN)?];
    let batches = [("full", train, 0.03), ("mini", 64, 0.03), ("single", 1, 0.001)];
    let batches = batches.map(|batch| settings.case(batch, (batch.0, train, 0.03)));
    let arms = batches.map(|(_, batch, low)| Arm {
        recipe: format!("sgd lr=LR, batch={batch}"),
        rates: settings.size(vec![low, 10_f64.sqrt() * low], rates(low, 32.0 * low, 10_f64.sqrt())),
    });
    let effort =
        Effort { epochs: 2, evaluations: 1, tuning_seeds: settings.size(1, 2), seeds: settings.size(2, 5) };
    let found = tuned(settings, tasks.each_ref(), &arms, effort)?;
    let outputs = SIMPLENN.iter().sum::<usize>() + 10;
    let seconds = found.iter().map(seconds_of_a_pass).collect::<Vec<_>>();
    let passes = seconds.iter().map(|pass| (2.0 * seconds[2] / pass).round().clamp(1.0, MOST_PASSES) as u32);
    let passes: Vec<u32> = passes.collect();
    let cases: Vec<(usize, u64)> = (0..2).flat_map(|arm| (0..3).map(move |seed| (arm, seed))).collect();
    let later = settings.parts(&cases, |&(arm, seed)| {
        let recipe = arms[arm].at(found[arm].lr);
        Ok(100.0 * end_of_run(&tasks[1], &recipe, effort.tuning_seeds + seed, passes[arm])?)
    })?;
    for ((name, batch, _), arm) in batches.iter().zip(&found) {
        let scores: Vec<f64> = arm.scores().iter().map(|score| 100.0 * score).collect();
        measured.note(
            &format!("rate {name}"),
            &format!("best rate of the network, batches of {batch}"),
            arm.lr,
        );
        let label = format!("accuracy of the network after two passes in batches of {batch}, in percent");
        measured.mean(&format!("net {name}"), &label, &scores);
        let label = format!("bytes of its activations in a batch of {batch}");
        measured.note(&format!("bytes {name}"), &label, (4 * batch * outputs) as f64);
    }
    for (((name, batch, _), passes), scores) in batches.iter().zip(&passes).zip(later.chunks(3)) {
        let label = format!(
            "accuracy in the seconds of two passes in single examples: {passes} in batches of {batch}"
        );
        measured.mean(&format!("timed {name}"), &label, scores);
    }
    measured.data = Some(digits.origin() + ", and generated examples" + &digits.choice());
    Ok(())
}

fn judge(measured: &Measured) -> Verdict {
    let [full, mini, single] = ["full 1", "mini 1", "single 1"].map(|key| measured.get(key));
    let [end_full, end_single] = ["end full", "end single"].map(|key| measured.get(key));
    let net = |name: &str| significant(measured.get(&format!("net {name}")));
    let numbers = format!(
        "to within 0.1 of the least loss all examples take {} passes over the data, batches of 128 {} and single examples {}. \
         In the end all examples are {} above it and single examples {}. Two passes bring a network to {}% in one batch, \
         {}% in batches of 64 and {}% in single examples; in the seconds of the last, batches of 64 get to {} percent.",
        steps_text(full),
        steps_text(mini),
        steps_text(single),
        significant(end_full),
        significant(end_single),
        net("full"),
        net("mini"),
        net("single"),
        measured.number("timed mini").with_margin()
    );
    let fast = full > 5.0 * single && mini <= full;
    match fast && end_full < 0.01 * end_single {
        true => Verdict::Holds(numbers),
        false => Verdict::DoesNotHoldHere(numbers),
    }
}
