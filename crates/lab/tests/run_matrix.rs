//! Many runs: the same records for any number of threads, and what was finished is kept.

use std::ops::ControlFlow;

use lab::{Comparison, RunMatrix};
use train::{Budget, Event, Recipe, Split, Task, Training};

const BUDGET: Budget = Budget { epochs: 2, evaluations: 2 };

/// The SimpleNN on a few images of the embedded sample; 21 batches of 50, the last of 24.
fn task() -> Task {
    let whole = data::load(&data::Request::embedded(data::set("mnist").unwrap()), &mut |_| ()).unwrap();
    Task::notebook(whole.first(1024, 200))
}

#[test]
fn a_matrix_gives_the_same_records_for_any_number_of_threads() {
    let task = task();
    let recipes: Vec<Recipe> = ["sgd lr=0.1", "adam"].map(|text| text.parse().unwrap()).into();
    let records = [1, 3].map(|threads| {
        let matrix =
            RunMatrix { task: &task, recipes: recipes.clone(), seeds: vec![0, 1], budget: BUDGET, threads };
        let mut records = matrix.run(&|_, _| ControlFlow::Continue(())).unwrap();
        for record in &mut records {
            record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
        }
        records
    });
    assert_eq!(records[0], records[1]);
    let order: Vec<(&str, u64)> = records[0].iter().map(|r| (r.optimizer.as_str(), r.seed)).collect();
    assert_eq!(order, [("sgd", 0), ("sgd", 1), ("adam", 0), ("adam", 1)]);
    // Paired: before any training, the two of a seed are one and the same.
    assert_eq!(records[0][0].loss_curve(Split::Test)[0], records[0][2].loss_curve(Split::Test)[0]);
    assert_ne!(records[0][0].loss_curve(Split::Test)[0], records[0][1].loss_curve(Split::Test)[0]);
}

#[test]
fn a_stopped_matrix_keeps_what_it_finished() {
    let task = task();
    let recipes = vec!["sgd".parse().unwrap()];
    let matrix = RunMatrix { task: &task, recipes, seeds: vec![0, 1, 2], budget: BUDGET, threads: 1 };
    let stop = |run: lab::run_matrix::RunId, _: &Event| {
        if run.seed == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let seeds: Vec<u64> = matrix.run(&stop).unwrap().iter().map(|record| record.seed).collect();
    assert_eq!(seeds, [0]);
}

#[test]
fn a_diverged_run_is_counted_and_said() {
    let task = task();
    let run = |text: &str| {
        let recipe: Recipe = text.parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        training.record()
    };
    let comparison = Comparison::new(vec![run("sgd"), run("sgd lr=1e10")], Some(0.95), String::new());
    assert_eq!((comparison.rows[0].diverged, comparison.rows[1].diverged), (0, 1));
    let said = comparison.warnings.join("\n");
    assert!(said.contains("sgd lr=10000000000, batch=64 diverged in 1 of 1"), "{said}");
}

#[test]
fn a_row_counts_gradients_for_each_batch() {
    let task = task();
    for (text, per_batch) in [("sgd", 1.0), ("sam(sgd)", 2.0), ("accumulate(sgd) every=4", 1.0)] {
        let recipe: Recipe = format!("{text}, batch=50").parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        let comparison = Comparison::new(vec![training.record()], Some(0.95), String::new());
        assert_eq!(comparison.rows[0].gradients_per_batch, Some(per_batch), "{text}");
    }
}
