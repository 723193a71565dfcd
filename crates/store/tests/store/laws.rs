//! All implementations do the same as the one in memory, and a file says the same when it is opened again.

use lab::Store;
use lab::store::{Claim, Error, Filter, Holder, Memory, Put, StudyText, Trial};
use train::Record;

use crate::made::{both, contents, record, records, study, trial};

/// Does a bit of everything; returns what the store answered.
fn use_it(store: &dyn Store, holders: &[Holder; 2]) -> Result<Vec<String>, Error> {
    let [first, second] = holders;
    let mut said = Vec::new();
    let mut say = |text: String| said.push(text);
    say(format!("{:?}", store.put_all(&records(0..10))?));
    say(format!("{:?}", store.put(&record(3))?));
    let mut slower = record(3);
    slower.curves.values_mut().flatten().for_each(|point| point.seconds *= 2.0);
    say(format!("{:?}", store.put(&slower)?));
    let other = Record { state_bytes_per_weight: 4, ..record(3) };
    say(format!("{:?}", store.put_all(&[record(100), other.clone()]).map_err(|error| error.to_string())));
    say(format!("{:?}", store.put_all(&[record(101), record(101)])?));

    let key = record(50).key();
    say(format!("{:?}", store.claim(&key, first)?));
    say(format!("{:?}", store.claim(&key, second)?));
    say(format!("{:?}", store.beat(&key, first, Some(&record(50)))?));
    say(format!("{:?}", store.beat(&key, second, None)?));
    store.release(&key, second)?;
    say(format!("{}", store.running()?.len()));
    store.put(&record(50))?;
    say(format!("{}", store.running()?.len()));
    say(format!("{}", matches!(store.claim(&key, second)?, Claim::Done(_))));
    say(format!("{:?}", store.claim(&record(51).key(), second)?));
    say(format!("{:?}", store.claim(&record(52).key(), first)?));
    store.release(&record(52).key(), first)?;

    let changed = StudyText { text: "seeds = 3\n".into(), ..study() };
    say(format!("{:?}", store.put_trial("rates", &trial("a/1", 0..3)).map_err(|error| error.to_string())));
    for study in [study(), study(), changed.clone(), StudyText { name: "other".into(), ..study() }] {
        say(format!("{:?}", store.open_study(&study).map_err(|error| error.to_string())));
    }
    let trials = [trial("a/10", 0..3), trial("a/9", 2..6)];
    say(format!("{:?}", store.put_trials("rates", &trials)?));
    say(format!("{:?}", store.put_trials("other", &trials)?));
    let other = Trial { result: "0.6".into(), ..trials[0].clone() };
    let both = [trial("a/11", 0..1), other];
    say(format!("{:?}", store.put_trials("rates", &both).map_err(|error| error.to_string())));
    store.replace_study(&StudyText { name: "other".into(), ..changed })?;
    store.put_trial("other", &trial("b", 7..8))?;
    Ok(said)
}

#[test]
fn every_store_answers_as_the_one_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let holders = [Holder::new(), Holder::new()];
    let memory = Memory::default();
    let expected = use_it(&memory, &holders).expect("memory");
    let state = contents(&memory).expect("memory");
    for path in both(folder.path()) {
        let store = store::open(&path).expect("a new store");
        let said = use_it(&*store, &holders).expect("a store");
        for (said, expected) in said.iter().zip(&expected) {
            assert_eq!(said, expected, "{}", path.display());
        }
        assert_eq!(contents(&*store).expect("a store"), state);
        let again = store::open_existing(&path).expect("the same store");
        assert_eq!(contents(&*again).expect("the same store"), state);
        // What one of two does, the other sees; and what was replaced does not stay.
        store.put(&record(200)).expect("new");
        again.replace_study(&study()).expect("replaced");
        assert_eq!(contents(&*store).expect("one"), contents(&*again).expect("the other"));
    }
}

#[test]
fn filters_combine() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in both(folder.path()) {
        let store = store::open(&path).expect("a new store");
        store.put_all(&records(0..20)).expect("new");
        store.open_study(&study()).expect("new");
        store.put_trial("rates", &trial("a", 0..5)).expect("new");
        let text = |text: &str| Some(text.to_string());
        let none = Filter::default();
        for (filter, count) in [
            (none.clone(), 20),
            (Filter { optimizer: text("adam"), ..none.clone() }, 10),
            (Filter { recipe: text("lr=0.1"), seed: Some(3), ..none.clone() }, 1),
            (Filter { status: text("diverged"), ..none.clone() }, 2),
            (Filter { study: text("rates"), optimizer: text("sgd"), ..none.clone() }, 2),
            (Filter { task: text("resnet"), ..none.clone() }, 0),
            (Filter { key: text(&record(4).key()[..10]), ..none.clone() }, 1),
        ] {
            assert_eq!(store.list(&filter).expect("a list").len(), count, "{filter:?}");
            assert_eq!(store.records(&filter).expect("records").len(), count, "{filter:?}");
        }
    }
}

#[test]
fn seeds_of_all_sizes_and_odd_names_return() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in both(folder.path()) {
        let store = store::open(&path).expect("a new store");
        let name = "a'b\"; DROP TABLE runs; --\u{1b}[2J\n\u{0}";
        let odd = Record { seed: u64::MAX, recipe: name.into(), ..record(0) };
        assert_eq!(store.put(&odd).expect("new"), Put::New);
        let study = StudyText { name: name.into(), text: name.into() };
        store.open_study(&study).expect("new");
        store
            .put_trial(name, &Trial { name: name.into(), runs: vec![odd.key()], result: name.into() })
            .expect("new");
        let store = store::open_existing(&path).expect("the same store");
        assert_eq!(store.get(&odd.key()).expect("a run"), Some(odd));
        let runs = store.list(&Filter::study(name)).expect("a list");
        assert_eq!((runs[0].seed, runs[0].recipe.as_str()), (u64::MAX, name));
        assert_eq!(store.studies().expect("studies"), [study]);
    }
}
