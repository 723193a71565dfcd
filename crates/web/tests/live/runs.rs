//! Runs: from the start to the end, by hand and after a stop.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;

use lab::Store;
use lab::store::{Filter, Memory, Turn, take};
use serde_json::json;
use train::{Budget, Recipe, Record, Split, Task, Training};

use crate::browser::{Live, files_in};

const RECIPE: &str = "sgd lr=0.05 momentum=0.9, batch=20";

/// The task of the runs here.
fn task() -> Task {
    let request = data::Request::embedded(data::set("mnist").unwrap());
    let dataset = data::load(&request, &mut |_| ()).unwrap().first(2000, 500);
    Task { name: "simplenn".into(), ..Task::notebook(dataset) }
}

/// The record of the same run, trained at once.
fn whole(recipe: &str, budget: Budget, scale: f64) -> Record {
    let task = task();
    let recipe: Recipe = recipe.parse().unwrap();
    let mut training = Training::new(&task, &recipe, 3, budget).unwrap();
    training.set_lr_scale(scale);
    training.run(&mut |_| ControlFlow::Continue(()));
    timeless(training.record())
}

/// A record without what differs between two runs of the same thing: the time.
fn timeless(mut record: Record) -> Record {
    record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
    record.environment.threads = 0;
    record
}

fn stored(live: &Live) -> Vec<Record> {
    live.store.records(&Filter::default()).unwrap().into_iter().map(timeless).collect()
}

#[test]
fn a_run_is_told_from_its_start_to_its_end_also_to_pages_that_come_late() {
    let live = Live::start();
    let mut early = live.page();
    let budget = Budget { epochs: 2, evaluations: 4 };
    let run = live.run(RECIPE, json!({ "epochs": 2, "seed": "3" }));
    let seen = early.until_status(run, "finished");
    let mut late = live.page();
    let known = late.until_status(run, "finished");
    assert_eq!((&seen.losses, &seen.evaluations), (&known.losses, &known.evaluations));
    assert_eq!(late.events, 1, "one event has all");
    assert!(early.events > 1);

    let record = whole(RECIPE, budget, 1.0);
    assert_eq!(stored(&live), std::slice::from_ref(&record));
    assert_eq!(seen.head["stored"], record.key());
    // 200 batches, and no more points than the picture has room for.
    assert_eq!((seen.batches, seen.losses.len()), (200, 200));
    let evaluations = record.metric_curve(Split::Test);
    assert_eq!(seen.evaluations.len(), evaluations.len());
    for (told, point) in seen.evaluations.iter().zip(evaluations) {
        assert!((told[0].as_f64().unwrap() - point.epoch).abs() < 1e-5);
        assert!((told[3].as_f64().unwrap() - point.value).abs() < 1e-5);
    }
    // The points of the curve and the record's curve are means of the same losses.
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let losses: Vec<f64> = seen.losses.iter().map(|point| point[2].as_f64().unwrap()).collect();
    let means: Vec<f64> = record.curve(Record::EPOCH_LOSS).iter().map(|point| point.value).collect();
    for (told, expected) in [mean(&losses[..100]), mean(&losses[100..])].iter().zip(means) {
        assert!((told - expected).abs() < 1e-4, "{told} is not {expected}");
    }

    live.wish(run, json!({ "do": "remove" }));
    while early.runs.contains_key(&run) {
        early.read();
    }
    assert_eq!(live.post(&format!("runs/{run}"), &json!({ "do": "pause" })).status, 404);
}

#[test]
fn a_paused_and_a_stopped_run_go_on_to_the_same_bits() {
    let budget = Budget { epochs: 2, evaluations: 4 };
    let record = whole(RECIPE, budget, 1.0);
    let live = Live::start();
    let mut page = live.page();
    // Slow enough to be caught on the way, whatever the machine.
    let run = live.run(RECIPE, json!({ "epochs": 2, "seed": "3", "pace": 5 }));
    page.until(run, |run| run.batches > 2);
    live.wish(run, json!({ "do": "pause" }));
    let paused = page.until_status(run, "paused");
    live.wish(run, json!({ "do": "resume" }));
    page.until(run, |run| run.batches > paused.batches);
    live.wish(run, json!({ "do": "stop" }));
    let stopped = page.until_status(run, "stopped");
    assert!(stopped.batches < 200 && stopped.head["can_resume"] == true);
    assert_eq!(live.kept(), ["run-1.json", "run-1.safetensors"]);
    assert_eq!(live.post(&format!("runs/{run}"), &json!({ "do": "stop" })).status, 409);
    live.wish(run, json!({ "do": "resume" }));
    page.until_status(run, "running");
    assert_eq!(live.post(&format!("runs/{run}"), &json!({ "do": "remove" })).status, 409);

    // The program ends on the way: the next one has the run, and goes on with it.
    let (folder, store) = (live.folder.clone(), live.store.clone());
    assert_eq!(live.end().stopped, 1);
    assert!(store.list(&Filter::default()).unwrap().is_empty());
    let live = Live::start_in(folder, store);
    let mut page = live.page();
    page.read();
    let (&run, shown) = page.runs.first_key_value().unwrap();
    assert_eq!(shown.status(), "stopped");
    assert_eq!(shown.head["recipe"], record.recipe);
    assert!(shown.batches >= stopped.batches);
    live.wish(run, json!({ "do": "pace", "pace": null }));
    live.wish(run, json!({ "do": "resume" }));
    page.until_status(run, "finished");
    assert_eq!(stored(&live), [record]);
    // The store has it now.
    assert!(live.kept().is_empty());
}

#[test]
fn a_run_whose_rate_was_changed_is_never_stored_as_the_recipe() {
    let live = Live::start();
    let mut page = live.page();
    let run = live.run(RECIPE, json!({ "epochs": 2, "seed": "3", "pace": 0.1 }));
    // Before the first batch: from the start on it is the other rate.
    page.until_status(run, "running");
    live.wish(run, json!({ "do": "pause" }));
    page.until_status(run, "paused");
    let batches = page.runs[&run].batches;
    live.wish(run, json!({ "do": "rate", "scale": 0.5 }));
    live.wish(run, json!({ "do": "pace", "pace": null }));
    live.wish(run, json!({ "do": "resume" }));
    let end = page.until_status(run, "finished");
    assert_eq!((&end.head["lr_scale"], &end.head["is_changed"]), (&json!(0.5), &json!(true)));
    assert!(end.head["stored"].is_null() && stored(&live).is_empty());
    let text = fs::read_to_string(live.folder.path().join("serve").join(end.head["file"].as_str().unwrap()))
        .unwrap();
    let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    let record = Record::parse(&kept["record"].to_string()).unwrap();
    assert_eq!((record.changes.len(), record.changes[0].batches), (1, batches));
    assert_eq!(record.changes[0].lr_scale, 0.5);
    let plain = whole(RECIPE, Budget { epochs: 2, evaluations: 4 }, 1.0);
    assert_ne!(record.key(), plain.key());
    assert_ne!(record.final_train_loss(), plain.final_train_loss());
    for scale in [-1.0, 1e9] {
        let answer = live.post(&format!("runs/{run}"), &json!({ "do": "rate", "scale": scale }));
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    // The next program lists it, as changed.
    let (folder, store) = (live.folder.clone(), live.store.clone());
    live.end();
    let live = Live::start_in(folder, store);
    let mut page = live.page();
    page.read();
    let shown = page.runs.values().next().unwrap();
    assert_eq!((shown.status(), &shown.head["is_changed"]), ("finished", &json!(true)));
}

#[test]
fn the_same_run_of_two_pages_and_of_a_study_is_one_run_of_the_store() {
    let (task, recipe) = (task(), RECIPE.parse::<Recipe>().unwrap());
    let budget = Budget { epochs: 1, evaluations: 4 };
    let mut training = Training::new(&task, &recipe, 3, budget).unwrap();
    let key = training.record().key();
    let store = Arc::new(Memory::default());
    // A study has claimed it and has begun.
    let Turn::Ours(mut work) = take(&*store, &key).unwrap() else { panic!("the store is empty") };
    let lives = [0, 1].map(|_| Live::start_in(Arc::new(tempfile::tempdir().unwrap()), store.clone()));
    let asked = json!({ "epochs": 1, "seed": "3" });
    let runs = lives.each_ref().map(|live| live.run(RECIPE, asked.clone()));
    for (live, run) in lives.iter().zip(runs) {
        assert_eq!(live.page().until_status(run, "finished").head["stored"], key);
    }
    training.run(&mut |training| work.keep(training));
    let ours = work.finish(&training).unwrap().expect("it is over");
    let kept = store.records(&Filter::default()).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(timeless(kept[0].clone()), timeless(ours));
}

#[test]
fn no_more_runs_train_at_once_than_there_are_cores_and_the_others_wait_in_order() {
    let live = Live::start();
    let mut page = live.page();
    let asked = json!({ "task": "simplenn", "recipes": "sgd; adam; rmsprop; adamw", "epochs": 1, "pace": 1 });
    let answer = live.post("runs", &asked);
    let ids: Vec<u64> = serde_json::from_value(answer.json()["runs"].clone()).unwrap();
    assert_eq!(ids.len(), 4);
    page.until_status(ids[0], "running");
    page.until_status(ids[1], "running");
    assert_eq!([page.runs[&ids[2]].batches, page.runs[&ids[3]].batches], [0, 0]);
    // A paused run gives its core to the next.
    live.wish(ids[0], json!({ "do": "pause" }));
    page.until_status(ids[2], "running");
    assert_eq!(page.runs[&ids[3]].batches, 0);
    for &id in &ids {
        live.wish(id, json!({ "do": "stop" }));
        page.until_status(id, "stopped");
    }
}

#[test]
fn a_run_that_diverges_and_one_that_cannot_begin_say_so() {
    let live = Live::start();
    let mut page = live.page();
    let run = live.run("sgd lr=1e30", json!({ "epochs": 1 }));
    page.until_status(run, "diverged");
    let run = live.run("adam, nothing.*: lr=1", json!({ "epochs": 1 }));
    let failed = page.until(run, |run| run.status() == "failed");
    assert!(failed.head["error"].as_str().unwrap().contains("nothing"), "{}", failed.head);
}

#[test]
fn files_that_are_none_of_runs_are_left_alone() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let serve = folder.path().join("serve");
    fs::create_dir(&serve).unwrap();
    for (name, text) in [("run-1.json", "{"), ("run-2.json", ""), ("run-x.json", "1"), ("notes.txt", "mine")]
    {
        fs::write(serve.join(name), text).unwrap();
    }
    let live = Live::start_in(folder.clone(), Arc::default());
    let mut page = live.page();
    page.read();
    assert!(page.runs.is_empty());
    let run = live.run(RECIPE, json!({ "epochs": 2, "pace": 5 }));
    page.until(run, |run| run.batches > 1);
    live.end();
    let names = ["notes.txt", "run-1.json", "run-2.json", "run-3.json", "run-3.safetensors", "run-x.json"];
    assert_eq!(files_in(&serve), names);
}
