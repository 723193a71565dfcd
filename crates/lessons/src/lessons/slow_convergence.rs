//! Gradient descent crawls along narrow valleys.

use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::{Walk, count, quadratic};
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "slow-convergence",
    title: "Narrow valleys",
    chapter: Chapter::Difficulties,
    claim: "Plain gradient descent crawls on badly scaled surfaces, and momentum speeds it up.",
    setup: "$f = \\frac{1}{2}(x^2 + \\kappa y^2)$ from $(1, 1)$ until $f$ is $10^{-6}$ of its start, \
        $\\kappa = 10$ to $10^4$: gradient descent at $\\frac{1}{L}$ and at $\\frac{2}{L+m}$, heavy ball and Nesterov with \
        the best constants.",
    theory: "A rate that is safe for the steep direction moves the flat one by $\\frac{1}{\\kappa}$ of its length a step, so \
        gradient descent takes steps $\\propto\\kappa$. Heavy ball with $\\eta = \\frac{4}{(\\sqrt{L}+\\sqrt{m})^2}$ and \
        $\\beta = (\\frac{\\sqrt{\\kappa}-1}{\\sqrt{\\kappa}+1})^2$ takes steps $\\propto\\sqrt{\\kappa}$. In the figure these are slopes \
        1 and one half.",
    question: Question {
        ask: "The valley becomes 100 times as narrow. How many times the steps does heavy ball need?",
        options: &["About 10 times", "About 100 times", "As many as before"],
        answer: |measured| match measured.get("heavy 10000") / measured.get("heavy 100") {
            ratio if ratio < 3.0 => 2,
            ratio if ratio < 30.0 => 0,
            _ => 1,
        },
    },
    measure,
    judge,
    counterexample: "heavy ball and Nesterov without momentum: β = 0 at the rate $1/L$.",
    limits: "The best constants need $m$ and $L$, which nobody knows for a network.",
    try_it: &["descent explain sgd", "descent tasks quadratic"],
    source: "Polyak 1964; Nesterov 1983",
};

const KAPPAS: [f64; 4] = [10.0, 100.0, 1000.0, 10_000.0];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let cases: Vec<(f64, usize)> =
        KAPPAS.iter().flat_map(|&kappa| (0..4).map(move |method| (kappa, method))).collect();
    let steps = settings.parts(&cases, |&(kappa, method)| {
        let (lr, beta) = theory::polyak(1.0, kappa);
        let nesterov = theory::polyak_factor(kappa);
        let plain = format!("sgd lr={}", 1.0 / kappa);
        let recipe = match method {
            0 => plain,
            1 => format!("sgd lr={}", 2.0 / (1.0 + kappa)),
            2 => settings.case(format!("sgd lr={lr} momentum={beta}"), plain),
            _ => settings.case(format!("sgd lr={} momentum={nesterov} nesterov=true", 1.0 / kappa), plain),
        };
        let done = |x: &[f32]| {
            let [x, y] = [f64::from(x[0]), f64::from(x[1])];
            (x * x + kappa * y * y) / (1.0 + kappa) <= 1e-6
        };
        Ok(count(Walk::new(&recipe, &[1.0, 1.0], 0)?.until(100_000, &mut quadratic(&[1.0, kappa]), done)))
    })?;
    let of = |method: usize| KAPPAS.iter().enumerate().map(move |(i, &kappa)| (kappa, i * 4 + method));
    let mut measured = Measured::default();
    let mut add = |key: &str, name: &str, method: usize, predicted: &dyn Fn(f64) -> Option<f64>| {
        for (kappa, index) in of(method) {
            let (key, label) = (format!("{key} {kappa}"), format!("steps of {name}, $\\kappa = {kappa}$"));
            match predicted(kappa) {
                Some(predicted) => measured.compare(&key, &label, predicted, steps[index]),
                None => measured.note(&key, &label, steps[index]),
            }
        }
    };
    let first = |kappa: f64| theory::gd_steps(kappa, 1e-6 * (1.0 + kappa)).ceil().max(1.0);
    let best = |kappa: f64| (1e-6_f64.ln() / (2.0 * theory::gd_best_factor(kappa).ln())).ceil();
    add("gd", "gradient descent, $1/L$", 0, &|kappa| Some(first(kappa)));
    add("best gd", "gradient descent, $2/(L+m)$", 1, &|kappa| Some(best(kappa)));
    add("heavy", "heavy ball", 2, &|kappa| Some(theory::polyak_steps(kappa, 1e-6)));
    add("nesterov", "Nesterov", 3, &|_| None);
    let slope = |key: &str| {
        let at = |kappa: f64| measured.get(&format!("{key} {kappa}")).log10();
        (at(10_000.0) - at(100.0)) / 2.0
    };
    let slopes = [slope("best gd"), slope("heavy"), slope("nesterov")];
    measured.compare("slope best gd", "slope of gradient descent", 1.0, slopes[0]);
    measured.compare("slope heavy", "slope of heavy ball", 0.5, slopes[1]);
    measured.compare("slope nesterov", "slope of Nesterov", 0.5, slopes[2]);
    let line = |method: usize| of(method).map(|(kappa, index)| (kappa, steps[index])).collect::<Vec<_>>();
    measured.charts.push(Chart {
        title: "Steps to a millionth of the start, over the condition number".into(),
        x: ("κ".into(), Scale::Log),
        y: ("steps".into(), Scale::Log),
        series: vec![
            Series::line("gd 2/(L+m)", line(1)),
            Series::theory("∝ κ", KAPPAS.iter().map(|&kappa| (kappa, best(kappa))).collect()),
            Series::line("heavy ball", line(2)),
            Series::theory("∝ √κ", KAPPAS.iter().map(|&k| (k, theory::polyak_steps(k, 1e-6))).collect()),
            Series::line("Nesterov", line(3)),
        ],
        marks: vec![],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let [gd, heavy] = ["slope best gd", "slope heavy"].map(|key| measured.get(key));
    let numbers = format!(
        "steps grow as κ to the power {} for gradient descent and {} for heavy ball.",
        significant(gd),
        significant(heavy)
    );
    if gd > 0.8 && heavy < 0.65 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
