//! Stores of several machines, brought together.

use lab::store::{Error, Filter, StudyText};
use store::{Merged, merge};
use train::Record;

use crate::made::{contents, record, records, study, trial};

#[test]
fn merging_again_changes_nothing_and_every_order_has_the_same_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    for (name, seeds) in [("0.db", 0..12), ("1.jsonl", 8..20), ("2.db", 20..25)] {
        let shard = store::open(&place(name)).expect("a shard");
        shard.put_all(&records(seeds.clone())).expect("new");
        shard.open_study(&study()).expect("new");
        shard.put_trial("rates", &trial(name, seeds)).expect("new");
    }
    let mut all: Vec<Vec<String>> = Vec::new();
    for (into, order) in [("all.db", ["0.db", "1.jsonl", "2.db"]), ("all.jsonl", ["2.db", "1.jsonl", "0.db"])]
    {
        let target = store::open(&place(into)).expect("a new store");
        let mut merged = Merged::default();
        for name in order {
            let shard = store::open_existing(&place(name)).expect("a shard");
            let from = place(name);
            let part = merge((&*target, &place(into)), (&*shard, &from)).expect("no conflict");
            merged.new_runs += part.new_runs;
            merged.same_runs += part.same_runs;
            merged.new_trials += part.new_trials;
            let before = contents(&*target).expect("a store");
            let again = merge((&*target, &place(into)), (&*shard, &from)).expect("no conflict");
            assert_eq!((again.new_runs, again.new_trials, again.new_studies), (0, 0, 0));
            assert_eq!(contents(&*target).expect("a store"), before);
        }
        assert_eq!(merged, Merged { new_runs: 25, same_runs: 4, new_studies: 0, new_trials: 3 });
        let runs = target.list(&Filter::study("rates")).expect("a list");
        let mut keys: Vec<String> = runs.into_iter().map(|run| run.key).collect();
        keys.sort();
        all.push(keys);
    }
    assert_eq!((all[0].len(), &all[0]), (25, &all[1]));
}

#[test]
fn a_conflict_names_both_stores_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let [into, from] = ["into.db", "from.db"].map(|name| store::open(&place(name)).expect("a new store"));
    into.put_all(&records(0..3)).expect("new");
    let mut other = record(2);
    other.curves.get_mut("test_loss").expect("a curve")[3].value = 0.25;
    from.put_all(&[record(7), other]).expect("new");
    let before = contents(&*into).expect("a store");
    let refused = || merge((&*into, &place("into.db")), (&*from, &place("from.db"))).expect_err("a conflict");
    let text = refused().to_string();
    for part in ["into.db", "from.db", "seed 2", "test_loss[3]", "0.25"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(contents(&*into).expect("a store"), before);

    // So does a study with another definition, even if its runs agree.
    let from = store::open(&place("third.db")).expect("a new store");
    from.put(&record(9)).expect("new");
    for (store, text) in [(&into, "trials = 8"), (&from, "trials = 16")] {
        store.open_study(&StudyText { name: "rates".into(), text: text.into() }).expect("new");
    }
    let before = contents(&*into).expect("a store");
    let error = merge((&*into, &place("into.db")), (&*from, &place("third.db"))).expect_err("a conflict");
    assert!(matches!(&error, Error::Definitions { differences, .. } if differences.len() == 2), "{error}");
    assert_eq!(contents(&*into).expect("a store"), before);

    let _: Vec<Record> = into.records(&Filter::default()).expect("still whole");
}
