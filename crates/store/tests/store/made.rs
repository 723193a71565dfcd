//! Records and stores for tests.

use std::path::Path;

use lab::Store;
use lab::store::{Filter, Running, StudyText, Summary, Trial};
use train::record::{Counts, Environment, Point, Status, TaskRecord};
use train::{Budget, DataInfo, Metric, Record};

/// A run of this seed; every seventh has diverged, with values that JSON has no number for.
pub(crate) fn record(seed: u64) -> Record {
    let diverged = seed % 7 == 6;
    let point = |place: u64| Point {
        epoch: place as f64 / 4.0,
        updates: place * 25,
        seconds: place as f64 * 0.1,
        value: if diverged && place == 4 { f64::NAN } else { 1.0 / (seed + place + 3) as f64 },
    };
    let curve: Vec<Point> = (0..5).map(point).collect();
    let (optimizer, recipe) = match seed % 2 {
        0 => ("adam", "adam lr=0.001, batch=64"),
        _ => ("sgd", "sgd lr=0.1, batch=64"),
    };
    Record {
        schema: train::record::SCHEMA,
        task: TaskRecord {
            name: "simplenn".into(),
            data: DataInfo { name: "mnist".into(), origin: "a test".into(), sample: true },
            sha256: "00ff".into(),
            examples: [(train::Split::Train, 60_000)].into(),
            model: "784-128-64-10".into(),
            weights: 109_386,
            loss: "cross-entropy".into(),
            settings: Default::default(),
            metric: Metric::Accuracy,
            target: Some(0.95),
        },
        optimizer: optimizer.into(),
        recipe: recipe.into(),
        seed,
        batch: 64,
        budget: Budget { epochs: 1, evaluations: 4 },
        status: if diverged { Status::Diverged { step: 100 } } else { Status::Finished },
        counts: Counts { batches: 100, updates: 100, gradients: Some(100), examples: 6400 },
        state_bytes_per_weight: 8,
        environment: Environment { kernel: "avx2".into(), threads: 1, version: "0.1.0".into(), numbers: 1 },
        curves: [
            ("test_accuracy".to_string(), curve.clone()),
            ("test_loss".to_string(), curve.clone()),
            ("epoch_train_loss".to_string(), curve),
        ]
        .into(),
        diagnostics: Default::default(),
        histograms: Default::default(),
        changes: Vec::new(),
    }
}

pub(crate) fn records(seeds: std::ops::Range<u64>) -> Vec<Record> {
    seeds.map(record).collect()
}

pub(crate) fn study() -> StudyText {
    StudyText { name: "rates".into(), text: "seeds = 3\ntrials = 8\n".into() }
}

/// A trial of the runs with these seeds.
pub(crate) fn trial(name: &str, seeds: std::ops::Range<u64>) -> Trial {
    Trial { name: name.into(), runs: seeds.map(|seed| record(seed).key()).collect(), result: "0.5".into() }
}

/// Everything that a store says, as text, so that NaN equals itself. Times at which runs were put are left out.
pub(crate) fn contents(store: &dyn Store) -> Result<String, lab::store::Error> {
    let all = Filter::default();
    let runs: Vec<Summary> = store.list(&all)?.into_iter().map(|run| Summary { added: 0, ..run }).collect();
    let records = store.records(&all)?;
    let studies = store.studies()?;
    let trials: Result<Vec<_>, _> = studies.iter().map(|study| store.trials(&study.name)).collect();
    let claims: Vec<(String, u32)> =
        store.running()?.into_iter().map(|Running { key, holder, .. }| (key, holder.pid)).collect();
    Ok(format!("{runs:#?}\n{records:#?}\n{studies:#?}\n{:#?}\n{claims:#?}", trials?))
}

/// A file name in a folder.
pub(crate) fn both(folder: &Path) -> [std::path::PathBuf; 2] {
    [folder.join("runs.db"), folder.join("runs.jsonl")]
}

/// A number of rounds, times `DESCENT_TORTURE` where that is set.
pub(crate) fn rounds(usual: u64) -> u64 {
    let times = std::env::var("DESCENT_TORTURE").map_or(Ok(1), |text| text.parse());
    usual * times.unwrap_or_else(|_| panic!("DESCENT_TORTURE: expected a whole number"))
}
