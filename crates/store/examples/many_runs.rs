//! Times a store of 10,000 runs: `cargo run -p store --example many_runs [RUNS]`.
#![allow(clippy::print_stdout, reason = "an example shows something")]

use std::time::Instant;

use lab::Comparison;
use lab::store::{Filter, Store, StudyText, Trial};
use train::Record;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs: u64 = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("runs.db");
    let records: Vec<Record> = (0..runs).map(record).collect::<Result<_, _>>()?;
    timed("put all", || store::Sqlite::open(&path)?.put_all(&records).map(drop))?;
    let store = store::Sqlite::open(&path)?;
    store.open_study(&StudyText { name: "study".into(), text: "a = 1".into() })?;
    let trials: Vec<Trial> = records
        .chunks(10)
        .enumerate()
        .map(|(number, runs)| Trial {
            name: format!("trial/{number}"),
            runs: runs.iter().map(Record::key).collect(),
            result: "0.5".to_string(),
        })
        .collect();
    store.put_trials("study", &trials)?;
    drop(store);
    println!("{:>9.1} MB", std::fs::metadata(&path)?.len() as f64 / 1e6);

    timed("open and list", || store::Sqlite::open_existing(&path)?.list(&Filter::default()).map(drop))?;
    let store = timed("open", || store::Sqlite::open_existing(&path))?;
    timed("list again", || store.list(&Filter::study("study")).map(drop))?;
    let found = timed("all records", || store.records(&Filter::default()))?;
    let comparison = timed("compare them", || Ok(Comparison::new(found, None, String::new())))?;
    println!("            {} recipes", comparison.rows.len());
    timed("a thousand gets", || {
        records.iter().take(1000).try_for_each(|run| store.get(&run.key()).map(drop))
    })?;
    timed("a hundred puts", || {
        (runs..runs + 100).try_for_each(|seed| store.put(&record(seed).expect("as before")).map(drop))
    })?;
    timed("check", || store.check().map(drop))?;
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> Result<T, lab::store::Error>) -> Result<T, lab::store::Error> {
    let start = Instant::now();
    let value = work()?;
    println!("{:>9.3} s  {what}", start.elapsed().as_secs_f64());
    Ok(value)
}

/// A run of five epochs as `descent compare` makes them: 92 points in four curves.
fn record(seed: u64) -> Result<Record, train::record::ParseError> {
    let points = |count: u64| -> Vec<String> {
        let point = |place: u64| {
            let value = ((seed * 31 + place * 17) % 1009) as f64 / 1009.0;
            let epoch = place as f64 * 5.0 / count as f64;
            format!(
                r#"{{"epoch":{epoch},"updates":{},"seconds":{},"value":{value}}}"#,
                place * 94,
                epoch * 0.0937
            )
        };
        (1..=count).map(point).collect()
    };
    let [ten, four, one] = [50, 20, 5].map(|count| points(count).join(","));
    let lr = (seed % 100 + 1) as f64 / 1000.0;
    Record::parse(&format!(
        r#"{{"schema":2,"task":{{"name":"mlp","data":{{"name":"mnist","origin":"a folder","sample":false}},"sha256":"00",
        "examples":{{"train":60000,"test":10000}},"model":"784-128-64-10","weights":109386,"loss":"cross-entropy",
        "metric":"accuracy","target":0.95}},"optimizer":"adam","recipe":"adam lr={lr}, batch=64","seed":{},"batch":64,
        "budget":{{"epochs":5,"evaluations":4}},"status":{{"is":"finished"}},
        "counts":{{"batches":4690,"updates":4690,"gradients":4690,"examples":300000}},"state_bytes_per_weight":8,
        "environment":{{"kernel":"avx512","threads":1,"version":"0.1.0"}},
        "curves":{{"train_loss":[{ten}],"epoch_train_loss":[{one}],"test_loss":[{four}],"test_accuracy":[{four}]}}}}"#,
        seed / 100
    ))
}
