//! Files for other programs: event files read back, measurements one a row.

use report::{EventFile, points_csv, points_jsonl, run_document, runs_document, tensorboard};
use train::Record;

use crate::made;

/// A field of a message: its number and its bytes, of a number as they lie.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn number(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, number(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => number(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        found.push((key >> 3, bytes[..length].to_vec()));
        bytes = &bytes[length..];
    }
    found
}

fn field(message: &[u8], wanted: u64) -> Option<Vec<u8>> {
    fields(message).into_iter().find(|(number, _)| *number == wanted).map(|(_, bytes)| bytes)
}

/// The masked CRC-32C of TensorFlow, a bit at a time.
fn masked(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn events(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    while !file.is_empty() {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!(word(8), masked(&file[..8]));
        assert_eq!(word(12 + length), masked(&file[12..12 + length]));
        events.push(file[12..12 + length].to_vec());
        file = &file[16 + length..];
    }
    events
}

fn run() -> Record {
    made::run(&made::three()[1], 1, 2)
}

#[test]
fn event_files_hold_every_point_at_its_update() {
    let run = run();
    let events = events(&tensorboard(&run, 1000.0));
    assert_eq!(field(&events[0], 3).unwrap(), b"brain.Event:2");
    let mut read = Vec::new();
    for event in &events[2..] {
        let wall = f64::from_le_bytes(field(event, 1).unwrap().try_into().unwrap());
        let step = u64::from_le_bytes(field(event, 2).unwrap().try_into().unwrap());
        let value = field(&field(event, 5).unwrap(), 1).unwrap();
        let tag = String::from_utf8(field(&value, 1).unwrap()).unwrap();
        let scalar = f32::from_le_bytes(field(&value, 2).unwrap().try_into().unwrap());
        read.push((tag, step, wall, scalar));
    }
    let points = run.curves.iter().flat_map(|(name, points)| points.iter().map(move |point| (name, point)));
    let mut points: Vec<_> = points.collect();
    points.sort_by(|(_, a), (_, b)| a.epoch.total_cmp(&b.epoch));
    let written: Vec<_> = points
        .into_iter()
        .map(|(name, point)| (name.clone(), point.updates, 1000.0 + point.seconds, point.value as f32))
        .collect();
    assert_eq!(read, written);
}

#[test]
fn an_event_file_that_grows_with_its_run_is_that_of_the_whole_run() {
    let run = run();
    let epochs: Vec<f64> = run.curves.values().flatten().map(|point| point.epoch).collect();
    let (mut file, mut parts) = (EventFile::new(&run.recipe, 1000.0), Vec::new());
    for until in [0.0, 0.5, 0.5, 1.0, 2.0, f64::INFINITY] {
        let mut part = run.clone();
        part.curves.values_mut().for_each(|curve| curve.retain(|point| point.epoch <= until));
        part.curves.retain(|_, curve| !curve.is_empty());
        let news = file.news([&part.curves, &part.diagnostics]);
        // A file that ends here can be read.
        parts.extend(news);
        assert_eq!(events(&parts).len(), 2 + epochs.iter().filter(|epoch| **epoch <= until).count());
    }
    assert_eq!(parts, tensorboard(&run, 1000.0));
}

#[test]
fn every_measurement_is_a_row_and_a_line() {
    let mut run = run();
    run.curves.get_mut("train_loss").unwrap()[0].value = f64::NAN;
    run.recipe = "a \"recipe\", with commas".into();
    let count: usize = run.curves.values().map(Vec::len).sum();
    let runs = [run];
    let csv = points_csv(&runs);
    assert_eq!(csv.lines().count(), 1 + count);
    assert!(csv.contains("\"a \"\"recipe\"\", with commas\""), "{csv}");
    let lines: Vec<serde_json::Value> =
        points_jsonl(&runs).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), count);
    let empty = lines.iter().filter(|line| line["value"].is_null()).count();
    assert_eq!(empty, 1, "a value that is not finite");
    let accuracy = lines.iter().rfind(|line| line["measure"] == "test_accuracy").unwrap();
    assert_eq!(accuracy["value"].as_f64(), runs[0].final_metric());
}

#[test]
fn stored_runs_are_documents() {
    let run = run();
    let summary = lab::store::Summary::new(run.key(), &run, 0);
    let list = runs_document(std::slice::from_ref(&summary)).render(report::document::Format::Csv);
    assert_eq!(list.lines().count(), 2, "{list}");
    let document = run_document(&summary, &run);
    let count: usize = run.curves.values().map(Vec::len).sum();
    assert_eq!(document.render(report::document::Format::Csv).lines().count(), 1 + count);
    let page = document.render(report::document::Format::Html);
    for part in [&run.key(), "data-figure=\"curve0\"", "data-figure=\"curve1\"", "Curves in numbers"] {
        assert!(page.contains(part), "{part}");
    }
}
