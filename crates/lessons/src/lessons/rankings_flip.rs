//! Who leads on the way, and who leads at the end.

use lab::stats::{Interval, mean, paired_t};
use report::chart::{Chart, Scale, Series, significant};
use train::{Record, Split};

use crate::digits::Digits;
use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::tuned::{Arm, Effort, Tuned, tuned};
use crate::{Error, Measured, Settings, Table};

pub(super) const LESSON: Lesson = Lesson {
    id: "rankings-flip",
    title: "Who leads half way need not lead at the end",
    chapter: Chapter::Comparisons,
    claim: "The ranking on the way is not the ranking at the end.",
    setup: "A network 196–64–10 on small digits, 8 epochs in batches of 16: SGD with momentum and Adam, each at a constant rate, with a cosine, and with \
        a rate that falls in the last fifth (wsd), each with the best of its rates for the end of the run. The test loss after \
        25, 50, 75 and 100% of the run, over paired seeds. A pair is swapped if one leads on the way and the other at the end, and both leads have an interval without 0.",
    theory: "On a noisy parabola the loss is $(1-\\eta_t)^2$ times the old one and $\\eta_t^2\\sigma^2$ more. A rate that falls to 0 starts higher than the best constant one, so it has more noise early in the \
        run and less at the end: the curves have to cross.",
    question: Question {
        ask: "A constant rate and a cosine are both tuned for the end of the run. Which is ahead half way?",
        options: &["The constant rate", "The cosine", "They are not told apart"],
        answer: |measured| match (measured.get("lead 50 low"), measured.get("lead 50 high")) {
            (low, _) if low > 0.0 => 0,
            (_, high) if high < 0.0 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "constant rates in place of the schedules: whoever leads after a quarter leads at the end.",
    limits: "One network and one length of run. A longer run moves the crossing.",
    try_it: &["descent schedule cosine", "descent lessons run schedules --quick"],
    source: "Wen 2025 (Fantastic pretraining optimizers and where to find them)",
};

const QUARTERS: [u32; 4] = [25, 50, 75, 100];
const EPOCHS: u32 = 8;

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (train, held) = settings.size((1_500, 500), (3_000, 2_000));
    let digits = Digits::load(settings, train, held)?.halved();
    let tasks = [digits.tuning(&[64])?, digits.report(&[64])?];
    let names: Vec<String> = ["momentum", "Adam"]
        .iter()
        .flat_map(|method| ["", ", cosine", ", wsd"].map(|schedule| format!("{method}{schedule}")))
        .collect();
    let effort = Effort {
        epochs: EPOCHS,
        evaluations: 1,
        tuning_seeds: settings.size(1, 2),
        seeds: settings.size(6, 10),
    };
    let found = tuned(settings, tasks.each_ref(), &arms(settings, &names), effort)?;
    let losses = Losses::of(&found);
    let mut measured = Measured { data: Some(digits.origin() + &digits.choice()), ..Measured::default() };
    let mut series = vec![];
    for ((name, arm), losses) in names.iter().zip(&found).zip(&losses.0) {
        measured.note(&format!("rate {name}"), &format!("best rate, {name}"), arm.lr);
        let mut line = vec![];
        for (percent, values) in QUARTERS.iter().zip(losses) {
            let label = format!("test loss after {percent}%, {name}");
            measured.mean(&format!("loss {name} {percent}"), &label, values);
            line.push((f64::from(*percent), mean(values)));
        }
        series.push(Series::line(name.as_str(), line));
    }
    let half = losses.lead(0, 1, 1);
    measured.note("lead 50 low", "lead of constant momentum over its cosine half way, lower end", half.low);
    measured.note("lead 50 high", "the same, upper end", half.high);
    let pairs = (0..names.len()).flat_map(|a| (a + 1..names.len()).map(move |b| (a, b)));
    let swaps = pairs.filter_map(|(a, b)| losses.swap(a, b));
    let rows: Vec<Vec<String>> = swaps
        .map(|Swap { early, late, quarter }| {
            vec![names[early].clone(), names[late].clone(), format!("{}%", QUARTERS[quarter])]
        })
        .collect();
    measured.note("swapped", "pairs of 15 that are swapped", rows.len() as f64);
    if !rows.is_empty() {
        let head = ["ahead on the way", "ahead at the end", "last swapped at"].map(String::from).into();
        measured.tables.push(Table { head, rows });
    }
    measured.charts.push(Chart {
        title: "Test loss along the run, each tuned for its end".into(),
        x: ("percent of the run".into(), Scale::Linear),
        y: ("test loss".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(measured)
}

/// The recipe of each name, `Adam, cosine`.
fn arms(settings: &Settings<'_>, names: &[String]) -> Vec<Arm> {
    let momentum = settings.size(vec![0.01, 0.03], vec![0.01, 0.03, 0.1, 0.3]);
    let adam = settings.size(vec![0.003, 0.01], vec![0.001, 0.003, 0.01, 0.03]);
    let arm = |name: &String| {
        let (method, rates) = match name.starts_with("Adam") {
            true => ("adam lr=LR", &adam),
            false => ("sgd lr=LR momentum=0.9", &momentum),
        };
        let schedule = settings.case(name.trim_start_matches(|c| c != ','), "");
        Arm { recipe: format!("{method}{schedule}, batch=16"), rates: rates.clone() }
    };
    names.iter().map(arm).collect()
}

/// A pair of arms of which one leads after a quarter of the run and the other at the end.
struct Swap {
    early: usize,
    late: usize,
    quarter: usize,
}

/// Test losses of each arm after each quarter of the run, a seed each.
struct Losses(Vec<[Vec<f64>; QUARTERS.len()]>);

impl Losses {
    fn of(found: &[Tuned]) -> Losses {
        let at = |record: &Record, epoch: f64| {
            let point = record.loss_curve(Split::Test).iter().find(|point| point.epoch == epoch);
            point.map_or(f64::INFINITY, |point| point.value)
        };
        let of_arm = |arm: &Tuned| {
            QUARTERS.map(|percent| {
                let epoch = f64::from(EPOCHS * percent / 100);
                arm.records.iter().map(|record| at(record, epoch)).collect()
            })
        };
        Losses(found.iter().map(of_arm).collect())
    }

    /// Interval of the lead of the first arm over the second after a quarter.
    fn lead(&self, first: usize, second: usize, quarter: usize) -> Interval {
        let [first, second] = [first, second].map(|arm| &self.0[arm][quarter]);
        let leads: Vec<f64> = second.iter().zip(first).map(|(second, first)| second - first).collect();
        paired_t(&leads, 0.95).expect("there are seeds").interval
    }

    /// The last quarter on the way at which one led that does not at the end.
    fn swap(&self, first: usize, second: usize) -> Option<Swap> {
        let last = QUARTERS.len() - 1;
        let end = self.lead(first, second, last);
        (0..last).rev().find_map(|quarter| {
            let way = self.lead(first, second, quarter);
            if way.low > 0.0 && end.high < 0.0 {
                return Some(Swap { early: first, late: second, quarter });
            }
            (way.high < 0.0 && end.low > 0.0).then_some(Swap { early: second, late: first, quarter })
        })
    }
}

fn judge(measured: &Measured) -> Verdict {
    let swapped = measured.get("swapped");
    let loss = |name: &str, percent: &str| {
        significant(measured.get(&format!("loss {name} {}", percent.trim_end_matches('%'))))
    };
    let numbers = format!("{swapped} of 15 pairs are swapped");
    // The pair that is swapped latest.
    let latest = measured.tables.iter().flat_map(|table| &table.rows).max_by_key(|row| row[2].clone());
    let Some([early, late, percent]) = latest.map(Vec::as_slice) else {
        return Verdict::DoesNotHoldHere(numbers + ".");
    };
    Verdict::Holds(format!(
        "{numbers}. After {percent} of the run {} has a test loss of {} and {} of {}; at the end they have {} and {}.",
        early.replace(", ", " with "),
        loss(early, percent),
        late.replace(", ", " with "),
        loss(late, percent),
        loss(early, "100%"),
        loss(late, "100%")
    ))
}
