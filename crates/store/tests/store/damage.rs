//! Damaged files: a precise error, or exactly the right data.

use std::fs;
use std::path::Path;

use lab::store::{Error, Holder};
use tensor::random::Stream;

use crate::made::{contents, record, records, rounds, study, trial};
use store::{Answer, QueryError, Sqlite};

/// Puts something of everything into a store.
fn fill(path: &Path) -> String {
    let store = store::open(path).expect("a new store");
    store.put_all(&records(0..30)).expect("new");
    for seed in 30..36 {
        store.put(&record(seed)).expect("new");
    }
    store.open_study(&study()).expect("new");
    for number in 0..8 {
        store.put_trial("rates", &trial(&format!("tune/{number}"), number..number + 4)).expect("new");
    }
    let holder = Holder::new();
    store.claim(&record(99).key(), &holder).expect("a claim");
    store.beat(&record(99).key(), &holder, Some(&record(99))).expect("a sign of life");
    contents(&*store).expect("a store")
}

/// Damages bytes in one of several ways; says which.
fn damage(bytes: &mut Vec<u8>, random: &mut Stream) -> String {
    let len = bytes.len();
    let mut below = |n: usize| random.below(n as u32) as usize;
    match below(6) {
        0 => {
            let place = below(200);
            bytes[place] ^= 1 << below(8);
            format!("a bit of byte {place}")
        }
        1 | 2 => {
            let place = below(len);
            bytes[place] ^= 1 << below(8);
            format!("a bit of byte {place}")
        }
        3 => {
            let place = below(len);
            bytes.truncate(place);
            format!("cut at {place}")
        }
        4 => {
            let place = below(len);
            let end = len.min(place + 1 + below(600));
            bytes[place..end].fill(0);
            format!("zeros from {place} to {end}")
        }
        _ => {
            let pages = len / 4096;
            let (from, to) = (below(pages), below(pages));
            bytes.copy_within(from * 4096..from * 4096 + 4096, to * 4096);
            format!("page {from} over page {to}")
        }
    }
}

#[test]
fn five_hundred_damages_to_a_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, damaged) = (folder.path().join("whole.db"), folder.path().join("damaged.db"));
    let expected = fill(&whole);
    let original = fs::read(&whole).expect("a file");
    let mut random = Stream::new(0, "damage");
    let (mut refused, mut unharmed) = (0, 0);
    for number in 0..rounds(500) {
        let mut bytes = original.clone();
        let what = damage(&mut bytes, &mut random);
        fs::write(&damaged, &bytes).expect("a file");
        match store::open_existing(&damaged).and_then(|store| contents(&*store)) {
            Err(error) => {
                assert!(error.to_string().contains("damaged.db"), "{number}: {what}: {error}");
                assert!(!error.hint().is_empty());
                refused += 1;
            }
            Ok(found) => {
                assert_eq!(found, expected, "{number}: {what}");
                unharmed += 1;
            }
        }
        remove_log(&damaged);
    }
    // Bytes that nothing reads can be damaged without harm; most are read.
    assert!(refused > rounds(250) && unharmed > 0, "{refused} refused, {unharmed} unharmed");
}

/// Removes the log that SQLite leaves with a damaged file.
fn remove_log(path: &Path) {
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

#[test]
fn a_damaged_database_never_answers_a_question_wrongly() {
    let questions = [
        "SELECT * FROM results ORDER BY key",
        "SELECT count(*), sum(value) FROM points",
        "SELECT * FROM trial_runs ORDER BY study, trial, place",
        "SELECT count(*), sum(value) FROM running_points",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, damaged) = (folder.path().join("whole.db"), folder.path().join("damaged.db"));
    fill(&whole);
    let expected: Vec<Answer> =
        questions.iter().map(|sql| Sqlite::query(&whole, sql).expect("a table")).collect();
    let original = fs::read(&whole).expect("a file");
    let mut random = Stream::new(1, "damage");
    for number in 0..rounds(200) {
        let mut bytes = original.clone();
        let what = damage(&mut bytes, &mut random);
        fs::write(&damaged, &bytes).expect("a file");
        let question = number as usize % questions.len();
        match Sqlite::query(&damaged, questions[question]) {
            Ok(answer) => assert_eq!(answer, expected[question], "{number}: {what}"),
            Err(QueryError::Store(error)) => {
                assert!(error.to_string().contains("damaged.db"), "{number}: {what}: {error}");
            }
            Err(QueryError::Sql(why)) => panic!("{number}: {what}: the question is right, found {why}"),
        }
        remove_log(&damaged);
    }
}

#[test]
fn a_changed_byte_of_json_lines_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, damaged) = (folder.path().join("whole.jsonl"), folder.path().join("damaged.jsonl"));
    let expected = fill(&whole);
    let original = fs::read(&whole).expect("a file");
    let mut random = Stream::new(0, "damage");
    let ends = (0..original.len()).filter(|&place| original[place] == b'\n').take(20);
    let last = original.len() - 1;
    let somewhere = (0..100).map(|_| random.below(original.len() as u32) as usize);
    for place in ends.chain([last, last - 1, 0]).chain(somewhere.collect::<Vec<_>>()) {
        for bit in [0, 1, 3, 5, 7] {
            let mut bytes = original.clone();
            bytes[place] ^= 1 << bit;
            fs::write(&damaged, &bytes).expect("a file");
            match store::open_existing(&damaged).and_then(|store| contents(&*store)) {
                Err(error) => assert!(error.to_string().contains("damaged.jsonl"), "{error}"),
                Ok(found) => assert_eq!(found, expected, "bit {bit} of byte {place}"),
            }
        }
    }
}

#[test]
fn half_a_line_of_a_killed_process_is_passed_over_and_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.jsonl");
    fill(&path);
    let original = fs::read(&path).expect("a file");
    let lines: Vec<usize> = (0..original.len()).filter(|&place| original[place] == b'\n').collect();
    let cut = (lines[20] + lines[21]) / 2;
    fs::write(&path, &original[..cut]).expect("a file");
    let store = store::open_existing(&path).expect("a store");
    assert_eq!(store.list(&Default::default()).expect("a list").len(), 20);
    store.put(&record(500)).expect("new");
    assert_eq!(store::open(&path).expect("a store").list(&Default::default()).expect("a list").len(), 21);
}

#[test]
fn what_is_no_store_says_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes, found) in [
        ("empty.db", &b""[..], "an empty file"),
        ("text.db", b"some notes about the experiment, in no format at all", "another kind"),
        ("empty.jsonl", b"", "an empty file"),
        ("records.jsonl", b"{\"schema\": 2}\n", "another kind"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        for error in [store::open(&path).expect_err(name), store::open_existing(&path).expect_err(name)] {
            assert!(matches!(error, Error::NoStore { .. }), "{error:?}");
            assert!(error.to_string().contains(found) && error.to_string().contains(name), "{error}");
        }
        assert_eq!(fs::read(&path).expect("as it was"), bytes);
    }
    let missing = store::open_existing(&folder.path().join("missing.db")).expect_err("there is none");
    assert_eq!(missing.kind(), files::Kind::Missing);
    let a_folder = store::open(folder.path()).expect_err("a folder is no file");
    assert!(a_folder.to_string().contains("found a folder"), "{a_folder}");
}
