//! CSV by RFC 4180, and JSON lines that come back bit for bit.

use proptest::prelude::*;
use report::{Error, csv, jsonl, parse_jsonl};
use train::record::{Point, Status};
use train::{Record, Split};

use crate::made;

fn run() -> Record {
    made::run(&made::three()[1], 1, 2)
}

#[test]
fn a_row_an_epoch_with_the_accuracy_after_it() {
    let run = run();
    let rows = parse_csv(&csv(std::slice::from_ref(&run)));
    assert_eq!(rows.len(), 1 + run.curve(Record::EPOCH_LOSS).len());
    let column = |name: &str| rows[0].iter().position(|head| head == name).unwrap();
    assert_eq!(rows[2][column("epoch")], "2");
    assert_eq!(rows[2][column("train_loss")], run.curve(Record::EPOCH_LOSS)[1].value.to_string());
    let last = run.metric_curve(Split::Test).last().unwrap();
    assert_eq!(rows[2][column("metric")], "accuracy");
    assert_eq!(rows[2][column("test_metric")], last.value.to_string());
}

#[test]
fn a_run_that_diverged_at_once_keeps_its_row() {
    let mut run = run();
    run.curves.clear();
    run.status = Status::Diverged { step: 17 };
    let rows = parse_csv(&csv(&[run]));
    assert_eq!(rows.len(), 2);
    assert!(rows[1].contains(&"diverged".to_string()) && rows[1].contains(&"17".to_string()));
}

#[test]
fn broken_lines_are_named() {
    let good = jsonl(&[run()]);
    let text = format!("{good}\n{{\"schema\":1,\"dataset\":\"mn");
    let error = parse_jsonl(&text).unwrap_err();
    assert!(matches!(error, Error::NotARecord { line: 3, .. }), "{error}");
    assert!(error.to_string().starts_with("line 3 is not the record of a run"), "{error}");

    let newer = good.replace("\"schema\":2", "\"schema\":3");
    let error = parse_jsonl(&newer).unwrap_err();
    assert!(matches!(error, Error::Schema { line: 1, found: 3 }), "{error}");
    assert!(parse_jsonl("{}").is_err());
    assert_eq!(parse_jsonl("\n\r\n").unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn records_return_bit_for_bit(run in any_run()) {
        let text = jsonl(std::slice::from_ref(&run));
        let whole = text.starts_with("{\"schema\":2,") && text.ends_with("}\n");
        prop_assert!(whole, "{}", text);
        prop_assert_eq!(text.lines().count(), 1);
        let back = parse_jsonl(&text).unwrap();
        prop_assert_eq!(back.len(), 1);
        prop_assert_eq!(bits(&back[0]), bits(&run));
        prop_assert_eq!(words(&back[0]), words(&run));
    }
}

proptest! {
    #[test]
    fn csv_returns_its_text(text in ".*", recipe in "[\",\r\n a-z]{0,20}") {
        let run = Record { optimizer: text.clone(), recipe: recipe.clone(), ..run() };
        let rows = parse_csv(&csv(&[run]));
        prop_assert_eq!(rows.len(), 3);
        for row in &rows[1..] {
            prop_assert_eq!(row.len(), rows[0].len());
            prop_assert_eq!(&row[5], &text);
            prop_assert_eq!(&row[6], &recipe);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\PC\n{}\":,\\[\\]0-9]*") {
        let _ = parse_jsonl(&text);
    }
}

/// Every bit pattern, and often the ones that JSON lacks.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        (1..(1u64 << 52)).prop_map(f64::from_bits),
        ((1u64 << 53)..(1 << 60)).prop_map(|whole| whole as f64),
    ]
}

fn any_run() -> impl Strategy<Value = Record> {
    let numbers = prop::collection::vec(any_number(), 6);
    let wholes = prop::array::uniform4(prop_oneof![any::<u64>(), Just((1 << 53) + 1)]);
    (numbers, wholes, any::<bool>(), any::<String>()).prop_map(|(x, n, diverged, text)| {
        let mut run = Record {
            seed: n[0],
            optimizer: text.clone(),
            status: if diverged { Status::Diverged { step: n[2] } } else { Status::Finished },
            ..run()
        };
        run.task.weights = n[1] as usize;
        let points = x.chunks(3).map(|x| Point { epoch: x[0], updates: n[3], seconds: x[1], value: x[2] });
        run.curves = [(text, points.collect())].into();
        run
    })
}

fn bits(run: &Record) -> Vec<u64> {
    let points = run.curves.values().flatten();
    points.flat_map(|p| [p.epoch, p.seconds, p.value]).map(f64::to_bits).collect()
}

fn words(run: &Record) -> impl PartialEq + std::fmt::Debug {
    let Record { seed, task, optimizer, status, curves, .. } = run.clone();
    let updates: Vec<u64> = curves.values().flatten().map(|point| point.updates).collect();
    (seed, task.weights, optimizer, status, curves.into_keys().collect::<Vec<_>>(), updates)
}

/// A reader by the grammar of RFC 4180, written apart from the writer.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![];
    let mut row = vec![];
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty(), "the last row has no end");
    rows
}
