//! Loss and accuracy before and after training.

use lab::tasks::{Setup, TaskSpec};
use report::chart::{Chart, Scale, Series};
use train::{Record, Split, Task};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::measured::percent_text;
use crate::nets::{SIMPLENN, dense, digits, run};
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "role",
    title: "An optimizer drives the loss down",
    chapter: Chapter::Role,
    claim: "An optimizer drives the loss down by following gradients, for cross-entropy and for the mean squared error.",
    setup: "The notebook's network (784–128–64–10) on digits with cross-entropy, and a regression, `friedman1`, with the mean squared error; Adam at \
        0.001, 5 epochs. The mean training loss of each epoch, and the accuracy on test digits before and after.",
    theory: "A step of gradient descent lowers the loss by about $\\eta\\norm g\\norm^2$ if $\\eta$ is small. Ten classes guessed at random give an accuracy of \
        $\\frac{1}{10}$ and a cross-entropy of $\\ln 10 = 2.303$.",
    question: Question {
        ask: "A network with random weights looks at ten kinds of digits. What is its accuracy?",
        options: &["0%", "About 10%", "About 50%"],
        answer: |measured| match measured.get("before") {
            accuracy if accuracy < 0.02 => 0,
            accuracy if accuracy < 0.3 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "the rate 0: the optimizer gets gradients and does not follow them.",
    limits: "Two data sets, one optimizer. A falling training loss is not yet a good model: the test examples decide.",
    try_it: &["descent tasks simplenn", "descent tasks friedman1"],
    source: "The notebook, part 1",
};

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let (examples, origin) = digits(settings, settings.size(4_000, 60_000), settings.size(1_000, 10_000))?;
    let spec: TaskSpec = "friedman1".parse().expect("it is listed");
    let tasks: [Task; 2] = [dense(examples, &SIMPLENN)?, spec.build(&mut Setup::offline())?];
    let rate = settings.case(0.001, 0.0);
    let records = settings.parts(&tasks, |task| run(task, &format!("adam lr={rate}"), 0, 5, 1))?;
    let mut measured = Measured { data: Some(origin), ..Measured::default() };
    let accuracy = records[0].metric_curve(Split::Test);
    let [first, last] =
        [accuracy.first(), accuracy.last()].map(|point| point.map_or(f64::NAN, |point| point.value));
    measured.compare("before", "accuracy before training", 0.1, first);
    measured.note("after", "accuracy after training", last);
    let start = records[0].loss_curve(Split::Test).first().map_or(f64::NAN, |point| point.value);
    measured.compare("start", "cross-entropy before training", 10_f64.ln(), start);
    for (name, record) in ["cross-entropy", "squared error"].iter().zip(&records) {
        let losses = epochs(record);
        let falls = losses.windows(2).filter(|pair| pair[1].1 < pair[0].1).count() as f64;
        measured.compare(
            &format!("falls {name}"),
            &format!("epochs after the first in which the {name} fell"),
            4.0,
            falls,
        );
        measured.charts.push(Chart {
            title: format!("Training loss, {name}"),
            x: ("epoch".into(), Scale::Linear),
            y: ("mean loss of the epoch".into(), Scale::Log),
            series: vec![Series::line("adam", losses)],
            marks: vec![],
        });
    }
    Ok(measured)
}

fn epochs(record: &Record) -> Vec<(f64, f64)> {
    record.curve(Record::EPOCH_LOSS).iter().map(|point| (point.epoch, point.value)).collect()
}

fn judge(measured: &Measured) -> Verdict {
    let falls = measured.all("falls ").all(|number| number.measured >= 3.0);
    let [before, after] = ["before", "after"].map(|key| measured.get(key));
    let numbers = format!(
        "the test accuracy rose from {} to {}. After the first epoch the cross-entropy fell in {} of 4 epochs and the \
         squared error in {} of 4.",
        percent_text(before),
        percent_text(after),
        measured.get("falls cross-entropy"),
        measured.get("falls squared error")
    );
    if falls && after > 0.8 { Verdict::Holds(numbers) } else { Verdict::DoesNotHoldHere(numbers) }
}
