//! Every architecture as a task: it learns, and neither threads nor an interruption change a bit.

use data::batches::Normalize;
use data::samples::{Inputs, Samples, Standardization, Targets};
use data::{Dataset, Images};
use nn::Architecture;
use std::ops::ControlFlow;
use std::sync::Arc;
use train::{Budget, DataInfo, Error, InMemory, Recipe, Record, Split, Task, Training};

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

/// Ten examples of two numbers, and their sum times `scale` plus `offset`.
fn sums(scale: f32, offset: f32) -> Arc<InMemory> {
    let values: Vec<f32> = (0..20).map(|i| ((i * 7) % 20) as f32 / 8.0 - 1.0).collect();
    let targets = values.chunks(2).map(|x| (x[0] + x[1]) * scale + offset).collect();
    let samples = Samples {
        inputs: Inputs::Numbers { shape: vec![2], values },
        targets: Targets::Numbers { width: 1, values: targets },
    };
    let info = DataInfo { name: "sums".into(), origin: "here".into(), sample: false };
    Arc::new(InMemory::new(info, samples.clone(), Samples::default(), samples))
}

#[test]
fn standardized_targets_train_as_those_that_were_scaled_before_and_are_measured_in_their_units() {
    let mlp = Architecture::by_name("mlp").unwrap();
    let recipe: Recipe = "adam lr=0.01, batch=5".parse().unwrap();
    // Powers of two, so that no number is rounded.
    let (mean, std) = (65_536.0, 16_384.0);
    let plain = Task::supervised(sums(1.0, 0.0), &mlp, Normalize::HALF).unwrap();
    let wide = Task::supervised(sums(std as f32, mean as f32), &mlp, Normalize::HALF).unwrap();
    let wide = wide.with_standardized_targets(Standardization { mean: vec![mean], std: vec![std] });
    let (expected, training) = (trained(&plain, &recipe), trained(&wide, &recipe));
    assert!(bits(&training) == bits(&expected));

    let (record, scaled) = (training.record(), expected.record());
    assert_eq!(record.task.settings["targets"], "mean=65536 std=16384");
    let loss = record.loss_curve(Split::Test).last().unwrap().value;
    assert_eq!(loss, scaled.loss_curve(Split::Test).last().unwrap().value);
    let rmse = record.final_metric().unwrap();
    assert!((rmse - loss.sqrt() * std).abs() < 1e-3 * rmse, "{rmse} for {loss}");
    let answers = wide.outputs(training.weights(), training.buffers(), Split::Test);
    let outputs = plain.outputs(training.weights(), training.buffers(), Split::Test);
    for (answer, output) in answers.iter().zip(outputs) {
        assert_eq!(*answer, (f64::from(output) * std + mean) as f32);
    }
}
