//! Small tasks of several kinds, for claims about all tasks.

use data::generated::friedman::Friedman1;
use lab::tasks::{Setup, TaskSpec};
use train::{DataInfo, Direction, InMemory, Task};

use crate::digits::Digits;
use crate::nets::dense;
use crate::signals::signals;
use crate::{Error, Settings};

/// A task to choose rates on and to report on, with the length of its runs.
#[derive(Debug)]
pub(crate) struct Member {
    /// Name in tables.
    pub(crate) name: &'static str,
    /// The same task with other examples to be tested on, and with those of the report.
    pub(crate) tasks: [Task; 2],
    /// Epochs of a run.
    pub(crate) epochs: u32,
}

impl Member {
    /// Difference from the best score within which a score is good: five points of accuracy, or a tenth of a loss.
    pub(crate) fn tolerance(&self, best: f64) -> f64 {
        match self.direction() {
            Direction::Maximize => 0.05,
            Direction::Minimize => 0.1 * best,
        }
    }

    /// Direction of better scores.
    pub(crate) fn direction(&self) -> Direction {
        self.tasks[1].metric.direction()
    }
}

/// A linear model and a network on digits, a network on signals, a regression, and a noisy quadratic; and the digits.
///
/// # Errors
/// If the digits cannot be loaded.
pub(crate) fn suite(settings: &Settings<'_>) -> Result<(Vec<Member>, Digits), Error> {
    let (train, held) = settings.size((400, 300), (1_000, 1_000));
    let digits = Digits::load(settings, train, held)?.halved();
    let spec: TaskSpec = "quadratic-deep".parse().expect("it is listed");
    let quadratic = spec.build(&mut Setup::offline())?;
    let mut members = vec![
        Member { name: "logreg", tasks: [digits.tuning(&[])?, digits.report(&[])?], epochs: 3 },
        Member { name: "digits", tasks: [digits.tuning(&[32])?, digits.report(&[32])?], epochs: 5 },
        Member {
            name: "signals",
            tasks: signals(train as u32, held as u32, &[50])?,
            epochs: settings.size(8, 15),
        },
        Member {
            name: "friedman1",
            tasks: regression(train as u32, held as u32)?,
            epochs: settings.size(8, 15),
        },
        Member { name: "quadratic-deep", tasks: [quadratic.clone(), quadratic], epochs: 10 },
    ];
    // Its evaluation in double precision takes most of the time.
    members.truncate(settings.size(4, 5));
    Ok((members, digits))
}

/// A small network on the rows of Friedman's first problem.
fn regression(train: u32, held: u32) -> Result<[Task; 2], Error> {
    let rows = train + 2 * held;
    let table = Friedman1 { rows: rows as usize, ..Friedman1::default() }.samples();
    let part = |from: u32, to: u32| table.select(&(from..to).collect::<Vec<_>>());
    let task = |from: u32| {
        let info = DataInfo { name: "friedman1".into(), origin: "generated".into(), sample: false };
        let examples = InMemory::new(info, part(0, train), part(0, 0), part(from, from + held));
        dense(examples, &[32])
    };
    Ok([task(train)?, task(train + held)?])
}
