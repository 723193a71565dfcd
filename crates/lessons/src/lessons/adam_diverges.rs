//! Reddi's sequence, on which Adam goes the wrong way.

use report::chart::{Chart, Mark, Scale, Series, significant};
use tensor::random::Stream;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings, theory};

pub(super) const LESSON: Lesson = Lesson {
    id: "adam-diverges",
    title: "A sequence on which Adam goes the wrong way",
    chapter: Chapter::AdamFails,
    claim: "Adam can fail to converge, even on a convex problem.",
    setup: "A point on $[-1, 1]$ sees the loss $C x$ every third step and $-x$ at the other two, so $-1$ is best. \
        $C = 3, 4, 10$, $\\beta_1 = 0$, $\\beta_2 = \\frac{1}{1+C^2}$, rate $\\frac{0.1}{\\sqrt{t}}$; Adam, AMSGrad and ADOPT. Then the \
        random version: $1010 x$ with probability 0.01, otherwise $-10 x$.",
    theory: "The large gradient comes once and is divided by its own size; the small ones come twice, when its square is \
        nearly forgotten. Adam moves up by more than it moves down, ends at $+1$, and pays an average regret of \
        $\\frac{2C-4}{3}$. AMSGrad divides by the largest mean of squares so far; ADOPT divides by the mean before \
        the present gradient.",
    question: Question {
        ask: "Every third step the slope is +3, otherwise −1. The best point of [−1, 1] is −1. Where does Adam end?",
        options: &["At −1", "Near 0", "At +1"],
        answer: |measured| match measured.get("end adam 3") {
            end if end < -0.5 => 0,
            end if end < 0.5 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "AMSGrad in Adam's place: it never forgets the large gradient.",
    limits: "A sequence made for the purpose, with a β₂ that forgets within three steps. With β₂ large enough for the problem, \
        Adam converges (Zhang 2022).",
    try_it: &["descent explain adopt", "descent explain adam"],
    source: "Reddi 2018 (On the convergence of Adam and beyond); Taniguchi 2024 (ADOPT)",
};

const SLOPES: [f64; 3] = [3.0, 4.0, 10.0];

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let mut measured = Measured::default();
    let adam = settings.case("adam", "adam amsgrad=true");
    let steps = settings.size(6_000, 60_000);
    let methods = [("adam", adam), ("amsgrad", "adam amsgrad=true"), ("adopt", "adopt clip=false")];
    let cases: Vec<(&str, &str, f64)> =
        methods.iter().flat_map(|&(name, rule)| SLOPES.map(|c| (name, rule, c))).collect();
    let runs = settings.parts(&cases, |&(_, rule, c)| {
        let beta2 = 1.0 / (1.0 + c * c);
        let recipe = format!("{rule} lr=0.1 beta1=0 beta2={beta2}, rsqrt flat=1");
        sequence(&recipe, steps, |step| if step % 3 == 0 { c } else { -1.0 })
    })?;
    for ((name, _, c), (path, regret)) in cases.iter().zip(&runs) {
        let end = path.last().map_or(0.0, |point| point.1);
        measured.note(&format!("end {name} {c}"), &format!("end of {name}, $C = {c}$"), end);
        if *name == "adam" {
            let label = format!("average regret of Adam, $(2C-4)/3$, $C = {c}$");
            measured.compare(&format!("regret {c}"), &label, theory::reddi_regret(*c), *regret);
        }
    }
    let random_steps = settings.size(30_000, 3_000_000);
    let random = settings.parts(&methods, |&(_, rule)| {
        let mut stream = Stream::new(0, "lesson adam-diverges");
        let recipe = format!("{rule} lr=0.001 beta1=0.9 beta2=0.99");
        sequence(&recipe, random_steps, |_| if stream.below(100) == 0 { 1010.0 } else { -10.0 })
    })?;
    for ((name, _), (path, _)) in methods.iter().zip(&random) {
        let end = path.last().map_or(0.0, |point| point.1);
        measured.note(&format!("random {name}"), &format!("end of {name}, random version"), end);
    }
    let series = |(name, path): (&str, &Vec<(f64, f64)>)| Series::line(name, path.clone());
    let of_three = [0, 3, 6].map(|index| (cases[index].0, &runs[index].0));
    measured.charts.push(Chart {
        title: "The point over the steps, C = 3".into(),
        x: ("step".into(), Scale::Log),
        y: ("x".into(), Scale::Linear),
        series: of_three.map(series).into(),
        marks: vec![Mark::Y(-1.0, "best".into())],
    });
    Ok(measured)
}

/// Path of the point and average regret.
fn sequence(
    recipe: &str,
    steps: u64,
    mut slope: impl FnMut(u64) -> f64,
) -> Result<(Vec<(f64, f64)>, f64), lab::Error> {
    let mut walk = Walk::new(recipe, &[0.0], steps)?;
    let (mut path, mut regret) = (vec![], 0.0);
    // The average begins when the start is forgotten.
    let forget = steps / 2;
    for step in 0..steps {
        let slope = slope(step);
        if step >= forget {
            regret += slope * f64::from(walk.at[0]) + slope;
        }
        walk.step(&mut |_, gradient| gradient[0] = slope as f32);
        walk.at[0] = walk.at[0].clamp(-1.0, 1.0);
        if step < 30 || step % (steps / 300).max(1) == 0 || step + 1 == steps {
            path.push((step as f64 + 1.0, f64::from(walk.at[0])));
        }
    }
    Ok((path, regret / (steps - forget) as f64))
}

fn judge(measured: &Measured) -> Verdict {
    let ends: Vec<f64> = measured.all("end adam ").map(|number| number.measured).collect();
    let wrong = ends.iter().filter(|end| **end > 0.9).count();
    let others = measured.all("end a").filter(|number| !number.key.starts_with("end adam "));
    let highest = others.map(|number| number.measured).fold(f64::NEG_INFINITY, f64::max);
    match wrong {
        0 => Verdict::DoesNotHoldHere(format!(
            "the method ended at {} or below.",
            significant(ends.iter().copied().fold(-1.0, f64::max))
        )),
        all if all == ends.len() => Verdict::Holds(format!(
            "Adam ended at the worst point, +1, in {wrong} of {} cases. AMSGrad and ADOPT ended at {} or below, next to the best, −1.",
            ends.len(),
            significant(highest)
        )),
        some => Verdict::HoldsOnlyWhen(format!(
            "C is in the range where it failed, {some} of {} cases.",
            ends.len()
        )),
    }
}
