//! The store in memory: claims, conflicts, expiry.

use lab::store::{
    Claim, EXPIRES, Error, Filter, Holder, Memory, Put, Store, StudyText, Trial, differences, keep_claims,
};
use train::record::{Counts, Environment, Point, Status, TaskRecord};
use train::{Budget, DataInfo, Metric, Record};

fn record(seed: u64, value: f64, seconds: f64) -> Record {
    let point = Point { epoch: 1.0, updates: 10, seconds, value };
    Record {
        schema: 2,
        task: TaskRecord {
            name: "simplenn".into(),
            data: DataInfo { name: "mnist".into(), origin: "a test".into(), sample: true },
            sha256: String::new(),
            examples: Default::default(),
            model: "784-128-64-10".into(),
            weights: 109_386,
            loss: "cross-entropy".into(),
            settings: Default::default(),
            metric: Metric::Accuracy,
            target: Some(0.95),
        },
        optimizer: "adam".into(),
        recipe: "adam lr=0.001, batch=64".into(),
        seed,
        batch: 64,
        budget: Budget { epochs: 1, evaluations: 1 },
        status: Status::Finished,
        counts: Counts::default(),
        state_bytes_per_weight: 8,
        environment: Environment { kernel: "avx2".into(), threads: 1, version: "0.1.0".into(), numbers: 1 },
        curves: [("test_accuracy".to_string(), vec![point])].into(),
        diagnostics: Default::default(),
        histograms: Default::default(),
        changes: Vec::new(),
    }
}

#[test]
fn one_holder_has_a_run_until_it_is_done_or_shows_no_life() {
    let (store, first, second) = (Memory::default(), Holder::new(), Holder::new());
    let key = record(0, 0.9, 1.0).key();
    let expired = EXPIRES.as_millis() as u64 + 1;
    assert_eq!(store.claim_at(&key, &first, 0), Claim::Ours);
    assert_eq!(store.claim_at(&key, &second, 1000), Claim::Held(first.clone()));
    assert!(store.beat_at(&key, &first, None, 1000) && !store.beat_at(&key, &second, None, 1000));
    assert_eq!(store.claim_at(&key, &second, expired), Claim::Held(first.clone()));
    assert_eq!(store.claim_at(&key, &second, 1000 + expired), Claim::Ours);
    assert!(!store.beat_at(&key, &first, None, 0), "the claim is another's now");
    store.release(&key, &first).expect("memory");
    assert_eq!(store.running().expect("memory").len(), 1, "only its holder ends a claim");

    assert_eq!(store.put(&record(0, 0.9, 1.0)).expect("new"), Put::New);
    assert!(store.running().expect("memory").is_empty());
    assert!(matches!(store.claim(&key, &first).expect("memory"), Claim::Done(_)));
}

#[test]
fn claims_of_this_process_are_kept_and_those_of_others_are_not() {
    let store = Memory::default();
    let (ours, other) = (Holder::new(), Holder { pid: std::process::id() + 1, ..Holder::new() });
    for (key, holder) in [("ours", &ours), ("other", &other)] {
        assert_eq!(store.claim(key, holder).expect("free"), Claim::Ours);
        assert!(store.beat_at(key, holder, None, 1), "a sign of life of long ago");
    }
    keep_claims(&store).expect("memory");
    let kept = |key: &str| store.running().expect("claims").iter().any(|run| run.key == key && run.beat > 1);
    assert!(kept("ours") && !kept("other"));
}

#[test]
fn a_run_is_kept_once_and_other_results_are_refused() {
    let store = Memory::default();
    let first = record(3, 0.9, 1.0);
    assert_eq!(store.put(&first).expect("new"), Put::New);
    let mut slower = record(3, 0.9, 2.0);
    slower.environment.threads = 4;
    slower.environment.version = "0.2.0".into();
    slower.task.target = None;
    assert_eq!(store.put(&slower).expect("the same results"), Put::Same);
    assert_eq!(store.get(&first.key()).expect("memory").as_ref(), Some(&first));
    let error = store.put(&record(3, 0.900_000_1, 1.0)).expect_err("another result");
    let text = error.to_string();
    assert!(text.contains("seed 3") && text.contains("0.9 and 0.9000001"), "{text}");
    assert_eq!(store.list(&Filter::default()).expect("memory").len(), 1);
}

#[test]
fn every_bit_of_a_result_counts() {
    for (one, other, same) in
        [(0.0, -0.0, false), (f64::NAN, f64::NAN, true), (f64::NAN, f64::INFINITY, false), (1.0, 1.0, true)]
    {
        let found = differences(&record(0, one, 1.0), &record(0, other, 1.0));
        assert_eq!(found.is_empty(), same, "{one} {other} {found:?}");
    }
    let diverged = Record { status: Status::Diverged { step: 7 }, ..record(0, 1.0, 1.0) };
    assert!(!differences(&record(0, 1.0, 1.0), &diverged).is_empty());
}

#[test]
fn a_changed_study_is_refused_with_the_difference() {
    let store = Memory::default();
    let study = |text: &str| StudyText { name: "rates".into(), text: text.into() };
    assert_eq!(store.open_study(&study("seeds = 3\ntrials = 8")).expect("new"), Put::New);
    assert_eq!(store.open_study(&study("seeds = 3\ntrials = 8")).expect("the same"), Put::Same);
    let changed = study("seeds = 3\ntrials = 16");
    let Err(Error::Changed { differences, .. }) = store.open_study(&changed) else {
        panic!("a changed study was accepted");
    };
    assert_eq!(differences, ["- trials = 8", "+ trials = 16"]);

    let run = record(1, 0.5, 1.0);
    store.put(&run).expect("new");
    for name in ["tune/adam/10", "tune/adam/2"] {
        let trial = Trial { name: name.into(), runs: vec![run.key()], result: "0.5".into() };
        assert_eq!(store.put_trial("rates", &trial).expect("new"), Put::New);
        assert_eq!(store.put_trial("rates", &trial).expect("the same"), Put::Same);
        let other = Trial { result: "0.6".into(), ..trial };
        assert!(matches!(store.put_trial("rates", &other), Err(Error::Conflict { .. })));
    }
    let names: Vec<String> =
        store.trials("rates").expect("known").into_iter().map(|trial| trial.name).collect();
    assert_eq!(names, ["tune/adam/2", "tune/adam/10"]);
    assert_eq!(store.list(&Filter::study("rates")).expect("memory").len(), 1);
    assert_eq!(store.list(&Filter::study("others")).expect("memory").len(), 0);
    assert!(matches!(store.trials("others"), Err(Error::Unknown { .. })));

    store.replace_study(&changed).expect("forced");
    assert!(store.trials("rates").expect("known").is_empty());
    assert_eq!(store.list(&Filter::default()).expect("memory").len(), 1, "runs stay");
}
