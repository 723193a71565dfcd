//! The registry of tasks: what is declared is what is built, and one loop trains, keeps and resumes all.

use std::ops::ControlFlow;

use lab::tasks::{self, Data, Setup, TaskSpec, functions};
use train::{Budget, Metric, Recipe, Split, Task, Training};

/// The task on the embedded sample, whatever this machine has.
fn build(name: &str) -> Task {
    let mut setup = Setup::new(|set| data::load(&data::Request::embedded(set), &mut |_| ()));
    name.parse::<TaskSpec>().unwrap().build(&mut setup).unwrap()
}

#[test]
fn names_are_unique_and_spelled_as_they_are_printed() {
    let mut names: Vec<_> = tasks::all().map(|info| info.name).collect();
    for name in &names {
        assert_eq!(name.parse::<TaskSpec>().unwrap().to_string(), *name);
        assert_eq!(name.replace('-', "_").parse::<TaskSpec>().unwrap().to_string(), *name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), tasks::all().count());
}

#[test]
fn a_data_set_is_part_of_the_name() {
    let sample = |set: &'static data::Set| {
        data::load(&data::Request::embedded(data::set("mnist")?), &mut |_| ())
            .map(|dataset| data::Dataset { name: set.name, ..dataset })
    };
    let spec: TaskSpec = "simplenn:fashion-mnist".parse().unwrap();
    let task = spec.build(&mut Setup::new(sample)).unwrap();
    assert_eq!(
        (task.name.as_str(), task.examples.info().name.as_str()),
        ("simplenn:fashion-mnist", "fashion-mnist")
    );
    assert_eq!(build("simplenn:mnist").name, "simplenn");
    let error = |name: &str| name.parse::<TaskSpec>().unwrap_err().to_string();
    assert_eq!(error("char-lstm:mnist"), "task `char-lstm` takes no data set; found `mnist`");
    assert_eq!(
        error("simplenn:fashion-mnits"),
        "unknown data set `fashion-mnits` of task `simplenn`; did you mean `fashion-mnist`?"
    );
    assert_eq!(error("\u{1b}[31m"), "unknown task `\\u{1b}[31m`");
}

#[test]
fn what_is_declared_is_what_is_built() {
    for info in tasks::all() {
        let task = build(info.name);
        assert_eq!(task.name, info.name);
        assert_eq!(task.loss.name(), info.loss, "{}", info.name);
        assert_eq!((task.metric, task.target), (info.metric, info.target), "{}", info.name);
        assert_eq!(task.model_name, info.model, "{}", info.name);
        let examples = task.examples.len(Split::Train);
        assert_eq!(examples == 0, matches!(info.data, Data::Formula(_)), "{}", info.name);
        assert!(info.budget.epochs > 0 && info.budget.evaluations > 0);
    }
}

#[test]
fn validation_examples_are_held_out_where_asked() {
    let held_out = |name: &str| {
        let task = name.parse::<TaskSpec>().unwrap().build(&mut Setup::offline().with_validation()).unwrap();
        [Split::Train, Split::Validation, Split::Test].map(|split| task.examples.len(split))
    };
    assert_eq!(held_out("mnist1d-conv"), [3667, 333, 1000]);
    assert_eq!(held_out("friedman1"), [4583, 417, 1000]);
    assert_eq!(held_out("rosenbrock"), [0, 0, 0]);
}

/// Three updates, then a checkpoint; three more there, or in a run that begins at the checkpoint.
#[test]
fn every_task_goes_on_from_a_checkpoint_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for info in tasks::all() {
        let task = build(info.name);
        let recipe: Recipe = format!("adam lr=1e-3, batch={}", info.batch.min(20)).parse().unwrap();
        let budget = Budget { epochs: 1, evaluations: 0 };
        let steps = |training: &mut Training<'_>, until: u64| {
            training.run(&mut |training| match training.progress().steps < until {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            });
        };
        let mut whole = Training::new(&task, &recipe, 3, budget).unwrap();
        steps(&mut whole, 3);
        let path = folder.path().join(info.name);
        whole.save_checkpoint(&path).unwrap();
        steps(&mut whole, 6);
        let mut resumed = Training::new(&task, &recipe, 3, budget).unwrap();
        resumed.resume(&path, false).unwrap();
        steps(&mut resumed, 6);
        let bits = |training: &Training<'_>| -> Vec<u32> {
            training.evaluation_weights().as_slice().iter().map(|w| w.to_bits()).collect()
        };
        assert_eq!(whole.progress().steps, 6, "{}", info.name);
        assert!(whole.progress().last_loss.is_finite(), "{}", info.name);
        assert_eq!(bits(&whole), bits(&resumed), "{}", info.name);
        let start: Vec<u32> = task.model.init(3).as_slice().iter().map(|w| w.to_bits()).collect();
        assert_ne!(bits(&whole), start, "{}", info.name);
    }
}

#[test]
fn quadratic_deep_starts_where_deepobs_starts() {
    let task = build("quadratic-deep");
    let start = task.evaluate(&task.model.init(0), &task.model.buffers(), Split::Test);
    assert!((start.loss - 353.44677).abs() < 1e-5, "{}", start.loss);
}

#[test]
fn test_functions_are_least_at_their_minima() {
    for function in functions::ALL {
        for &point in function.minima {
            let (value, gradient) = function.at(point);
            let least = function.minimum.unwrap();
            assert!(
                (value - least).abs() < 1e-9 * least.abs().max(1.0),
                "{} at {point:?}: {value}",
                function.name
            );
            assert!(gradient.iter().all(|d| d.abs() < 1e-5), "{} at {point:?}: {gradient:?}", function.name);
        }
        let [x, y] = function.domain;
        let grid = |[low, high]: [f64; 2]| (0..=60).map(move |i| low + (high - low) * f64::from(i) / 60.0);
        for point in grid(x).flat_map(|x| grid(y).map(move |y| [x, y])) {
            let value = function.at(point).0;
            assert!(
                function.minimum.is_none_or(|least| value >= least - 1e-9),
                "{} at {point:?}",
                function.name
            );
        }
    }
}

#[test]
fn gradients_of_test_functions_are_those_of_differences() {
    for function in functions::ALL {
        let [x, y] = function.start.map(f64::from);
        let (value, gradient) = function.at([x + 0.013, y - 0.007]);
        let h = 1e-5;
        let at = |dx: f64, dy: f64| function.at([x + 0.013 + dx, y - 0.007 + dy]).0;
        let differences = [(at(h, 0.0) - at(-h, 0.0)) / (2.0 * h), (at(0.0, h) - at(0.0, -h)) / (2.0 * h)];
        for (exact, difference) in gradient.iter().zip(differences) {
            let scale = exact.abs().max(value.abs()).max(1e-3);
            assert!((exact - difference).abs() < 1e-6 * scale, "{}: {exact} and {difference}", function.name);
        }
    }
}

#[test]
fn the_gap_of_a_test_function_is_measured_in_double_precision() {
    let task = build("styblinski-tang");
    let recipe: Recipe = "sgd lr=0.01, batch=1".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 10, evaluations: 1 }).unwrap();
    training.run(&mut |_| ControlFlow::Continue(()));
    let gap = training.record().final_metric().unwrap();
    assert!(matches!(task.metric, Metric::Gap { .. }) && (0.0..1e-10).contains(&gap), "{gap}");
}
