//! The notebook's network over the rates of six optimizers.

use lab::stats::{Direction, lr_basin, mean};
use report::chart::{Chart, Scale, Series, significant};
use train::{Split, Task};

use crate::nets::{SIMPLENN, at_end, dense, digits, rates};
use crate::{Error, Measured, Settings, Table};

/// Name, recipe, and the lowest of 13 rates, of which three are a decade.
pub(super) const METHODS: [(&str, &str, f64); 6] = [
    ("SGD", "sgd lr=LR", 1e-3),
    ("momentum", "sgd lr=LR momentum=0.9", 1e-4),
    ("Nesterov", "sgd lr=LR momentum=0.9 nesterov=true", 1e-4),
    ("AdaGrad", "adagrad lr=LR", 1e-4),
    ("RMSprop", "rmsprop lr=LR", 1e-5),
    ("Adam", "adam lr=LR", 1e-5),
];

/// Fraction of the best loss by which a good one may be above it.
const TOLERANCE: f64 = 0.1;

/// Final training losses over the rates: `net width` is the range of rates within a tenth of the best loss in decades,
/// and `net both` the number of methods that are worse at both ends of the rates.
///
/// # Errors
/// If the data cannot be loaded, or the reader of the progress stops.
pub(super) fn measure(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (train, epochs, seeds) = settings.size((400, 2, 1), (4_000, 3, 3));
    let (examples, origin) = digits(settings, train, 100)?;
    let task = dense(examples, &SIMPLENN)?;
    let grid = |low: f64| rates(low, 1e4 * low, 10_f64.cbrt());
    let mut cases = vec![];
    for (_, recipe, low) in METHODS {
        for lr in grid(low) {
            cases.extend((0..seeds).map(|seed| (recipe, lr, seed)));
        }
    }
    let losses = settings.parts(&cases, |&(recipe, lr, seed)| {
        let recipe = settings.case(recipe, "adagrad lr=LR").replace("LR", &lr.to_string());
        final_loss(&task, &format!("{recipe}, batch=32"), seed, epochs)
    })?;
    let mut means = losses.chunks(seeds as usize).map(mean);
    let (mut series, mut both) = (vec![], 0);
    let head = ["loss of the network", "lowest rate", "best rate", "highest rate"].map(String::from).into();
    let mut table = Table { head, rows: vec![] };
    for (name, _, low) in METHODS {
        let curve: Vec<(f64, f64)> =
            grid(low).into_iter().map(|lr| (lr, means.next().unwrap_or(f64::NAN))).collect();
        let best = curve.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let width =
            lr_basin(&curve, TOLERANCE * best, Direction::Minimize).map_or(0.0, |basin| basin.decades());
        let label = format!("decades of rates within a tenth of the best loss of the network, {name}");
        measured.note(&format!("net width {name}"), &label, width);
        let ends = [curve[0].1, curve[curve.len() - 1].1];
        both += u32::from(ends.iter().all(|end| *end > (1.0 + TOLERANCE) * best));
        let cells = [ends[0], best, ends[1]].map(significant);
        table.rows.push(std::iter::once(name.to_string()).chain(cells).collect());
        series.push(Series::line(name, curve));
    }
    let label = "methods whose losses at both ends of the rates are more than a tenth above the best";
    measured.note("net both", label, both.into());
    measured.tables.push(table);
    measured.charts.push(Chart {
        title: "Final training loss of the notebook's network, over the learning rate".into(),
        x: ("learning rate".into(), Scale::Log),
        y: ("loss".into(), Scale::Log),
        series,
        marks: vec![],
    });
    measured.data = Some(origin);
    Ok(())
}

/// Training loss at the end; infinite for a run that diverged.
fn final_loss(task: &Task, recipe: &str, seed: u64, epochs: u32) -> Result<f64, lab::Error> {
    at_end(task, recipe, seed, epochs, |training| match training.has_diverged() {
        true => f64::INFINITY,
        false => task.evaluate(training.weights(), training.buffers(), Split::Train).loss,
    })
}
