//! The test functions as one task: rates are chosen on one half of them, and the others are reported on.

use lab::tasks::functions::{ALL, Function};
use lab::tasks::{Setup, TaskSpec};
use train::Task;

use super::Member;
use crate::Error;

/// Decades of the distance from the minimum that count at most.
pub(super) const MOST: f64 = 6.0;

/// Epochs of a run, of 100 updates each.
const EPOCHS: u32 = 5;

/// Every test function with a least value, every other one to choose rates on.
///
/// # Errors
/// If a function cannot be built.
pub(super) fn member() -> Result<Member, Error> {
    let bounded: Vec<&Function> = ALL.iter().filter(|function| function.minimum.is_some()).collect();
    let half = |odd: usize| bounded.iter().copied().skip(odd).step_by(2);
    let tasks = |odd: usize| half(odd).map(task).collect::<Result<Vec<_>, Error>>();
    let starts = |odd: usize| half(odd).map(start).collect();
    Ok(Member {
        name: "functions",
        kind: "other data",
        trials: tasks(0)?,
        reports: tasks(1)?,
        starts: Some([starts(0), starts(1)]),
        epochs: EPOCHS,
        batch: 1,
    })
}

fn task(function: &Function) -> Result<Task, Error> {
    let spec: TaskSpec = function.name.parse().expect("the function is listed");
    Ok(spec.build(&mut Setup::offline()).map_err(lab::Error::from)?)
}

/// Distance of the start from the least value.
fn start(function: &Function) -> f64 {
    let (value, _) = function.at(function.start.map(f64::from));
    value - function.minimum.unwrap_or(0.0)
}
