//! The network: the start, the batches, the gradients and the losses of `train`.

use std::ops::ControlFlow;

use autograd::BufferPool;
use data::Request;
use train::{Batch, Budget, Draw, Recipe, Record, Split, Task, Training};
use wasm::training::Digits;

pub(crate) fn sample(train: usize, test: usize) -> (Task, [Digits; 2]) {
    let set = data::set("mnist").expect("listed");
    let dataset = data::load(&Request::embedded(set), &mut |_| ()).expect("embedded").first(train, test);
    let digits = [&dataset.train, &dataset.test]
        .map(|split| Digits { pixels: split.pixels.clone(), labels: split.labels.clone() });
    (Task::notebook(dataset), digits)
}

fn start(recipe: &Recipe, seed: u64) -> wasm::training::Training {
    let numbers = lessons::browser::kernel(&recipe.spec).expect("a kernel");
    let mut settings = [0.0; 8];
    settings.copy_from_slice(&numbers.settings);
    let rule = wasm::rules::ALL[numbers.rule];
    wasm::training::Training::new(rule, settings, f64::INFINITY, seed, recipe.batch)
}

#[test]
fn the_start_is_that_of_nn_and_the_batches_are_those_of_data() {
    let (task, _) = sample(100, 10);
    for seed in [0, 7] {
        let mut training = start(&"sgd".parse().expect("a recipe"), seed);
        assert_eq!(training.net().to_pytorch(), task.model.init(seed).as_slice());
        let order = wasm::training::epoch_order(seed, 12, 1000);
        assert_eq!(order, data::batches::epoch_order(seed, 12, 1000));
    }
}

#[test]
fn gradients_are_those_of_the_tape() {
    let (task, digits) = sample(64, 10);
    let mut training = start(&"sgd".parse().expect("a recipe"), 3);
    let images: Vec<&[u8]> = digits[0].pixels.chunks(784).collect();
    let mut ours = vec![0.0; training.net().weights().len()];
    let loss = training.net().gradient(&images, &digits[0].labels, &mut ours);
    let ours = training.net().in_pytorch_layout(&ours);

    let weights = task.model.init(3);
    let (mut batch, mut theirs) = (Batch::default(), weights.zeros_like());
    task.examples.gather(Split::Train, &(0..64).collect::<Vec<_>>(), &mut batch);
    let (pool, draw) = (BufferPool::new(), Draw { seed: 3, step: 0 });
    let their_loss = task.gradient(&pool, &weights, &mut task.model.buffers(), &batch, draw, &mut theirs);
    assert!((loss - their_loss).abs() < 1e-6, "{loss}, not {their_loss}");
    let largest = theirs.as_slice().iter().fold(0.0_f32, |max, g| max.max(g.abs()));
    for (place, (a, b)) in ours.iter().zip(theirs.as_slice()).enumerate() {
        assert!((a - b).abs() < 2e-6 * largest.max(1.0), "weight {place}: {a}, not {b}");
    }
}

#[test]
fn losses_of_a_run_are_those_of_train() {
    let (task, digits) = sample(2000, 500);
    for recipe in ["sgd lr=0.1", "adam"] {
        let recipe: Recipe = recipe.parse().expect("a recipe");
        let mut theirs =
            Training::new(&task, &recipe, 1, Budget { epochs: 3, evaluations: 1 }).expect("a run");
        theirs.run(&mut |_| ControlFlow::Continue(()));
        let record = theirs.record();
        let mut ours = start(&recipe, 1);
        for (epoch, point) in record.curve(Record::EPOCH_LOSS).iter().enumerate() {
            let losses: f64 = (0..32).map(|_| ours.step(&digits[0])).sum();
            let (loss, expected) = (losses / 32.0, point.value);
            assert!((loss / expected - 1.0).abs() < 5e-3, "{recipe}, epoch {epoch}: {loss}, not {expected}");
        }
        let (loss, correct) = ours.evaluate(&digits[1], 0..500);
        let tested = record.loss_curve(Split::Test).last().expect("an evaluation").value;
        assert!((loss / 500.0 / tested - 1.0).abs() < 1e-2, "{recipe}: {}, not {tested}", loss / 500.0);
        let accuracy = record.final_metric().expect("an evaluation");
        assert!((correct as f64 / 500.0 - accuracy).abs() < 0.01, "{recipe}: {correct}, not {accuracy}");
    }
}
