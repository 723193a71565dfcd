//! Runs: the same bits on any number of threads and after any interruption.

use data::Dataset;
use data::batches::Normalize;
use data::samples::Holdout;
use nn::layers::{BatchNorm, Dropout, Linear};
use nn::{Architecture, Builder, Model, Sequential};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use tensor::safetensors::{NewTensor, SafeTensors, Values, to_bytes};
use train::record::Status;
use train::{Budget, Event, InMemory, Keeper, Recipe, Record, Split, Task, Training};

const BUDGET: Budget = Budget { epochs: 2, evaluations: 2 };

/// The SimpleNN on a few images of the embedded sample; 21 batches of 50, the last of 24.
fn task() -> Task {
    Task::notebook(dataset())
}

fn dataset() -> Dataset {
    let whole = data::load(&data::Request::embedded(data::set("mnist").unwrap()), &mut |_| ()).unwrap();
    whole.first(1024, 200)
}

/// Every rule, every wrapper, every schedule and every part that a recipe can have.
fn recipes() -> Vec<Recipe> {
    // With 20 gradients a step and 200 vectors in a checkpoint, L-BFGS would be most of the test.
    let short =
        |text: String| if text.starts_with("lbfgs") { "lbfgs max_iter=3 history=4".into() } else { text };
    let rules = optim::rules::all().into_iter().map(|rule| short(rule.to_string()));
    let wrappers = optim::wrappers::all().into_iter().map(|wrapper| {
        let name = wrapper.info().name;
        format!("{name}(adam)")
    });
    let courses = optim::schedules::all().into_iter();
    let schedules = courses.flat_map(|course| course.info().examples).map(|text| format!("sgd, {text}"));
    let others = [
        "sgd lr=0.05 momentum=0.9 nesterov=true, cosine warmup=10%, clip=1",
        "adam, step every=7 gamma=0.5",
        "adam, linear until=30% then cosine warmup=3 * exponential",
        "adam, plateau patience=0 gamma=0.5 threshold=1",
        "sgd, momentum: one_cycle 0.95..0.85, one_cycle",
        "sam(adamw), rho: linear 0.01..0.1, weight_decay: cosine",
        "ema(sam(lookahead(adamw) k=3)) decay=0.9, clip_tensor=1, no_decay=bias",
        "ema(sam(accumulate(sgd) every=4)), linear, agc=0.01",
        "swa(adam) start=10",
        "adam, bias: sgd lr=0.05 momentum=0.9, fc1.*: lr=1e-4, clip_value=0.01",
        "sgd lr=1e-4, maximize",
    ];
    let texts = rules.chain(wrappers).chain(schedules).chain(others.map(String::from));
    texts.map(|text| format!("{text}, batch=50").parse().unwrap_or_else(|e| panic!("{text}: {e}"))).collect()
}

fn bits(weights: &tensor::ParamVec) -> Vec<u32> {
    weights.as_slice().iter().map(|w| w.to_bits()).collect()
}

/// A record without what differs between two runs of the same thing: the time.
fn timeless(training: &Training<'_>) -> Record {
    let mut record = training.record();
    record.environment.threads = 0;
    record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
    record
}

#[test]
fn resumed_is_uninterrupted_bit_for_bit_for_every_recipe() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    for recipe in recipes() {
        let mut whole = Training::new(&task, &recipe, 3, BUDGET).unwrap();
        whole.run(&mut |_| ControlFlow::Continue(()));
        // After the first batch, in mid epoch, at its end, after the next one's start.
        for stop in [1, 9, 21, 22] {
            let mut first = Training::new(&task, &recipe, 3, BUDGET).unwrap();
            first.run(&mut |t| {
                if t.progress().steps == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            first.save_checkpoint(&path).unwrap();
            drop(first);
            let mut second = Training::new(&task, &recipe, 3, BUDGET).unwrap();
            second.resume(&path, false).unwrap();
            assert_eq!(second.progress().steps, stop, "{recipe}");
            second.run(&mut |_| ControlFlow::Continue(()));
            assert_eq!(bits(second.weights()), bits(whole.weights()), "{recipe} stopped after {stop}");
            assert_eq!(timeless(&second), timeless(&whole), "{recipe} stopped after {stop}");
        }
    }
}

/// Where nothing else changes, the gradient elsewhere is the gradient here: the same batch, the same
/// dropout, and running statistics that move once.
#[test]
fn a_gradient_elsewhere_is_of_the_same_batch() {
    let mut builder = Builder::new();
    let layers = Sequential::new()
        .then(Linear::new(&mut builder, "fc1", 784, 16))
        .then(BatchNorm::new(&mut builder, "norm", 16))
        .then(Dropout::new("dropout", 0.5))
        .then(Linear::new(&mut builder, "fc2", 16, 10));
    let model = Model::new(builder, layers);
    let task = Task { model, ..task() };
    let [plain, there] = ["adam, batch=100", "sam(adam) rho=0, batch=100"].map(|text| {
        let recipe: Recipe = text.parse().unwrap();
        let mut training = Training::new(&task, &recipe, 1, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        let record = training.record();
        (
            bits(training.weights()),
            bits(training.buffers()),
            record.loss_curve(Split::Test).len(),
            record.counts.gradients,
        )
    });
    assert!(plain.0 == there.0 && plain.1 == there.1);
    assert_eq!((plain.2, plain.3, there.3), (there.2, Some(22), Some(44)));
}

#[test]
fn the_record_counts_updates_and_gradients() {
    let task = task();
    for (text, updates, gradients, per_batch) in [
        ("sgd", [21, 42], 42, 1.0),
        ("sam(sgd)", [21, 42], 84, 2.0),
        ("accumulate(sgd) every=4", [5, 10], 42, 1.0),
    ] {
        let recipe: Recipe = format!("{text}, batch=50").parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        let record = training.record();
        assert_eq!([0, 1].map(|i| record.curve(Record::EPOCH_LOSS)[i].updates), updates, "{text}");
        assert_eq!(record.counts.gradients, Some(gradients), "{text}");
        assert_eq!(record.gradients_per_batch(), Some(per_batch), "{text}");
    }
}

#[test]
fn a_schedule_ends_with_the_run_where_batches_are_gathered() {
    let (task, recipe) = (task(), "accumulate(sgd lr=1) every=4, linear, batch=50".parse().unwrap());
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    let mut rates = vec![];
    training.run(&mut |training| {
        rates.push(training.optimizer().learning_rate().unwrap());
        ControlFlow::Continue(())
    });
    // 42 batches are 10 updates and 2 batches left over.
    assert_eq!((rates[2], rates[3], rates[39], rates[41]), (1.0, 0.9, 0.0, 0.0));
}

#[test]
fn a_plateau_sees_the_loss_of_each_epoch() {
    let (task, recipe) =
        (task(), "sgd lr=1e-9, plateau patience=0 gamma=0.5 eps=0, batch=50".parse().unwrap());
    let budget = Budget { epochs: 4, ..BUDGET };
    let mut training = Training::new(&task, &recipe, 0, budget).unwrap();
    let mut rates = vec![];
    training.run(&mut |training| {
        rates.push(training.optimizer().learning_rate().unwrap());
        ControlFlow::Continue(())
    });
    // The first epoch's loss is the best, and no other is better.
    assert_eq!(
        [0, 20, 21, 41, 42, 62, 63, 83].map(|i| rates[i] / 1e-9),
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]
    );
}

#[test]
fn evaluation_weights_are_the_optimizers() {
    let task = task();
    let [plain, mean] = ["adam lr=0.01", "ema(adam lr=0.01)"].map(|text| {
        let recipe: Recipe = text.parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        let averaged = bits(&training.evaluation_weights());
        (bits(training.weights()), averaged, training.record().final_metric())
    });
    assert!(plain.0 == mean.0 && plain.0 == plain.1 && mean.0 != mean.1);
    assert_ne!(plain.2, mean.2);
}

#[test]
fn a_loss_that_is_not_finite_can_be_passed_over() {
    // Black images but for one, whose white pixels are more than a number can be.
    let mut dataset = dataset();
    dataset.train.pixels.fill(0);
    dataset.test.pixels.fill(0);
    dataset.train.pixels[..784].fill(255);
    let task = Task { normalize: Normalize { mean: 0.0, std: 1e-39 }, ..Task::notebook(dataset) };
    let run = |text: &str| {
        let recipe: Recipe = format!("{text}, batch=50").parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        (training.record(), training.optimizer().steps())
    };
    let (record, _) = run("adam");
    assert!(matches!(record.status, Status::Diverged { step } if step <= 21), "{:?}", record.status);
    for text in ["if_finite(adam)", "sam(if_finite(adam))", "if_finite(sam(adam))"] {
        let (record, updates) = run(text);
        assert_eq!((&record.status, updates), (&Status::Finished, 40), "{text}");
        assert!(record.curve(Record::EPOCH_LOSS).iter().all(|epoch| epoch.value < 2.5), "{text}");
    }
    // None may be left out: the step is made, and nothing is finite after it.
    let (record, _) = run("if_finite(adam) most=0");
    assert!(matches!(record.status, Status::Diverged { step } if step <= 21), "{:?}", record.status);
}

#[test]
fn a_record_of_schema_1_is_read() {
    let old = r#"{"schema":1,"dataset":"mnist","origin":"a folder","sample":false,"train_images":1000,
        "test_images":100,"model":"784-10","weights":7850,"optimizer":"sgd","recipe":"sgd lr=0.01, batch=64",
        "seed":3,"batch":64,"state_bytes_per_weight":0,"threads":2,"kernel":"avx2",
        "status":{"is":"finished"},
        "epochs":[{"epoch":1,"steps":16,"train_loss":0.5,"seconds":2.0},
                  {"epoch":2,"steps":32,"train_loss":0.25,"seconds":1.0}],
        "train_curve":[{"epoch":0.5,"loss":0.75}],
        "evaluations":[{"epoch":0.0,"seconds":0.0,"test_loss":2.3,"test_accuracy":0.1},
                       {"epoch":2.0,"seconds":3.0,"test_loss":"NaN","test_accuracy":0.9}]}"#;
    let record = Record::parse(old).unwrap();
    assert_eq!((record.counts.gradients, record.gradients_per_batch()), (None, None));
    assert_eq!((record.counts.batches, record.counts.updates), (32, 32));
    assert_eq!((record.final_train_loss(), record.final_metric()), (Some(0.25), Some(0.9)));
    assert_eq!(record.epoch_seconds(), [2.0, 1.0]);
    assert_eq!((record.examples(Split::Train), record.examples(Split::Validation)), (1000, 0));
    assert_eq!(record.curve(Record::TRAIN_LOSS)[0].updates, 8);
    let newer = old.replace("\"schema\":1", "\"schema\":9");
    assert_eq!(Record::parse(&newer).unwrap_err().to_string(), "expected record schema 1 to 2, found 9");
}

#[test]
fn one_thread_or_four_give_the_same_bits() {
    let task = task();
    for text in ["sgd lr=0.1, batch=1024", "adam, batch=300", "rmsprop lr=0.001, batch=64"] {
        let recipe: Recipe = text.parse().unwrap();
        let runs = [1, 2, 4].map(|threads| {
            let pool = tensor::parallel::Threads::start(threads).unwrap();
            pool.run(|| {
                let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
                training.run(&mut |_| ControlFlow::Continue(()));
                (bits(training.weights()), timeless(&training))
            })
        });
        assert!(runs[0] == runs[1] && runs[1] == runs[2], "{text}");
    }
}

#[test]
fn diverging_is_a_result() {
    let task = task();
    let recipe: Recipe = "sgd lr=1e10".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |_| ControlFlow::Continue(()));
    let record = training.record();
    assert!(matches!(record.status, Status::Diverged { step } if step >= 2), "{:?}", record.status);
    assert_eq!(record.final_metric(), None);
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_differs() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let (adam, other): (Recipe, Recipe) = ("adam".parse().unwrap(), "adam lr=0.01".parse().unwrap());
    let mut first = Training::new(&task, &adam, 0, BUDGET).unwrap();
    first.run(&mut |_| ControlFlow::Break(()));
    first.save_checkpoint(&path).unwrap();
    let mut second = Training::new(&task, &other, 7, BUDGET).unwrap();
    let message = second.resume(&path, false).unwrap_err().to_string();
    assert!(
        message.contains("recipe: adam lr=0.001, batch=64 in the checkpoint, adam lr=0.01, batch=64 now"),
        "{message}"
    );
    assert!(message.contains("seed: 0 in the checkpoint, 7 now"), "{message}");
    second.resume(&path, true).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_an_error_and_changes_nothing() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let recipe: Recipe = "adam".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |_| ControlFlow::Break(()));
    training.save_checkpoint(&path).unwrap();
    let before = bits(training.weights());
    let whole = std::fs::read(&path).unwrap();
    for len in [0, 1, 7, 8, 9, 100, 500, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        let error = training.resume(&path, false).unwrap_err().to_string();
        assert!(error.contains("checkpoint.safetensors"), "{error}");
        assert_eq!(bits(training.weights()), before);
    }
    std::fs::write(&path, [whole.as_slice(), b"x"].concat()).unwrap();
    assert!(training.resume(&path, false).is_err());
}

/// Any damage is found: a checkpoint and its copy with one byte changed are never taken for the same.
#[test]
fn a_changed_byte_of_a_checkpoint_is_found() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let recipe: Recipe = "adam".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |_| ControlFlow::Break(()));
    training.save_checkpoint(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let before = bits(training.weights());
    for i in 0..60 {
        let mut damaged = whole.clone();
        damaged[whole.len() * i / 60] ^= 1 << (i % 8);
        std::fs::write(&path, &damaged).unwrap();
        let message = training.resume(&path, false).unwrap_err().to_string();
        assert!(message.contains("damaged"), "byte {} of {}: {message}", whole.len() * i / 60, whole.len());
        assert_eq!(bits(training.weights()), before);
    }
}

/// Notes with a checksum that is right and counts that no run can have, one by one.
#[test]
fn counts_that_cannot_be_are_refused() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let recipe: Recipe = "adam".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |training| match training.progress().steps {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let whole = training.checkpoint().unwrap();
    let file = SafeTensors::parse(&whole).unwrap();
    let notes: BTreeMap<String, String> =
        serde_json::from_str(file.header().metadata("descent").unwrap()).unwrap();
    let per_epoch = training.steps_per_epoch();
    let beyond = (2 * per_epoch + 1).to_string();
    for (name, from, to, why) in [
        ("progress", "\"steps\":3", format!("\"steps\":{beyond}"), "batches, as in 2 epochs, found"),
        ("progress", "\"steps\":3", "\"steps\":-3".into(), "its note `progress`"),
        ("progress", "\"steps\":3", "\"steps\":1".into(), "in the mean loss of the epoch, found 3"),
        ("progress", "\"seconds\":", "\"seconds\":-".into(), "seconds of training from 0"),
        ("progress", "\"count\":3", "\"count\":4".into(), "found 4"),
        (
            "progress",
            "\"count\":3",
            "\"count\":2".into(),
            "expected 3 batches in the mean loss of the epoch after 3",
        ),
        ("progress", "\"examples\":", "\"examples\":1".into(), " examples after 3 batches, found 1"),
        ("progress", "\"updates\":", "\"updates\":9".into(), "measurements up to epoch"),
        ("optimizer", "\"steps\":3", "\"steps\":2".into(), "expected 3 updates after 3 batches, found 2"),
        ("optimizer", "\"gradient_calls\":3", "\"gradient_calls\":2".into(), "at most 2 updates"),
        ("optimizer", "\"steps\":3", "\"steps\":9007199254740993".into(), "steps in its notes"),
        ("optimizer", "\"exp_avg\",", "\"exp_avg\",\"exp_avg\",".into(), "duplicate `exp_avg`"),
        ("steps_per_epoch", "", "0".into(), "batches that can be counted"),
        ("steps_per_epoch", "", "18446744073709551615".into(), "batches that can be counted"),
    ] {
        let mut other = notes.clone();
        let note = other.get_mut(name).unwrap();
        let changed = if from.is_empty() { to } else { note.replacen(from, &to, 1) };
        assert_ne!(*note, changed, "{name} has no {from}: {note}");
        *note = changed;
        let read = || file.header().tensors().map(|info| file.expect(info.name).unwrap());
        let floats: Vec<Vec<f32>> = read().map(|tensor| tensor.f32s().unwrap()).collect();
        let doubles: Vec<Vec<f64>> = read().map(|tensor| tensor.f64s().unwrap_or_default()).collect();
        let values = floats.iter().zip(&doubles).map(|(floats, doubles)| match doubles.is_empty() {
            true => Values::F32(floats),
            false => Values::F64(doubles),
        });
        let tensors: Vec<NewTensor<'_>> = (file.header().tensors().zip(values))
            .map(|(info, values)| {
                let (name, shape) = (info.name.to_string(), info.shape.to_vec());
                NewTensor { name, shape, values }
            })
            .collect();
        std::fs::write(&path, to_bytes(&tensors, &[("descent", &serde_json::to_string(&other).unwrap())]))
            .unwrap();
        let message = training.resume(&path, false).unwrap_err().to_string();
        assert!(message.contains(why), "{message}\nexpected: {why}");
    }
}

#[test]
fn a_diverged_run_leaves_the_last_good_checkpoint() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let (wild, tame): (Recipe, Recipe) = ("sgd lr=1e10".parse().unwrap(), "sgd lr=0.01".parse().unwrap());
    let mut training = Training::new(&task, &wild, 0, BUDGET).unwrap();
    training.run(&mut |training| {
        training.save_checkpoint(&path).unwrap();
        ControlFlow::Continue(())
    });
    assert!(training.has_diverged());
    let mut second = Training::new(&task, &tame, 0, BUDGET).unwrap();
    second.resume(&path, true).unwrap();
    assert!(!second.has_diverged() && second.progress().steps >= 1);
}

/// The rate is sound for some steps and then far too high; a smaller one goes on from the last good state.
#[test]
fn a_state_that_explodes_is_not_kept() {
    let task = task();
    let recipe: Recipe = "sgd, piecewise values=1/1e9 at=5".parse().unwrap();
    let (mut keeper, mut kept) = (Keeper::new(Some(1)), vec![]);
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |training| {
        if let Some(bytes) = keeper.after_step(training, false) {
            kept.push((training.progress().steps, bytes));
        }
        ControlFlow::Continue(())
    });
    assert!(training.has_diverged());
    let (written_at, bytes) = kept.last().unwrap();
    assert_eq!(*written_at, 6, "the state after 5 steps, shown to be sound by the sixth");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let tame: Recipe = "sgd lr=0.01".parse().unwrap();
    let mut second = Training::new(&task, &tame, 0, BUDGET).unwrap();
    second.resume(&path, true).unwrap();
    assert_eq!(second.progress().steps, 5);
    second.run(&mut |_| ControlFlow::Continue(()));
    assert!(!second.has_diverged());
}

/// With another number of batches an epoch, the one under way begins again and its loss is whole.
#[test]
fn another_batch_size_begins_the_epoch_again() {
    let (task, folder) = (task(), tempfile::tempdir().unwrap());
    let path = folder.path().join("checkpoint.safetensors");
    let (small, large): (Recipe, Recipe) =
        ("sgd, batch=50".parse().unwrap(), "sgd, batch=100".parse().unwrap());
    let mut first = Training::new(&task, &small, 0, BUDGET).unwrap();
    first.run(&mut |training| match training.progress().steps {
        30 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    first.save_checkpoint(&path).unwrap();
    let mut second = Training::new(&task, &large, 0, BUDGET).unwrap();
    assert!(second.resume(&path, false).is_err());
    second.resume(&path, true).unwrap();
    assert_eq!(second.progress().steps, 11);
    // What was measured in the epoch that begins again is forgotten, so this run can be resumed in turn.
    second.run(&mut |_| ControlFlow::Break(()));
    second.save_checkpoint(&path).unwrap();
    let mut third = Training::new(&task, &large, 0, BUDGET).unwrap();
    third.resume(&path, false).unwrap();
    let mut second = third;
    second.run(&mut |_| ControlFlow::Continue(()));
    let record = second.record();
    let epochs: Vec<f64> = record.curve(Record::EPOCH_LOSS).iter().map(|point| point.epoch).collect();
    assert_eq!(epochs, [1.0, 2.0]);
    assert_eq!(second.progress().steps, 22);
}

/// With validation examples, they give the curve, and the test examples are looked at once.
#[test]
fn a_task_with_validation_examples_is_tested_once() {
    let examples = InMemory::images(dataset()).with_validation(Holdout::Count(24), 0).unwrap();
    let mlp = Architecture::by_name("logreg").unwrap();
    let task = Task::supervised(Arc::new(examples), &mlp, Normalize::HALF).unwrap();
    let recipe: Recipe = "sgd, batch=50".parse().unwrap();
    let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
    training.run(&mut |_| ControlFlow::Continue(()));
    let record = training.record();
    assert_eq!((record.examples(Split::Train), record.examples(Split::Validation)), (1000, 24));
    assert_eq!(record.metric_curve(Split::Validation).len(), 5);
    assert_eq!(record.metric_curve(Split::Test).len(), 1);
    assert_eq!(record.final_metric(), Some(record.metric_curve(Split::Test)[0].value));
}

#[test]
fn events_tell_all_that_the_record_has() {
    let (task, recipe) = (task(), "adam, batch=50".parse::<Recipe>().unwrap());
    let mut training = Training::new(&task, &recipe, 3, BUDGET).unwrap();
    let mut events = Vec::new();
    training.run_events(&mut |_, event| {
        events.push(event.clone());
        ControlFlow::Continue(())
    });
    let record = training.record();
    let Event::RunStarted { run, batches: 0 } = &events[0] else { panic!("{:?}", events[0]) };
    assert_eq!((run.seed, &run.recipe, run.total_batches()), (3, &record.recipe, record.counts.batches));
    assert_eq!(events.last(), Some(&Event::RunFinished { record: Box::new(record.clone()) }));
    let batches: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Progress { batches, .. } => Some(*batches),
            _ => None,
        })
        .collect();
    assert_eq!(batches, (1..=record.counts.batches).collect::<Vec<_>>());
    let evaluated: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Evaluated { split: Split::Test, metric, .. } => Some(*metric),
            _ => None,
        })
        .collect();
    let curve: Vec<f64> = record.metric_curve(Split::Test).iter().map(|point| point.value).collect();
    assert_eq!(evaluated, curve);
    // The same through text, bit for bit.
    for event in &events {
        let text = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}

#[test]
fn a_run_that_is_stopped_at_an_event_goes_on_to_the_same_end() {
    let (task, recipe) = (task(), "adam, batch=50".parse::<Recipe>().unwrap());
    let whole = {
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        timeless(&training)
    };
    let kinds: [fn(&Event) -> bool; 3] = [
        |event| matches!(event, Event::RunStarted { .. }),
        |event| matches!(event, Event::Evaluated { .. }),
        |event| matches!(event, Event::Progress { batches: 7, .. }),
    ];
    for stops_at in kinds {
        let mut training = Training::new(&task, &recipe, 0, BUDGET).unwrap();
        training.run_events(&mut |_, event| match stops_at(event) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        assert!(!training.is_over());
        training.run(&mut |_| ControlFlow::Continue(()));
        assert_eq!(timeless(&training), whole);
    }
}

#[test]
fn a_rate_changed_by_hand_is_told_and_outlives_a_checkpoint() {
    let task = task();
    let [half, whole] = ["sgd lr=0.05, batch=50", "sgd lr=0.1, batch=50"].map(|text| text.parse().unwrap());
    let run = |recipe: &Recipe, scale: f64| {
        let mut training = Training::new(&task, recipe, 0, BUDGET).unwrap();
        training.set_lr_scale(scale);
        training.run(&mut |_| ControlFlow::Continue(()));
        (bits(training.weights()), timeless(&training))
    };
    // From the start on it is the recipe with the other rate, and the record still says that it was by hand.
    let (plain, doubled) = (run(&whole, 1.0), run(&half, 2.0));
    assert_eq!(doubled.0, plain.0);
    assert_eq!(doubled.1.curves, plain.1.curves);
    assert_eq!((doubled.1.changes.len(), plain.1.changes.len()), (1, 0));
    assert_ne!(doubled.1.key(), run(&half, 1.0).1.key());
    let json = serde_json::to_string(&doubled.1).unwrap();
    assert_eq!(Record::parse(&json).unwrap(), doubled.1);
    assert!(!serde_json::to_string(&plain.1).unwrap().contains("changes"));

    // Changed twice on the way, with a kill in between.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.safetensors");
    let change = |training: &mut Training<'_>, batches: u64, scale: f64| {
        let stop = |training: &Training<'_>| match training.progress().steps == batches {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        training.run(&mut |training| stop(training));
        training.set_lr_scale(scale);
    };
    let mut through = Training::new(&task, &half, 0, BUDGET).unwrap();
    change(&mut through, 5, 3.0);
    // No batch sees this one.
    change(&mut through, 9, 7.0);
    through.set_lr_scale(0.5);
    through.run(&mut |_| ControlFlow::Continue(()));

    let mut killed = Training::new(&task, &half, 0, BUDGET).unwrap();
    change(&mut killed, 5, 3.0);
    change(&mut killed, 9, 0.5);
    killed.save_checkpoint(&file).unwrap();
    let mut resumed = Training::new(&task, &half, 0, BUDGET).unwrap();
    resumed.resume(&file, false).unwrap();
    assert_eq!((resumed.lr_scale(), resumed.optimizer().learning_rate()), (0.5, Some(0.025)));
    resumed.run(&mut |_| ControlFlow::Continue(()));
    assert_eq!(bits(resumed.weights()), bits(through.weights()));
    assert_eq!(timeless(&resumed), timeless(&through));
    let changes: Vec<_> = through.record().changes.iter().map(|c| (c.batches, c.lr_scale)).collect();
    assert_eq!(changes, [(5, 3.0), (9, 0.5)]);

    // Set back before a batch has seen it, a change is none.
    let mut back = Training::new(&task, &half, 0, BUDGET).unwrap();
    back.set_lr_scale(2.0);
    back.set_lr_scale(1.0);
    assert!(back.record().changes.is_empty());
}
