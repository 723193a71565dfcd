//! Every architecture as a task: it learns, and neither threads nor an interruption change a bit.

use data::batches::Normalize;
use data::{Dataset, Images};
use nn::Architecture;
use std::ops::ControlFlow;
use std::sync::Arc;
use train::{Budget, Error, InMemory, Recipe, Record, Task, Training};

const BUDGET: Budget = Budget { epochs: 3, evaluations: 1 };

/// A few images of the embedded sample: six batches of 32, the last of 20.
fn dataset() -> Dataset {
    let whole = data::load(&data::Request::embedded(data::set("mnist").unwrap()), &mut |_| ()).unwrap();
    whole.first(180, 50)
}

fn examples(dataset: Dataset) -> Arc<InMemory> {
    Arc::new(InMemory::images(dataset))
}

fn task(name: &str) -> Task {
    Task::supervised(examples(dataset()), &Architecture::by_name(name).unwrap(), Normalize::HALF).unwrap()
}

fn recipe() -> Recipe {
    "adam lr=0.002, batch=32".parse().unwrap()
}

/// Weights and running statistics.
fn bits(training: &Training<'_>) -> Vec<u32> {
    let values = training.weights().as_slice().iter().chain(training.buffers().as_slice());
    values.map(|x| x.to_bits()).collect()
}

fn trained<'t>(task: &'t Task, recipe: &'t Recipe) -> Training<'t> {
    let mut training = Training::new(task, recipe, 5, BUDGET).unwrap();
    training.run(&mut |_| ControlFlow::Continue(()));
    training
}

#[test]
fn every_architecture_learns() {
    for (name, _) in Architecture::NAMES {
        let (task, recipe) = (task(name), recipe());
        let record = trained(&task, &recipe).record();
        let losses: Vec<f64> = record.curve(Record::EPOCH_LOSS).iter().map(|epoch| epoch.value).collect();
        assert!(losses[2] < losses[1] && losses[2] < 0.95 * losses[0], "{name}: {losses:?}");
        let described = if name == "mlp" {
            "784-128-64-10"
        } else if name == "logreg" {
            "784-10"
        } else {
            name
        };
        assert_eq!(record.task.model, described);
    }
}

#[test]
fn threads_change_no_bit() {
    for name in ["2c2d", "lenet", "resnet-mini"] {
        let (task, recipe) = (task(name), recipe());
        let runs = [1, 2, 3].map(|threads| {
            let pool = tensor::parallel::Threads::start(threads).unwrap();
            pool.run(|| bits(&trained(&task, &recipe)))
        });
        assert!(runs[0] == runs[1] && runs[1] == runs[2], "{name}");
    }
}

#[test]
fn resumed_is_uninterrupted_with_running_statistics() {
    let (task, recipe, folder) = (task("resnet-mini"), recipe(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let whole = trained(&task, &recipe);
    assert_ne!(whole.buffers(), &task.model.buffers());
    for stop in [1, 6, 9] {
        let mut first = Training::new(&task, &recipe, 5, BUDGET).unwrap();
        first.run(&mut |t| {
            if t.progress().steps == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        first.save_checkpoint(&path).unwrap();
        let mut second = Training::new(&task, &recipe, 5, BUDGET).unwrap();
        second.resume(&path, false).unwrap();
        second.run(&mut |_| ControlFlow::Continue(()));
        assert_eq!(bits(&second), bits(&whole), "stopped after {stop}");
        let accuracy = |training: &Training<'_>| training.record().final_metric();
        assert_eq!(accuracy(&second), accuracy(&whole));
    }
}

#[test]
fn images_too_small_for_a_model_are_refused_with_both_sizes() {
    let small = Images { pixels: vec![0; 2 * 121], labels: vec![0, 1], rows: 11, cols: 11 };
    let dataset = Dataset { train: small.clone(), test: small, ..dataset() };
    let error =
        Task::supervised(examples(dataset), &Architecture::by_name("lenet").unwrap(), Normalize::HALF)
            .unwrap_err();
    assert!(matches!(error, Error::Images { least: 12, rows: 11, .. }), "{error}");
    assert!(error.to_string().contains("lenet takes images of at least 12 × 12 pixels"), "{error}");
}

/// More than any machine can address is an error with the number, before any of it is allocated.
#[test]
fn a_network_larger_than_memory_is_refused() {
    let wide = Architecture::Mlp { hidden: vec![65_536; 8192], activation: nn::Activation::Relu };
    let task = Task::supervised(examples(dataset()), &wide, Normalize::HALF).unwrap();
    let recipe = recipe();
    let Err(Error::Memory { weights, bytes }) = Training::new(&task, &recipe, 0, BUDGET) else {
        panic!("expected an error")
    };
    assert_eq!((weights, bytes), (task.model.layout().len(), 16 * weights as u128));
}
