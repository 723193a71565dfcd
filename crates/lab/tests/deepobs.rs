//! The published runs of DeepOBS (`fixtures/deepobs`) analyzed again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use lab::stats::*;
use lab::store::Memory;
use lab::study::{Engine, Study};
use lab::tasks::Setup;
use train::Order;

const TEN_SEEDS: &str = include_str!("fixtures/deepobs/deepobs_baselines_tuned_10seeds.csv");
const GRID: &str = include_str!("fixtures/deepobs/deepobs_lr_grid_seed42.csv");
const SEEDS: f64 = 10.0;

type Row = BTreeMap<&'static str, &'static str>;

fn rows(csv: &'static str) -> Vec<Row> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines.map(|line| names.iter().copied().zip(line.split(',')).collect()).collect()
}

fn number(row: &Row, name: &str) -> Option<f64> {
    row[name].parse().ok()
}

/// A cell's metric: final test accuracy, or test loss where there is none.
fn metric(row: &Row) -> (&'static str, Direction) {
    match row["final_test_acc_mean"] {
        "" => ("final_test_loss", Direction::Minimize),
        _ => ("final_test_acc", Direction::Maximize),
    }
}

/// The mean of the ten with the tuned seed taken out, and the tuned seed's own value.
fn tuned_and_others(row: &Row, grid: &[Row]) -> (f64, f64, Direction) {
    let (name, direction) = metric(row);
    let lr = number(row, "tuned_lr").expect("a rate");
    let same = |run: &&Row| {
        run["problem"] == row["problem"]
            && run["optimizer"] == row["optimizer"]
            && (number(run, "lr").expect("a rate") / lr - 1.0).abs() < 1e-6
    };
    let tuned =
        number(grid.iter().find(same).expect("the tuned rate is of the grid"), name).expect("a value");
    let mean = number(row, &format!("{name}_mean")).expect("a mean");
    (tuned, (SEEDS * mean - tuned) / (SEEDS - 1.0), direction)
}

/// In 19 of 24 cells the seed that the rate was tuned on beats the mean of the other nine.
#[test]
fn the_tuned_seed_is_better_than_the_others() {
    let grid = rows(GRID);
    let advantages: Vec<f64> = rows(TEN_SEEDS)
        .iter()
        .map(|row| tuned_and_others(row, &grid))
        .map(|(tuned, others, direction)| direction.merit(tuned) - direction.merit(others))
        .collect();
    let test = sign_test(&advantages);
    assert_eq!((advantages.len(), test.statistic), (24, 19.0));
    assert!((test.p - 0.0066).abs() < 5e-5, "{test:?}");
}

/// Ten values with this mean and standard deviation: all that a t-test sees of them.
fn ten_values(mean: f64, std: f64) -> Vec<f64> {
    let side = std * ((SEEDS - 1.0) / SEEDS).sqrt();
    (0..10).map(|i| if i % 2 == 0 { mean + side } else { mean - side }).collect()
}

/// The ten seeds of SGD and Adam on fmnist_2c2d: means and deviations are published, pairs are not in
/// these files, so Welch's test takes the place of the paired one.
#[test]
fn sgd_and_adam_are_not_told_apart_on_fmnist_2c2d() {
    let of = |optimizer| {
        let all = rows(TEN_SEEDS);
        let found = all.iter().find(|row| row["problem"] == "fmnist_2c2d" && row["optimizer"] == optimizer);
        let row = found.expect("the cell").clone();
        let value = |name| number(&row, name).expect("a number");
        ten_values(value("final_test_acc_mean"), value("final_test_acc_std"))
    };
    let (sgd, adam) = (of("GradientDescent"), of("Adam"));
    assert!((std(&adam) - 0.002_935).abs() < 1e-6);
    let test = welch_t(&adam, &sgd, 0.95).expect("ten each");
    assert!((0.5..0.6).contains(&test.p) && test.interval.contains(0.0), "{test:?}");
    let least = least_difference_of(0.5 * test.interval.half_width(), 10, 0.95);
    assert!(least > test.difference, "not even a spread of half of this would have shown it");
}

/// The width of the basin of good rates, within one point of the best: SGD 1.8 decades, Momentum 1.2,
/// Adam .6 between rates of the grid, whose step is .2; on straight lines between them a little more.
#[test]
fn adam_has_the_narrowest_basin_on_fmnist_2c2d() {
    let grid = rows(GRID);
    for (optimizer, decades) in [("GradientDescent", 1.8), ("Momentum", 1.2), ("Adam", 0.6)] {
        let curve: Vec<(f64, f64)> = grid
            .iter()
            .filter(|row| row["problem"] == "fmnist_2c2d" && row["optimizer"] == optimizer)
            .map(|row| {
                (number(row, "lr").expect("a rate"), number(row, "final_test_acc").unwrap_or(f64::NAN))
            })
            .collect();
        let basin = lr_basin(&curve, 0.01, Direction::Maximize).expect("a basin");
        let inside: Vec<f64> =
            curve.iter().map(|point| point.0).filter(|&lr| basin.low <= lr && lr <= basin.high).collect();
        let on_grid =
            inside.iter().copied().fold(0.0, f64::max) / inside.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(curve.len(), 36);
        assert!((on_grid.log10() - decades).abs() < 1e-6, "{optimizer}: {basin:?}");
        assert!((decades..decades + 0.4).contains(&basin.decades()) && !basin.open_low && !basin.open_high);
    }
}

/// Ten means of ten seeds each do not speak of the seeds: where four of ten are stuck, the mean describes
/// none of them (the deviation of Momentum on fmnist_vae is 18, of Adam .09).
#[test]
fn a_cell_that_falls_in_two_shows_in_its_deviation() {
    let of = |optimizer| {
        let all = rows(TEN_SEEDS);
        let row = all.iter().find(|row| row["problem"] == "mnist_vae" && row["optimizer"] == optimizer);
        number(row.expect("the cell"), "final_test_loss_std").expect("a deviation")
    };
    assert!(of("GradientDescent") > 12.0 && of("Adam") < 0.1);
    // Six seeds at 28 to 29, four at 53 have that mean and deviation.
    let seeds = [28.3, 28.5, 28.4, 28.9, 28.7, 28.6, 52.9, 53.0, 53.1, 52.9];
    assert!((std(&seeds) - of("GradientDescent")).abs() < 0.5 && (mean(&seeds) - 38.46).abs() < 0.2);
    let clusters = two_clusters(&seeds, 0.01, 0).expect("two clusters");
    assert_eq!((clusters.low.len(), clusters.high.len()), (6, 4));
}

/// Every study of the repository reads back, and those of `quadratic_deep` have the published rates and differ in the
/// order of the examples alone.
#[test]
fn the_studies_of_the_repository_have_the_published_rates() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../studies");
    let mut studies = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the folder of studies") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).expect("text");
            let study: Study = text.parse().unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            assert_eq!(Some(study.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
            assert_eq!(study.to_toml().parse(), Ok(study.clone()));
            studies.insert(study.name.clone(), study);
        }
    }
    let [fixed, reshuffled] = ["deepobs-fixed", "deepobs-reshuffled"].map(|name| studies[name].clone());
    let published = rows(TEN_SEEDS);
    for entry in &fixed.entries {
        let row = published
            .iter()
            .find(|row| row["problem"] == "quadratic_deep" && row["optimizer"] == entry.name)
            .expect("a published cell");
        let set = |name: &str| entry.recipe.rule().get(name).map(|value| value.to_string());
        let rate: f64 = set("lr").expect("a rate").parse().expect("a number");
        assert!(
            (rate / number(row, "tuned_lr").expect("a rate") - 1.0).abs() < 1e-6,
            "{}: {rate}",
            entry.name
        );
        if let Some(momentum) = number(row, "momentum") {
            assert_eq!(set("momentum"), Some(momentum.to_string()));
        }
    }
    assert_eq!((fixed.order, reshuffled.order), (Order::Fixed, Order::Reshuffle));
    assert_eq!(Study { name: fixed.name.clone(), order: fixed.order, ..reshuffled }, fixed);
}

/// A seed with momentum ends within five deviations of the published mean, in the fixed order.
#[test]
fn quadratic_deep_ends_where_the_published_runs_end() {
    let fixed: Study = include_str!("../../../studies/deepobs-fixed.toml").parse().expect("a study");
    let entries = fixed.entries.iter().filter(|entry| entry.name == "Momentum").cloned().collect();
    let study = Study { seeds: 0..1, entries, ..fixed };
    let specs = study.specs().expect("a task of the registry");
    // Nothing is tuned, so all 1,000 training points are trained on.
    let tasks = [specs[0].build(&mut Setup::offline()).expect("generated")];
    let store = Memory::default();
    let engine = Engine::new(&study, &tasks, &store).expect("a study");
    let outcome =
        engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(())).expect("an outcome");
    let published = rows(TEN_SEEDS);
    for (cell, entry) in outcome.cells.iter().zip(&study.entries) {
        let row = published
            .iter()
            .find(|row| row["problem"] == "quadratic_deep" && row["optimizer"] == entry.name)
            .expect("a published cell");
        let of = |name| number(row, name).expect("a number");
        let loss = cell.mean().expect("a finished run");
        let away = (loss - of("final_test_loss_mean")).abs() / of("final_test_loss_std");
        assert!(away < 5.0, "{}: {loss}, {away} deviations away", entry.name);
    }
}
