//! Diagnostics and curvature against closed forms, on the quadratic of DeepOBS and a rectifier net.

use std::ops::ControlFlow;

use lab::tasks::{Setup, TaskSpec};
use train::curvature::Hessian;
use train::{Budget, CurvatureEvery, Diagnostics, Recipe, Record, Task, Training};

fn task(name: &str) -> Task {
    name.parse::<TaskSpec>().unwrap().build(&mut Setup::offline()).unwrap()
}

fn run(task: &Task, recipe: &str, epochs: u32, diagnostics: Option<Diagnostics>) -> (Record, Vec<f32>) {
    let recipe: Recipe = recipe.parse().unwrap();
    let mut training = Training::new(task, &recipe, 3, Budget { epochs, evaluations: 0 }).unwrap();
    if let Some(diagnostics) = diagnostics {
        training = training.with_diagnostics(diagnostics);
    }
    training.run(&mut |_| ControlFlow::Continue(()));
    (training.record(), training.weights().as_slice().to_vec())
}

fn values(record: &Record, name: &str) -> Vec<f64> {
    let curve =
        record.diagnostics.get(name).unwrap_or_else(|| panic!("{name} in {:?}", record.diagnostics.keys()));
    curve.iter().map(|point| point.value).collect()
}

#[test]
fn the_hessian_of_quadratic_deep_is_the_published_one() {
    let task = task("quadratic-deep");
    let hessian = Hessian::new(&task, &task.model.init(0), &task.model.buffers(), 1000);
    let sharpness = hessian.sharpness(1);
    assert!((sharpness.eigenvalue - 53.12902).abs() < 1e-3 * 53.0, "{sharpness:?}");
    assert!(sharpness.residual < 0.06, "{sharpness:?}");
    let trace = hessian.trace(16, 1);
    assert!((trace.mean - 477.6123).abs() < 4.0 * trace.standard_error, "{trace:?}");
    assert!(trace.standard_error < 60.0, "{trace:?}");
    // Symmetric: ⟨u, Hv⟩ = ⟨v, Hu⟩.
    let [u, v] = [0.3, 0.7].map(|f: f64| (0..100).map(|i| (f * f64::from(i)).sin()).collect::<Vec<_>>());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (left, right) = (dot(&u, &hessian.times(&v)), dot(&v, &hessian.times(&u)));
    assert!((left - right).abs() < 1e-6 * left.abs().max(1.0), "{left} {right}");
}

#[test]
fn measuring_changes_no_bit_of_a_run() {
    let curvature = Some(CurvatureEvery { epochs: 4, examples: 20 });
    for (name, recipe) in [
        ("mnist1d-mlp", "sam(sgd lr=0.05), batch=100"),
        ("quadratic-deep", "sgd lr=0.01 momentum=0.9, batch=128"),
        ("rosenbrock", "adam lr=0.01"),
    ] {
        let task = task(name);
        let (plain, weights) = run(&task, recipe, 4, None);
        let (measured, same) = run(&task, recipe, 4, Some(Diagnostics { curvature }));
        assert_eq!(weights, same, "{name}");
        assert_eq!(plain.key(), measured.key(), "{name}");
        assert!(plain.diagnostics.is_empty());
        assert_eq!(values(&measured, "sharpness").len(), 2, "{name}: at the start and after four epochs");
        for curve in
            ["gradient_norm", "update_norm", "update_ratio", "effective_lr", "gradient_cosine", "distance"]
        {
            assert!(!values(&measured, curve).is_empty(), "{name}: {curve}");
        }
    }
}

#[test]
fn the_effective_rate_of_sgd_is_its_rate_and_grows_with_momentum() {
    let task = task("quadratic-deep");
    let (record, _) = run(&task, "sgd lr=0.001, batch=128", 30, Some(Diagnostics::default()));
    values(&record, "effective_lr").iter().for_each(|rate| assert!((rate - 0.001).abs() < 1e-6, "{rate}"));
    let (distance, norm) = (values(&record, "distance"), values(&record, "gradient_norm/theta"));
    assert!(distance.is_sorted() && norm.last() < norm.first(), "{distance:?} {norm:?}");
    let (record, _) = run(&task, "sgd lr=0.00001 momentum=0.9, batch=128", 30, Some(Diagnostics::default()));
    // The gradient hardly changes, so the updates add up to lr / (1 − momentum).
    let rate = *values(&record, "effective_lr").last().unwrap();
    assert!((rate / 1e-4 - 1.0).abs() < 0.15, "{rate}");
}

#[test]
fn the_noise_scale_of_quadratic_deep_is_that_of_its_points() {
    // Gradients are Q(θ − x): their mean and covariance over the training points are known exactly.
    use data::generated::quadratic_deep::{DIMENSIONS, START, hessian, train_points};
    let (q, points) = (hessian(), train_points());
    let times = |x: &[f64]| -> Vec<f64> {
        q.chunks(DIMENSIONS).map(|row| row.iter().zip(x).map(|(q, x)| q * x).sum()).collect()
    };
    let gradients: Vec<Vec<f64>> = points
        .chunks(DIMENSIONS)
        .map(|x| times(&x.iter().map(|x| f64::from(START) - f64::from(*x)).collect::<Vec<_>>()))
        .collect();
    let n = gradients.len() as f64;
    let mean: Vec<f64> = (0..DIMENSIONS).map(|i| gradients.iter().map(|g| g[i]).sum::<f64>() / n).collect();
    let signal: f64 = mean.iter().map(|g| g * g).sum();
    let variance: f64 = gradients
        .iter()
        .map(|g| g.iter().zip(&mean).map(|(g, mean)| (g - mean).powi(2)).sum::<f64>())
        .sum::<f64>()
        / (n - 1.0);
    let task = task("quadratic-deep");
    // A rate so small that the weights stay where they are.
    let (record, _) = run(&task, "sgd lr=1e-9, batch=128", 100, Some(Diagnostics::default()));
    let scales = values(&record, "gradient_noise_scale");
    let measured = scales.iter().sum::<f64>() / scales.len() as f64;
    let expected = variance / signal;
    assert!(
        (measured / expected - 1.0).abs() < 0.1,
        "{measured} for {expected} from {} epochs",
        scales.len()
    );
}

#[test]
fn units_that_never_fire_are_counted() {
    let task = task("mnist1d-mlp");
    let recipe: Recipe = "sgd lr=1e-9, batch=100".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 1 }).unwrap();
    let mut weights = training.weights().clone();
    let bias = weights.layout().entries().iter().find(|entry| entry.name.ends_with("bias")).unwrap().clone();
    weights.as_mut_slice()[bias.range.clone()][..30].fill(-1e6);
    training = training.with_diagnostics(Diagnostics::default());
    training.begin_with(&weights);
    training.run(&mut |_| ControlFlow::Continue(()));
    let dead = values(&training.record(), &format!("dead_units/{}", bias.name))[0];
    let expected = 30.0 / bias.range.len() as f64;
    assert!((expected..expected + 0.1).contains(&dead), "{dead}, at least {expected}");
}

#[test]
fn a_run_goes_on_from_any_batch_with_the_same_measurements() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let task = task("mnist1d-mlp");
    let recipe: Recipe = "adam lr=0.01, batch=100".parse().unwrap();
    let new = || {
        let training = Training::new(&task, &recipe, 0, Budget { epochs: 2, evaluations: 1 }).unwrap();
        training.with_diagnostics(Diagnostics { curvature: Some(CurvatureEvery { epochs: 1, examples: 10 }) })
    };
    let without_seconds = |training: &Training<'_>| {
        let mut record = training.record();
        record.diagnostics.values_mut().flatten().for_each(|point| point.seconds = 0.0);
        record.diagnostics
    };
    let mut whole = new();
    whole.run(&mut |_| ControlFlow::Continue(()));
    for stop in [1, 24, 25, 40, 49] {
        let mut first = new();
        first.run(&mut |run| {
            if run.progress().steps == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        first.save_checkpoint(&path).unwrap();
        let mut second = new();
        second.resume(&path, false).unwrap();
        second.run(&mut |_| ControlFlow::Continue(()));
        assert_eq!(without_seconds(&whole), without_seconds(&second), "stopped after {stop}");
    }
}
