//! Generated data against the published generators (`scripts/numpy/generated.py`).

use data::generated::friedman::Friedman1;
use data::generated::mnist1d::Mnist1d;
use data::generated::numpy_random::RandomState;
use data::generated::quadratic_deep::{self, DIMENSIONS, EVALUATED};
use data::samples::{Inputs, Samples, Targets};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn recorded(name: &str) -> Value {
    let mut all: Value = serde_json::from_str(include_str!("../fixtures/generated.json")).unwrap();
    all[name].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn sha256(values: &[f32]) -> String {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Distance in units of the last place of the expected number.
fn ulps(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / (expected.abs() * f64::EPSILON)
}

#[test]
fn random_numbers_equal_numpy() {
    for drawn in recorded("random_state").as_array().unwrap() {
        let mut random = RandomState::new(drawn["seed"].as_u64().unwrap() as u32);
        let normals = |random: &mut RandomState, name: &str| {
            for expected in numbers(&drawn[name]) {
                assert!(ulps(random.normal(), expected) <= 2.0, "{name}");
            }
        };
        numbers(&drawn["uniform"]).iter().for_each(|&x| assert_eq!(random.uniform(), x));
        normals(&mut random, "normal");
        for pair in drawn["below"].as_array().unwrap() {
            assert_eq!(Some(u64::from(random.below(pair[0].as_u64().unwrap() as u32))), pair[1].as_u64());
        }
        let permutation: Vec<f64> = random.permutation(20).iter().map(|&i| f64::from(i)).collect();
        assert_eq!(permutation, numbers(&drawn["permutation"]));
        for expected in numbers(&drawn["uniform_30_60"]) {
            assert_eq!(random.uniform_between(30.0, 60.0), expected);
        }
        normals(&mut random, "normal_after");
        (0..5000).for_each(|_| assert!((0.0..1.0).contains(&random.uniform())));
        numbers(&drawn["uniform_later"]).iter().for_each(|&x| assert_eq!(random.uniform(), x));
    }
}

/// Every number of every signal as `f32`, and the first and last in double precision.
#[test]
fn mnist_1d_equals_the_package() {
    for made in recorded("mnist1d").as_array().unwrap() {
        let settings = &made["settings"];
        let count = |name: &str| settings[name].as_u64().map(|x| x as usize);
        let default = Mnist1d::default();
        let generator = Mnist1d {
            num_samples: count("num_samples").unwrap_or(default.num_samples),
            seed: count("seed").unwrap_or(42) as u32,
            shuffle_seq: settings["shuffle_seq"].as_bool().unwrap_or(false),
            padding: settings["padding"].as_array().map_or(default.padding, |p| {
                (p[0].as_u64().unwrap() as usize, p[1].as_u64().unwrap() as usize)
            }),
            max_translation: count("max_translation").map_or(default.max_translation, |n| n as u32),
            final_seq_length: count("final_seq_length").unwrap_or(default.final_seq_length),
            train_split: settings["train_split"].as_f64().unwrap_or(default.train_split),
            ..default
        };
        let (signals, labels) = generator.signals();
        let length = generator.final_seq_length;
        let (first, last) = (&signals[..length], &signals[signals.len() - length..]);
        for (signal, name) in [(first, "first"), (last, "last")] {
            for (found, expected) in signal.iter().zip(numbers(&made[name])) {
                assert!((found - expected).abs() < 2e-15 * expected.abs().max(1.0), "{found} {expected}");
            }
        }
        let classes: String = labels.iter().map(ToString::to_string).collect();
        assert_eq!(Some(&classes[..]), made["labels"].as_str());

        let (train, test) = generator.samples();
        assert_eq!((train.check(), test.check()), (Ok(()), Ok(())));
        assert_eq!(Some(train.len() as u64), made["train"].as_u64());
        let values = |samples: &Samples| match &samples.inputs {
            Inputs::Numbers { values, .. } => values.clone(),
            other => panic!("{other:?}"),
        };
        let all = [values(&train), values(&test)].concat();
        assert_eq!(Some(&sha256(&all)[..]), made["sha256"].as_str());
    }
}

#[test]
#[should_panic(expected = "expected a max_translation from 1 to 72, found 73")]
fn settings_outside_of_the_package_are_refused() {
    Mnist1d { max_translation: 73, ..Mnist1d::default() }.samples();
}

#[test]
fn the_quadratic_equals_deepobs() {
    let made = recorded("quadratic_deep");
    let number = |name: &str| made[name].as_f64().unwrap();
    let hessian = quadratic_deep::hessian();
    let row = |i: usize| &hessian[i * DIMENSIONS..][..DIMENSIONS];
    for (row, name) in [(row(0), "first_row"), (row(DIMENSIONS - 1), "last_row")] {
        for (found, expected) in row.iter().zip(numbers(&made[name])) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
    let trace: f64 = (0..DIMENSIONS).map(|i| row(i)[i]).sum();
    assert!((trace - number("trace")).abs() < 1e-10 && (trace - 477.6123).abs() < 1e-4);
    for i in 0..DIMENSIONS {
        for (j, value) in row(i).iter().enumerate() {
            assert!((value - row(j)[i]).abs() < 1e-13, "not symmetric at {i}, {j}");
        }
    }
    // Power iteration.
    let mut v = vec![1.0; DIMENSIONS];
    let mut largest = 0.0;
    for _ in 0..3000 {
        let product: Vec<f64> = hessian
            .chunks_exact(DIMENSIONS)
            .map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum())
            .collect();
        largest = product.iter().map(|x| x * x).sum::<f64>().sqrt();
        v = product.iter().map(|x| x / largest).collect();
    }
    assert!((largest - number("largest_eigenvalue")).abs() < 1e-8, "{largest}");
    assert!((largest - 53.12902).abs() < 1e-5, "{largest}");

    let (train, test) = (quadratic_deep::train_points(), quadratic_deep::test_points());
    assert_eq!(Some(&sha256(&train)[..]), made["train_sha256"].as_str());
    assert_eq!(Some(&sha256(&test)[..]), made["test_sha256"].as_str());

    let mut mean = vec![0.0; DIMENSIONS];
    for point in train.chunks_exact(DIMENSIONS) {
        mean.iter_mut().zip(point).for_each(|(mean, &x)| *mean += f64::from(x) / 1000.0);
    }
    let evaluated = &test[..EVALUATED * DIMENSIONS];
    let cases = [
        (vec![1.0; DIMENSIONS], evaluated, "start_loss"),
        (mean.clone(), evaluated, "loss_at_mean"),
        (mean.clone(), &train[..], "loss_at_mean_train"),
    ];
    for (parameters, points, name) in cases {
        let found = quadratic_deep::loss(&hessian, &parameters, points);
        assert!((found - number(name)).abs() < 1e-9, "{name}: {found}");
    }
    assert!((number("start_loss") - 353.44677).abs() < 1e-5);
    assert!((number("loss_at_mean") - 87.04601).abs() < 1e-5);
}

#[test]
fn friedmans_table_equals_scikit_learn() {
    for made in recorded("friedman").as_array().unwrap() {
        let count = |name: &str| made[name].as_u64().unwrap() as usize;
        let generator = Friedman1 {
            rows: count("rows"),
            features: count("features"),
            noise: made["noise"].as_f64().unwrap(),
            seed: count("seed") as u32,
        };
        let table = generator.samples();
        assert_eq!(table.check(), Ok(()));
        let Samples {
            inputs: Inputs::Numbers { values: x, .. },
            targets: Targets::Numbers { values: y, .. },
        } = table
        else {
            panic!("a table of numbers")
        };
        assert_eq!(Some(&sha256(&x)[..]), made["x_sha256"].as_str());
        let expected = numbers(&made["y"]).into_iter().chain(made["y_last"].as_f64());
        for (&found, expected) in y[..10].iter().chain(y.last()).zip(expected) {
            assert!((f64::from(found) - expected).abs() < 1e-6 * expected.abs(), "{found} {expected}");
        }
    }
}
