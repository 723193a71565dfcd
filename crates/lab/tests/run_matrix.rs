//! Many runs: the same records for any number of threads, and what was finished is kept.

use std::ops::ControlFlow;

use lab::compare::Warning;
use lab::store::{Claim, Filter, Holder, Memory, Store};
use lab::{Comparison, Halt, RunMatrix};
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
        if run.seed == 1 { ControlFlow::Break(Halt::All) } else { ControlFlow::Continue(()) }
    };
    let seeds: Vec<u64> = matrix.run(&stop).unwrap().iter().map(|record| record.seed).collect();
    assert_eq!(seeds, [0]);
}

#[test]
fn a_run_that_is_ended_leaves_the_others_to_go_on() {
    let task = task();
    let recipes: Vec<Recipe> = vec!["sgd".parse().unwrap()];
    let matrix = RunMatrix { task: &task, recipes, seeds: vec![0, 1, 2], budget: BUDGET, threads: 2 };
    let end = |run: lab::run_matrix::RunId, event: &Event| match event {
        Event::Progress { .. } if run.seed == 1 => ControlFlow::Break(Halt::Run),
        // A result that is there is kept.
        Event::RunFinished { .. } if run.seed == 2 => ControlFlow::Break(Halt::Run),
        _ => ControlFlow::Continue(()),
    };
    let seeds: Vec<u64> = matrix.run(&end).unwrap().iter().map(|record| record.seed).collect();
    assert_eq!(seeds, [0, 2]);

    // With a store, the claim is given back, and asked again only that run is trained.
    let store = Memory::default();
    let nobody = |_: &Holder| -> ControlFlow<()> { panic!("nobody else has a run") };
    assert_eq!(matrix.run_in(&store, &|_| None, &end, &nobody).unwrap().len(), 2);
    assert!(store.running().unwrap().is_empty());
    let only_that = |run: lab::run_matrix::RunId, event: &Event| {
        assert!(run.seed == 1 || !matches!(event, Event::Progress { .. }));
        ControlFlow::Continue(())
    };
    assert_eq!(matrix.run_in(&store, &|_| None, &only_that, &nobody).unwrap().len(), 3);
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
    let optimizer = "sgd lr=10000000000";
    assert_eq!(
        comparison.warnings(),
        [
            Warning::Sample { dataset: "mnist", train: 1024, test: 200 },
            Warning::Diverged { optimizer, diverged: 1, runs: 1 }
        ]
    );
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

#[test]
fn two_that_share_a_store_train_each_run_once_and_have_the_same_records() {
    let task = task();
    let recipes: Vec<Recipe> = ["sgd lr=0.1", "adam"].map(|text| text.parse().unwrap()).into();
    let matrix = RunMatrix { task: &task, recipes, seeds: vec![0, 1, 2], budget: BUDGET, threads: 1 };
    let (store, trained) = (Memory::default(), std::sync::Mutex::new(Vec::new()));
    let share = || {
        let watch = |id: lab::run_matrix::RunId, event: &Event| {
            if let Event::Progress { batches: 1, .. } = event {
                trained.lock().unwrap().push((id.recipe, id.seed));
            }
            ControlFlow::Continue(())
        };
        matrix.run_in(&store, &|_| None, &watch, &|_| ControlFlow::Continue(())).unwrap()
    };
    let [first, second] = std::thread::scope(|scope| {
        let other = scope.spawn(share);
        [share(), other.join().unwrap()]
    });
    assert_eq!(first, second);
    assert_eq!(store.records(&Filter::default()).unwrap().len(), 6);
    let mut trained = trained.into_inner().unwrap();
    trained.sort_unstable();
    assert_eq!(trained, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
    // Asked again it trains nothing, and another store is filled from what is known.
    let (other, nothing) = (Memory::default(), |_, event: &Event| {
        assert!(!matches!(event, Event::Progress { .. }));
        ControlFlow::Continue(())
    });
    let again =
        matrix.run_in(&other, &|key| store.get(key).unwrap(), &nothing, &|_| ControlFlow::Break(())).unwrap();
    assert_eq!((again, other.records(&Filter::default()).unwrap().len()), (first, 6));
}

#[test]
fn a_stopped_run_gives_its_claim_back_and_one_that_another_has_is_left_to_it() {
    let task = task();
    let recipes: Vec<Recipe> = vec!["sgd lr=0.1".parse().unwrap()];
    let matrix = RunMatrix { task: &task, recipes, seeds: vec![0, 1], budget: BUDGET, threads: 1 };
    let store = Memory::default();
    let stop = |_, _: &Event| ControlFlow::Break(Halt::All);
    assert!(matrix.run_in(&store, &|_| None, &stop, &|_| ControlFlow::Break(())).unwrap().is_empty());
    assert!(store.running().unwrap().is_empty());

    let key = Training::new(&task, &matrix.recipes[0], 0, BUDGET).unwrap().record().key();
    let other = Holder::new();
    assert_eq!(store.claim(&key, &other).unwrap(), Claim::Ours);
    let waited = std::sync::atomic::AtomicUsize::new(0);
    let wait = |holder: &Holder| {
        assert_eq!(*holder, other);
        waited.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        ControlFlow::Break(())
    };
    let records = matrix.run_in(&store, &|_| None, &|_, _| ControlFlow::Continue(()), &wait).unwrap();
    assert_eq!((records.len(), records[0].seed, waited.into_inner()), (1, 1, 1));
}
