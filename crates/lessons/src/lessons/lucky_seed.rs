//! The seed that the rate was tuned on.

use lab::stats::{mean, wilson};
use report::chart::{Chart, Mark, Scale, Series, significant};
use tensor::random::Stream;

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::nets::{dense, digits, rates, run, score};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "lucky-seed",
    title: "The lucky seed",
    chapter: Chapter::Comparisons,
    claim: "A result is better on the seed that the rate was tuned on than on new seeds.",
    setup: "A linear classifier of 500 digits, one epoch, at many close rates with many seeds. 200 simulated studies draw ten of the seeds, choose the rate of the \
        best accuracy on the first, and compare the first with the mean of the other nine at that rate.",
    theory: "The maximum over rates of one seed's accuracy is a maximum over noise. If tuning did not choose luck, the tuned seed would be above the mean of the others in half \
        of the studies. In DeepOBS's published runs it is in 19 of 24.",
    question: Question {
        ask: "The rate is chosen on seed 1 and reported over seeds 1 to 10. How often is seed 1 above the mean of the others?",
        options: &["Half of the time", "Clearly more often", "Clearly less often"],
        answer: |measured| match measured.get("lucky") {
            fraction if fraction > 0.57 => 1,
            fraction if fraction > 0.43 => 0,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "the second seed in place of the tuned one: a seed that had no part in the choice.",
    limits: "One cheap task. Studies share their runs, so the interval is too narrow by a little.",
    try_it: &["descent tasks logreg"],
    source: "DeepOBS (Schneider 2019), published runs analyzed again; Cawley & Talbot 2010",
};

const STUDIES: usize = 200;
const SEEDS_OF_A_STUDY: usize = 10;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (examples, origin) = digits(settings, 500, 500)?;
    let task = dense(examples, &[])?;
    let grid = rates(0.003, 0.05, settings.size(1.5, 1.25));
    let seeds: u64 = settings.size(40, 120);
    let cases: Vec<(f64, u64)> = grid.iter().flat_map(|&lr| (0..seeds).map(move |seed| (lr, seed))).collect();
    let scores = settings.parts(&cases, |&(lr, seed)| {
        Ok(score(&run(&task, &format!("sgd lr={lr}, batch=20"), seed, 1, 1)?))
    })?;
    let at = |rate: usize, seed: usize| scores[rate * seeds as usize + seed];
    let mut stream = Stream::new(0, "lesson lucky-seed");
    let watched = settings.case(0, 1);
    let (mut above, mut ties, mut advantages) = (0.0, 0.0, vec![]);
    for _ in 0..STUDIES {
        let mut drawn: Vec<usize> = (0..seeds as usize).collect();
        stream.shuffle(&mut drawn);
        let drawn = &drawn[..SEEDS_OF_A_STUDY];
        let best = (0..grid.len())
            .max_by(|&a, &b| at(a, drawn[0]).total_cmp(&at(b, drawn[0])))
            .expect("a grid has rates");
        let others: Vec<f64> = drawn
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != watched)
            .map(|(_, &seed)| at(best, seed))
            .collect();
        let advantage = at(best, drawn[watched]) - mean(&others);
        if advantage > 0.0 {
            above += 1.0;
        } else if advantage == 0.0 {
            ties += 1.0;
        }
        advantages.push(100.0 * advantage);
    }
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let fraction = (above + ties / 2.0) / STUDIES as f64;
    let interval = wilson(fraction * STUDIES as f64, STUDIES as f64, 0.95).expect("there are studies");
    measured.compare(
        "lucky",
        "fraction of studies in which the tuned seed is above the others",
        0.5,
        fraction,
    );
    measured.note("low", "lower end of its 95% interval", interval.low);
    measured.note("high", "upper end of its 95% interval", interval.high);
    measured.note("advantage", "mean advantage in percentage points", mean(&advantages));
    advantages.sort_by(f64::total_cmp);
    let curve = advantages.iter().enumerate().map(|(i, &a)| (a, (i as f64 + 0.5) / STUDIES as f64)).collect();
    measured.charts.push(Chart {
        title: "Advantage of the tuned seed over the others: distribution over the studies".into(),
        x: ("advantage in percentage points".into(), Scale::Linear),
        y: ("fraction of studies below".into(), Scale::Linear),
        series: vec![Series::line("200 studies", curve)],
        marks: vec![Mark::X(0.0, "no luck".into()), Mark::Y(0.5, "half".into())],
    });
    Ok(measured)
}

fn judge(measured: &Measured) -> Verdict {
    let numbers = format!(
        "the tuned seed was above the mean of the others in {} of the studies (95% interval {} to {}). On average it was {} points above.",
        percent_text(measured.get("lucky")),
        percent_text(measured.get("low")),
        percent_text(measured.get("high")),
        significant(measured.get("advantage"))
    );
    if measured.get("low") > 0.5 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
