//! Older and newer schemas, and what people who query the file rely on.

use std::fs;
use std::path::Path;

use lab::store::{Error, Filter, Holder, Store};
use store::{Cell, Cleaning, QueryError, SCHEMA, Sqlite};

use crate::made::{contents, record, records, study, trial};

/// Written when schema 1 was the newest: the runs 0 to 3 and 6, a study with two trials, a claim.
const SCHEMA_1: &[u8] = include_bytes!("../fixtures/schema1.db");

fn query(path: &Path, sql: &str) -> Vec<Vec<Cell>> {
    Sqlite::query(path, sql).unwrap_or_else(|error| panic!("{sql}: {error}")).rows
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_string())
}

#[test]
fn a_store_of_schema_1_becomes_one_of_the_newest_with_all_that_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.db");
    fs::write(&path, SCHEMA_1).expect("a file");
    let read = |path: &Path| contents(&Sqlite::open(path).expect("a store")).expect("all of it");
    let first = read(&path);
    assert_eq!(query(&path, "PRAGMA user_version"), [[Cell::Integer(SCHEMA.into())]]);
    assert_eq!(read(&path), first);

    let store = Sqlite::open(&path).expect("a store");
    let found = store.records(&Filter::default()).expect("records");
    let expected: Vec<_> = [0, 1, 2, 3, 6].map(record).into();
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    assert_eq!(store.list(&Filter::study("rates")).expect("a list").len(), 4);
    assert_eq!(store.studies().expect("studies"), [study()]);
    // What the schema adds is there to be used.
    let claim = &store.running().expect("claims")[0];
    assert!(store.beat(&claim.key, &claim.holder, Some(&record(9))).expect("a sign of life"));
    assert_eq!(store.running().expect("claims")[0].so_far, Some(record(9)));
    let points = "SELECT count(*) FROM running_points WHERE curve = 'test_loss'";
    assert_eq!(query(&path, points), [[Cell::Integer(5)]]);
    assert_eq!(store.check().expect("whole"), 5);
}

#[test]
fn an_old_store_with_a_changed_row_is_refused_and_a_newer_one_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.db");
    let change = |sql: &str| {
        fs::write(&path, SCHEMA_1).expect("a file");
        let connection = rusqlite::Connection::open(&path).expect("a database");
        connection.execute_batch(&format!("PRAGMA foreign_keys = off; {sql}")).expect(sql);
    };
    for (sql, part) in [
        ("UPDATE runs SET value = 0.99 WHERE seed = 2", "row 3 of `runs`"),
        ("UPDATE runs SET recipe = CAST(x'ff' AS TEXT) WHERE seed = 2", "row 3 of `runs`"),
        ("DELETE FROM runs WHERE seed = 2", "expected 5 rows in `runs`"),
        ("DELETE FROM trials WHERE id = 1", "expected 2 rows in `trials`"),
        ("UPDATE totals SET checks = '' WHERE name = 'runs'", "totals"),
        ("DROP VIEW results; CREATE VIEW results AS SELECT 1", "`results`"),
        ("PRAGMA user_version = 99", "found schema 99"),
        ("PRAGMA user_version = 0", "found schema 0"),
        ("PRAGMA application_id = 1", "another SQLite database"),
    ] {
        change(sql);
        let error = Sqlite::open(&path).expect_err(sql);
        assert!(error.to_string().contains(part), "{sql}: {error}");
    }
    for (sql, part) in [
        ("UPDATE records SET json = replace(json, '0.2', '0.3') WHERE run = 4", "the record of run"),
        ("DELETE FROM records WHERE run = 4", "row 4 of `records` is missing"),
    ] {
        change(sql);
        let store = Sqlite::open(&path).expect("the list is right");
        let error = store.records(&Filter::default()).expect_err(sql);
        assert!(error.to_string().contains(part), "{sql}: {error}");
        assert!(matches!(store.check(), Err(Error::Damaged { .. })), "{sql}");
    }
    change("DELETE FROM claims");
    let error = Sqlite::open(&path).expect("a store").running().expect_err("a missing claim");
    assert!(error.to_string().contains("`claims`"), "{error}");
}

#[test]
fn the_views_say_what_the_records_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("it's a \"store\"? #1.db");
    let store = Sqlite::open(&path).expect("a new store");
    store.put_all(&records(0..7)).expect("new");
    store.open_study(&study()).expect("new");
    store.put_trial("rates", &trial("tune/1", 0..3)).expect("new");
    let best = "SELECT optimizer, seed, value, studies FROM results ORDER BY value DESC LIMIT 1";
    assert_eq!(query(&path, best), [[text("adam"), Cell::Integer(0), Cell::Real(1.0 / 7.0), text("rates")]]);
    let curve = "SELECT place, epoch, updates, points.value FROM points JOIN runs ON run = key
         WHERE seed = 6 AND curve = 'test_loss'";
    let rows = query(&path, curve);
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[1], [Cell::Integer(1), Cell::Real(0.25), Cell::Integer(25), Cell::Real(0.1)]);
    assert_eq!(rows[4][3], text("NaN"));
    let of_trial = "SELECT seed FROM trial_runs JOIN runs ON run = key WHERE trial = 'tune/1' ORDER BY place";
    assert_eq!(query(&path, of_trial), [0, 1, 2].map(|seed| [Cell::Integer(seed)]));
}

#[test]
fn the_page_of_the_schema_names_every_column() {
    let page = include_str!("../../../../docs/store.md");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.db");
    Sqlite::open(&path).expect("a new store");
    assert!(page.contains(&format!("Schema {SCHEMA}, in `user_version`")));
    let columns = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.sql IS NOT NULL";
    let rows = query(&path, columns);
    assert!(rows.len() > 60, "{}", rows.len());
    for name in rows.into_iter().flatten() {
        let Cell::Text(name) = name else { panic!("{name:?}") };
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    // Its examples can be asked.
    let example = page.split("```sql").nth(1).and_then(|rest| rest.split("```").next()).expect("examples");
    let asked: Vec<&str> = example.split(";\n").filter(|sql| !sql.trim().is_empty()).collect();
    asked.iter().for_each(|sql| drop(query(&path, sql)));
    assert_eq!(asked.len(), 3);
}

#[test]
fn questions_only_read_and_mistakes_in_them_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.db");
    Sqlite::open(&path).expect("a new store").put_all(&records(0..3)).expect("new");
    for (sql, part) in [
        ("SELECT * FROM run", "no such table: run"),
        ("SELECT seed FROM runs WHERE", "incomplete input"),
        ("DELETE FROM runs", "expected a statement that reads"),
        ("VACUUM INTO 'copy.db'", "expected a statement that reads"),
        ("CREATE TABLE x (y)", "expected a statement that reads"),
        ("SELECT 1; DELETE FROM runs", "expected one statement"),
        ("", ""),
    ] {
        match Sqlite::query(&path, sql) {
            Err(QueryError::Sql(why)) => assert!(why.contains(part), "{sql}: {why}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    assert_eq!(query(&path, "SELECT count(*) FROM runs"), [[Cell::Integer(3)]]);
}

#[test]
fn cleaning_ends_dead_claims_and_keeps_everything_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.db");
    let store = Sqlite::open(&path).expect("a new store");
    let mut old = record(40);
    old.environment.numbers = 0;
    let mut of_study = record(41);
    of_study.environment.numbers = 0;
    store.put_all(&[records(0..5), vec![old, of_study.clone()]].concat()).expect("new");
    store.open_study(&study()).expect("new");
    let trial = lab::store::Trial { runs: vec![of_study.key()], ..trial("a", 0..0) };
    store.put_trial("rates", &trial).expect("new");
    let (alive, dead) = (Holder::new(), Holder { start: 1, ..Holder::new() });
    store.claim("alive", &alive).expect("a claim");
    store.claim("dead", &dead).expect("a claim");
    let before = contents(&store).expect("a store");
    let cleaning = Cleaning { older_numbers: true, dry_run: true };
    let told = store.clean(cleaning).expect("a dry run");
    assert_eq!(contents(&store).expect("a store"), before);
    let done = store.clean(Cleaning { dry_run: false, ..cleaning }).expect("cleaned");
    let expired = usize::from(cfg!(target_os = "linux"));
    assert_eq!((told.claims, told.runs), (expired, 1));
    assert_eq!((done.claims, done.runs), (expired, 1));
    assert_eq!(store.check().expect("whole"), 6);
    let again = Sqlite::open(&path).expect("the same store");
    assert_eq!(contents(&again).expect("a store"), contents(&store).expect("a store"));
    assert_eq!(again.put(&record(90)).expect("new"), lab::store::Put::New);
}
