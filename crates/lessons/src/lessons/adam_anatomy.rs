//! Adam's parts, each checked against a closed form.

use report::chart::{Chart, Scale, Series, significant};
use tensor::random::Normals;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-anatomy",
    title: "Adam = momentum + adaptive steps + bias correction",
    chapter: Chapter::Adam,
    claim: "Adam combines momentum with adaptive rates, and its bias correction matters early in training.",
    setup: "Random gradients are fed to Adam and to the simpler methods that it contains, 200 steps. Compared are the \
        steps: Adam with $\\beta_1 = 0$ and RMSprop; Adam with a huge `eps` and a rate as huge, and momentum; Adam on a loss \
        times 1024 with $\\epsilon = 0$. The bias correction is measured from RMSprop and momentum, which have none.",
    theory: "Without correction the step would be multiplied by $\\frac{1-\\beta_1^t}{\\sqrt{1-\\beta_2^t}}$: with 0.9 and 0.999 it starts at 3.16, \
        rises to about 6.5 and falls to 1 over thousands of steps. With $\\beta_1 = 0$ only $\\sqrt{1-\\beta_2^t}$ is left between RMSprop and Adam. With a \
        frozen denominator only $1-\\beta_1^t$ is left between momentum and Adam. And a loss times $c$ changes $m$ and $\\sqrt{v}$ alike.",
    question: Question {
        ask: "The loss is multiplied by 1024 and nothing else changes. What becomes of Adam's steps (with ε = 0)?",
        options: &["1024 times as long", "32 times as long", "Exactly the same"],
        answer: |measured| if measured.get("error scale") < 1e-3 { 2 } else { 0 },
    },
    measure,
    judge,
    counterexample: "RAdam in Adam's place: its early steps are those of momentum, so the identities break.",
    limits: "Identities of formulas. They say what Adam is, not if it is good.",
    try_it: &["descent explain adam", "descent explain rmsprop"],
    source: "Kingma & Ba 2015; Choi 2019",
};

const STEPS: usize = 200;
const BETAS: (f64, f64) = (0.9, 0.999);
const HUGE: f64 = 1e12;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let adam = settings.case("adam", "radam");
    let (beta1, beta2) = BETAS;
    let steps = |recipe: &str, scale: f32| step_lengths(recipe, scale);
    let plain = steps(&format!("{adam} lr=0.001 eps=0"), 1.0)?;
    let scaled = steps(&format!("{adam} lr=0.001 eps=0"), 1024.0)?;
    let no_momentum = steps(&format!("{adam} lr=0.001 beta1=0 eps=0"), 1.0)?;
    let rmsprop = steps(&format!("rmsprop lr=0.001 alpha={beta2} eps=0"), 1.0)?;
    let frozen = steps(&format!("{adam} lr={} eps={HUGE}", 0.001 * HUGE), 1.0)?;
    let momentum = steps(&format!("sgd lr={} momentum={beta1}", 0.001 * (1.0 - beta1)), 1.0)?;
    let worst = |a: &[f64], b: &[f64], factor: &dyn Fn(u64) -> f64| {
        let error = |(i, (a, b)): (usize, (&f64, &f64))| (a / (b * factor(i as u64 + 1)) - 1.0).abs();
        a.iter().zip(b).enumerate().map(error).fold(0.0, f64::max)
    };
    let correction2 = |t: u64| (1.0 - beta2.powf(t as f64)).sqrt();
    let correction1 = |t: u64| 1.0 / (1.0 - beta1.powf(t as f64));
    let mut measured = Measured::default();
    let label = |text: &str| format!("largest relative error: {text}");
    measured.compare("error scale", &label("loss times 1024"), 0.0, worst(&scaled, &plain, &|_| 1.0));
    let found = worst(&no_momentum, &rmsprop, &correction2);
    measured.compare("error rmsprop", &label("$\\beta_1 = 0$ is corrected RMSprop"), 0.0, found);
    let found = worst(&frozen, &momentum, &correction1);
    measured.compare("error momentum", &label("huge `eps` is corrected momentum"), 0.0, found);
    // What the corrections are, read from the methods without them.
    let ratio = |i: usize| (momentum[i] / frozen[i]) * (rmsprop[i] / no_momentum[i]);
    for t in [1, 10, 50, 200] {
        let label = format!("factor without bias correction at step {t}");
        measured.compare(
            &format!("factor {t}"),
            &label,
            theory::adam_multiplier(beta1, beta2, t as u64),
            ratio(t - 1),
        );
    }
    let curve = (0..STEPS).map(|i| (i as f64 + 1.0, ratio(i))).collect();
    let long = (0..60).map(|i| 10f64.powf(f64::from(i) / 15.0).round());
    let theory = long.map(|t| (t, theory::adam_multiplier(beta1, beta2, t as u64))).collect();
    measured.charts.push(Chart {
        title: "Factor by which Adam's steps would differ without bias correction".into(),
        x: ("step".into(), Scale::Log),
        y: ("factor".into(), Scale::Linear),
        series: vec![Series::line("measured", curve), Series::theory("prediction", theory)],
        marks: vec![],
    });
    Ok(measured)
}

/// Displacements of a weight, each from 0, under the same random gradients times `scale`.
fn step_lengths(recipe: &str, scale: f32) -> Result<Vec<f64>, lab::Error> {
    let noise = Normals::new(0, "lesson adam-anatomy");
    let mut walk = Walk::new(recipe, &[0.0], 0)?;
    Ok((0..STEPS as u64)
        .map(|step| {
            walk.at[0] = 0.0;
            walk.step(&mut |_, gradient| gradient[0] = scale * (2.0 + 0.5 * noise.at(step)));
            f64::from(walk.at[0])
        })
        .collect())
}

fn judge(measured: &Measured) -> Verdict {
    let worst = measured.all("error ").map(|number| number.measured).fold(0.0, f64::max);
    let factor = measured.worst_error("factor ");
    let numbers = format!(
        "the three identities hold to a relative error of {}. Without bias correction the first step would be {} times as long, which is within {} of the formula.",
        significant(worst),
        significant(measured.get("factor 1")),
        significant(factor)
    );
    if worst < 2e-6 && factor < 2e-6 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
