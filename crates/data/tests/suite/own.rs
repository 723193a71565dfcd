//! A user's own tables, arrays, texts and descriptions, right and wrong.

use std::fs;
use std::path::{Path, PathBuf};

use data::own::array::ImageLayout;
use data::own::csv::{self, Options, TargetKind};
use data::own::description::Kind as Format;
use data::own::{Description, Loaded, Normalization, array};
use data::samples::{Inputs, Samples, Targets};
use data::{Error, Idx, IdxData, Kind};
use proptest::prelude::*;
use tempfile::TempDir;

/// A file of these bytes.
fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The message without the folder.
fn message(error: &Error, path: &Path) -> String {
    assert_eq!(error.kind(), Kind::BadData, "{error}");
    assert!(!error.hint().is_empty(), "{error}");
    error.to_string().replace(&path.display().to_string(), &path.file_name().unwrap().to_string_lossy())
}

fn numbers(samples: &Samples) -> (&[usize], &[f32]) {
    match &samples.inputs {
        Inputs::Numbers { shape, values } => (shape, values),
        other => panic!("{other:?}"),
    }
}

fn classes(samples: &Samples) -> (&[u32], Vec<&str>) {
    match &samples.targets {
        Targets::Classes { labels, names } => (labels, names.iter().map(String::as_str).collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn dialects_of_csv_give_equal_tables() {
    let same = [
        "a,b,kind\n1,2.5,x\n-3,4e1,y\n",
        "a,b,kind\r\n1,2.5,x\r\n-3,4e1,y",
        "\u{feff}a,b,kind\n1,2.5,x\n-3,4e1,y\n",
        "a;b;kind\n1;2.5;x\n-3;4e1;y\n",
        "a\tb\tkind\n1\t2.5\tx\n-3\t4e1\ty\n",
        "\"a\",\"b\",\"kind\"\n\"1\",\"2.5\",\"x\"\n\"-3\",\"4e1\",\"y\"\n",
        "\n a , b , kind \n 1 , 2.5 , x \n\n-3,4e1,y\n",
    ];
    for text in same {
        let (_folder, path) = file("t.csv", text);
        let table = csv::read(&path, &Options::new("kind")).unwrap();
        assert_eq!(table.features, ["a", "b"], "{text:?}");
        assert_eq!(numbers(&table.samples), (&[2][..], &[1.0, 2.5, -3.0, 40.0][..]));
        assert_eq!(classes(&table.samples), (&[0, 1][..], vec!["x", "y"]));
    }
}

#[test]
fn targets_are_classes_or_numbers_by_option_or_values() {
    let read = |values: &[&str], kind| {
        let (_folder, path) = file("t.csv", format!("x,t\n{}", values.map_lines()));
        csv::read(&path, &Options { kind, ..Options::new("t") }).unwrap().samples.targets
    };
    let many: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let is_classes = |targets: &Targets| targets.classes().is_some();
    assert!(is_classes(&read(&["10", "9", "10"], TargetKind::Auto)));
    assert!(!is_classes(&read(&["10", "9.5", "10"], TargetKind::Auto)));
    assert!(!is_classes(&read(&many, TargetKind::Auto)));
    assert!(is_classes(&read(&many, TargetKind::Classes)));
    assert!(!is_classes(&read(&["1", "0"], TargetKind::Numbers)));
    // Sorted as numbers, not as words.
    let Targets::Classes { labels, names } = read(&["10", "9", "10"], TargetKind::Auto) else { panic!() };
    assert_eq!((labels, names), (vec![1, 0, 1], vec!["9".to_string(), "10".to_string()]));
}

trait Lines {
    fn map_lines(&self) -> String;
}

impl Lines for &[&str] {
    fn map_lines(&self) -> String {
        self.iter().map(|value| format!("1,{value}\n")).collect()
    }
}

#[test]
fn errors_of_tables_have_their_place() {
    type Change = fn(&mut Options);
    let same: Change = |_| ();
    let cases: [(&str, Change, &str); 19] = [
        ("a,t\n1,x\n,y\n", same, "t.csv, line 3, column 1 (\"a\"): expected a number, found nothing"),
        (
            "a,t\n1,x\n\nNA,y\n",
            same,
            "t.csv, line 4, column 1 (\"a\"): expected a number, found \"NA\", a missing value",
        ),
        ("a,t\n1,x\nred,y\n", same, "t.csv, line 3, column 1 (\"a\"): expected a number, found \"red\""),
        ("a;t\n\"1,5\";x\n", same, "t.csv, line 2, column 1 (\"a\"): expected a number, found \"1,5\""),
        ("a,t\n1e39,x\n", same, "t.csv, line 2, column 1 (\"a\"): expected a number, found \"1e39\""),
        ("a,t\n1,x\n2\n", same, "t.csv, line 3: expected 2 fields, found 1"),
        (
            "a,t\r1,x\r2,y\r",
            same,
            "t.csv, line 1: expected lines that end in a line feed, with or without a carriage return, found carriage returns alone",
        ),
        (
            "a,t\r\n1,x\r\n\r\nNA,y\r\n",
            same,
            "t.csv, line 4, column 1 (\"a\"): expected a number, found \"NA\", a missing value",
        ),
        (
            "a,t\n\"1\n\",x\n2,\"y\n3,z\n",
            same,
            "t.csv, line 4: expected a closing quote, found the end of the file",
        ),
        ("a,t\n1,\n", same, "t.csv, line 2, column 2 (\"t\"): expected a target, found nothing"),
        ("a,T\n1,x\n", same, "t.csv, line 1: unknown column \"t\"; did you mean \"T\"?"),
        (
            "a,t\n1,x\n",
            |o| o.target = Some("3".into()),
            "t.csv, line 1: expected a column from 1 to 2, found 3",
        ),
        ("a,a,t\n1,1,x\n", same, "t.csv, line 1, column 2: duplicate column \"a\", the first is column 1"),
        ("1,2\n3,4\n", same, "t.csv, line 1: expected the names of the columns, found numbers alone"),
        ("a,t\n", same, "t.csv: expected a line for each example, found none"),
        ("", same, "t.csv: expected a table in UTF-8, found an empty file"),
        ("t\n1\n", same, "t.csv, line 1: expected columns other than the target, found none"),
        (
            "a,t\n1,x\n",
            |o| o.ignore = vec!["t".into()],
            "t.csv, line 1, column 2: duplicate use of column \"t\"",
        ),
        (
            "a\u{1b}[31m,t\nx\u{1b}]0;,1\n",
            same,
            "t.csv, line 2, column 1 (\"a\\u{1b}[31m\"): expected a number, found \"x\\u{1b}]0;\"",
        ),
    ];
    for (text, change, expected) in cases {
        let (_folder, path) = file("t.csv", text);
        let mut options = Options::new("t");
        change(&mut options);
        assert_eq!(message(&csv::read(&path, &options).unwrap_err(), &path), expected, "{text:?}");
    }
    for (bytes, words) in [
        (&b"a,t\n1,\xff\n"[..], "line 2, column 2: expected UTF-8, found other bytes"),
        (b"\xff\xfea\0,\0", "found UTF-16"),
        (b"PK\x03\x04", "found a file of torch.save"),
        (b"a\0b,t\n", "zero bytes, so not a text file"),
    ] {
        let (_folder, path) = file("t.csv", bytes);
        let text = message(&csv::read(&path, &Options::new("t")).unwrap_err(), &path);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn words_are_encoded_one_hot_with_the_words_of_the_training_data() {
    let (folder, train) = file("train.csv", "id,color,size,t\n7,red,1,a\n8,blue,2,b\n9,red,3,a\n");
    let options = Options { ignore: vec!["id".into()], one_hot: vec!["2".into()], ..Options::new("t") };
    let table = csv::read(&train, &options).unwrap();
    assert_eq!(table.features, ["color=red", "color=blue", "size"]);
    assert_eq!(numbers(&table.samples).1, [1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 3.0]);

    let test = folder.path().join("test.csv");
    let read = |text: &str| {
        fs::write(&test, text).unwrap();
        csv::read_alike(&test, &options, &table)
    };
    let samples = read("id,color,size,t\n1,blue,5,b\n").unwrap();
    assert_eq!(numbers(&samples).1, [0.0, 1.0, 5.0]);
    assert_eq!(classes(&samples), (&[1][..], vec!["a", "b"]));
    for (text, words) in [
        (
            "id,color,size,t\n1,green,5,b\n",
            "line 2, column 2 (\"color\"): expected a word of the training data, found \"green\"",
        ),
        (
            "id,color,size,t\n1,red,5,c\n",
            "line 2, column 4 (\"t\"): expected one of the 2 classes of the training data, found \"c\"",
        ),
        ("id,size,color,t\n1,5,red,a\n", "line 1, column 2: expected column \"color\", found \"size\""),
        ("id,color,size\n1,red,5\n", "line 1: expected 4 columns, found 3"),
    ] {
        let text = message(&read(text).unwrap_err(), &test);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_table_without_a_header_or_target() {
    let (_folder, path) = file("t.csv", "1,2\n3,4\n");
    let options = Options { header: false, ..Options::new("2") };
    let table = csv::read(&path, &options).unwrap();
    assert_eq!((table.features, table.target.as_deref()), (vec!["1".to_string()], Some("2")));
    assert_eq!(numbers(&table.samples).1, [1.0, 3.0]);
    let table = csv::read(&path, &Options { target: None, ..options }).unwrap();
    assert_eq!(table.samples.targets, Targets::None);
}

/// A `.npy` file as NumPy writes it.
fn npy(version: u8, descr: &str, fortran: bool, shape: &str, body: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    let preamble = if version == 1 { 10 } else { 12 };
    while (preamble + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn npy_files_of_every_type_and_order_are_read() {
    let values = [0_u8, 1, 2, 100, 3, 4];
    let widened = |bytes: fn(u8) -> Vec<u8>| values.iter().flat_map(|&x| bytes(x)).collect::<Vec<u8>>();
    let cases: [(&str, Vec<u8>); 14] = [
        ("|i1", widened(|x| vec![x])),
        ("<i2", widened(|x| i16::from(x).to_le_bytes().into())),
        (">i2", widened(|x| i16::from(x).to_be_bytes().into())),
        ("<u2", widened(|x| u16::from(x).to_le_bytes().into())),
        ("<i4", widened(|x| i32::from(x).to_le_bytes().into())),
        (">i4", widened(|x| i32::from(x).to_be_bytes().into())),
        ("<u4", widened(|x| u32::from(x).to_le_bytes().into())),
        ("<i8", widened(|x| i64::from(x).to_le_bytes().into())),
        (">u8", widened(|x| u64::from(x).to_be_bytes().into())),
        ("<f4", widened(|x| f32::from(x).to_le_bytes().into())),
        (">f4", widened(|x| f32::from(x).to_be_bytes().into())),
        ("<f8", widened(|x| f64::from(x).to_le_bytes().into())),
        (">f8", widened(|x| f64::from(x).to_be_bytes().into())),
        ("=f8", widened(|x| f64::from(x).to_le_bytes().into())),
    ];
    for (descr, body) in cases {
        for version in 1..=3 {
            let (_folder, path) = file("x.npy", npy(version, descr, false, "(2, 3)", &body));
            let array = array::read(&path).unwrap();
            let samples = array::samples((array, &path), None, TargetKind::Auto, None).unwrap();
            assert_eq!(numbers(&samples), (&[3][..], &[0.0, 1.0, 2.0, 100.0, 3.0, 4.0][..]), "{descr}");
        }
    }
    // −2, the least normal number, the least of all, and the greatest.
    let halves = [0xc000_u16, 0x0400, 0x0001, 0x7bff];
    for (descr, bytes) in [("<f2", halves.map(u16::to_le_bytes)), (">f2", halves.map(u16::to_be_bytes))] {
        let (_folder, path) = file("x.npy", npy(1, descr, false, "(4,)", bytes.as_flattened()));
        let read =
            array::samples((array::read(&path).unwrap(), &path), None, TargetKind::Auto, None).unwrap();
        assert_eq!(numbers(&read).1, [-2.0, 2f32.powi(-14), 2f32.powi(-24), 65504.0], "{descr}");
    }
    let (_folder, path) = file("x.npy", npy(1, "|u1", true, "(2, 3)", &values));
    assert_eq!(array::read(&path).unwrap().elements, array::Elements::Bytes(vec![0, 2, 3, 1, 100, 4]));
    let (_folder, path) = file("x.npy", npy(1, "|b1", false, "(3,)", &[1, 0, 1]));
    let array = array::read(&path).unwrap();
    let samples =
        array::samples((array.clone(), &path), Some((array, &path)), TargetKind::Auto, None).unwrap();
    assert_eq!(numbers(&samples), (&[1][..], &[1.0, 0.0, 1.0][..]));
    assert_eq!(classes(&samples), (&[1, 0, 1][..], vec!["0", "1"]));
}

#[test]
fn errors_of_npy_files_are_described() {
    let good = npy(1, "<f4", false, "(2, 3)", &[0; 24]);
    let cases = [
        (good[..good.len() - 1].to_vec(), "expected 152 bytes, found 151 bytes for shape [2, 3] of f32"),
        ([good.clone(), vec![0]].concat(), "expected 152 bytes, found 153 bytes"),
        (npy(1, "<f4", false, "(4000000000, 4000000000)", &[0; 24]), "expected a size below 2⁶⁴ bytes"),
        (npy(1, "|O", false, "(2,)", &[0; 24]), "expected numbers, found elements of type \"|O\""),
        (npy(1, "<U5", false, "(2,)", &[0; 24]), "found elements of type \"<U5\""),
        (npy(1, "<c8", false, "(2,)", &[0; 16]), "found elements of type \"<c8\""),
        (
            npy(1, "<f2", false, "(2,)", &[0, 0x7c, 0, 0]),
            "element 0 (from 0): expected a finite number, found inf",
        ),
        (npy(4, "<f4", false, "(2,)", &[0; 8]), "expected version 1, 2 or 3 of the format, found 4"),
        (npy(1, "<f4", false, "(2.5,)", &[0; 8]), "expected a shape of whole numbers"),
        (
            npy(1, "<f4", false, "(1,)", &f32::NAN.to_le_bytes()),
            "element 0 (from 0): expected a finite number, found NaN",
        ),
        (npy(1, "<f8", false, "(1,)", &1e300_f64.to_le_bytes()), "expected a finite number, found 1"),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            "expected a header of at most 65,536 bytes within the file",
        ),
        (b"PK\x03\x04".to_vec(), "found an .npz archive"),
        (b"text".to_vec(), "expected a .npy or an IDX file"),
        (Vec::new(), "expected a .npy or an IDX file"),
    ];
    for (bytes, words) in cases {
        let (_folder, path) = file("x.npy", bytes);
        let text = message(&array::read(&path).unwrap_err(), &path);
        assert!(text.contains(words), "{words}: {text}");
    }
}

fn idx(folder: &TempDir, name: &str, shape: &[usize], data: IdxData) -> PathBuf {
    let path = folder.path().join(name);
    Idx { shape: shape.to_vec(), data }.save(&path).unwrap();
    path
}

#[test]
fn idx_files_of_every_kind_are_inputs_and_targets() {
    let folder = tempfile::tempdir().unwrap();
    let load = |inputs: PathBuf, targets: PathBuf| {
        let mut description =
            Description::new(Format::Array { layout: ImageLayout::Auto }, vec![inputs, targets]);
        description.test = data::own::description::Test::Part(data::samples::Holdout::Count(1));
        description.load()
    };
    // Labels of EMNIST's letters start at 1.
    let images = || idx(&folder, "images", &[4, 2, 3], IdxData::U8((0..24).collect()));
    let letters = idx(&folder, "letters", &[4], IdxData::U8(vec![26, 1, 3, 1]));
    let loaded = load(images(), letters).unwrap();
    assert_eq!(loaded.splits.train.inputs.shape(), [2, 3, 1]);
    assert_eq!(classes(&loaded.splits.train).1, ["1", "3", "26"]);
    // Three channels, floats, one-hot rows, QMNIST's columns, several numbers each.
    let colors = idx(&folder, "colors", &[4, 2, 1, 3], IdxData::F32((0..24).map(|x| x as f32).collect()));
    let one_hot = idx(&folder, "one hot", &[4, 3], IdxData::U8(vec![0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0]));
    let loaded = load(colors, one_hot).unwrap();
    assert_eq!(
        (numbers(&loaded.splits.train).0, classes(&loaded.splits.train).1),
        (&[2, 1, 3][..], vec!["0", "1", "2"])
    );
    let wide: Vec<i32> = (0..4).flat_map(|i| [i % 2, -7, 1 << 20, 3, 3, 3, 3, 3]).collect();
    let qmnist = idx(&folder, "qmnist", &[4, 8], IdxData::I32(wide));
    assert_eq!(classes(&load(images(), qmnist).unwrap().splits.train).1, ["0", "1"]);
    let pairs = idx(&folder, "pairs", &[4, 2], IdxData::F64((0..8).map(f64::from).collect()));
    assert!(matches!(load(images(), pairs).unwrap().splits.train.targets, Targets::Numbers { width: 2, .. }));
    // Classes that would be one number in f32.
    let large = idx(&folder, "large", &[4], IdxData::I32(vec![1 << 24, (1 << 24) + 1, 1, 2]));
    let text = load(images(), large.clone()).unwrap_err();
    let expected = "large, example 0 (from 0): expected a class below 16,777,216, found 16777216";
    assert_eq!(message(&text, &large), expected);
    // Channels first, as in PyTorch, and the same images with channels last.
    let (planes, pixels): (Vec<u8>, Vec<u8>) =
        ((0..4 * 3 * 10).collect(), (0..4 * 30).map(|i| i / 30 * 30 + i % 3 * 10 + i % 30 / 3).collect());
    let labels = || idx(&folder, "labels", &[4], IdxData::U8(vec![0, 1, 0, 1]));
    let first = load(idx(&folder, "nchw", &[4, 3, 2, 5], IdxData::U8(planes)), labels()).unwrap();
    let last = load(idx(&folder, "nhwc", &[4, 2, 5, 3], IdxData::U8(pixels)), labels()).unwrap();
    assert_eq!((first.splits.train.inputs.shape(), &first.splits), (&[2, 5, 3][..], &last.splits));
    assert_eq!(first.standardization.mean.len(), 3);
    // Another number of targets.
    let three = idx(&folder, "three", &[3], IdxData::U8(vec![0, 1, 2]));
    let text = load(images(), three.clone()).unwrap_err();
    assert_eq!(message(&text, &three), "three: expected 4 targets, one for each input, found shape [3]");
}

/// Test data that a model of the training data could not take, or would take for something else.
#[test]
fn test_arrays_are_of_the_kind_of_the_training_data() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str, n: usize| idx(&folder, name, &[n, 3], IdxData::U8((0..3 * n as u8).collect()));
    let floats = |name: &str, shape: &[usize], first: f32| {
        let count = shape.iter().product::<usize>();
        idx(&folder, name, shape, IdxData::F32((0..count).map(|i| first + i as f32).collect()))
    };
    let load = |train: [&PathBuf; 2], test: &[&PathBuf]| {
        let files = |paths: &[&PathBuf]| paths.iter().map(|path| path.to_path_buf()).collect::<Vec<_>>();
        let mut description = Description::new(Format::Array { layout: ImageLayout::Auto }, files(&train));
        description.test = data::own::description::Test::Files(files(test));
        description.load()
    };
    let (x, test_x) = (floats("x", &[6, 3], 0.0), floats("test x", &[4, 3], 9.0));
    let y = floats("y", &[6], 0.5);
    let whole = idx(&folder, "whole", &[4], IdxData::I32(vec![3, 1, 2, 2]));
    // Numbers that are whole in the test data are numbers still, and not classes.
    let loaded = load([&x, &y], &[&test_x, &whole]).unwrap();
    assert!(matches!(&loaded.splits.test.targets, Targets::Numbers { width: 1, values } if values[0] == 3.0));

    let pairs = floats("pairs", &[4, 2], 0.5);
    let (test_bytes, classes) =
        (bytes("bytes", 4), idx(&folder, "classes", &[6], IdxData::U8(vec![0, 1, 2, 3, 1, 2])));
    let refused: [([&PathBuf; 2], &[&PathBuf], &PathBuf, &str); 4] = [
        ([&x, &y], &[&test_x], &test_x, "test x: expected 2 test files, as of the training data, found 1"),
        (
            [&x, &y],
            &[&test_x, &pairs],
            &pairs,
            "pairs: expected test targets that are a number each, found 2 numbers",
        ),
        (
            [&x, &classes],
            &[&test_bytes, &whole],
            &test_bytes,
            "bytes: expected test inputs of numbers of another type, as in the training data, found unsigned bytes",
        ),
        ([&x, &y], &[&pairs, &whole], &pairs, "pairs: expected test inputs of shape [3], found [2]"),
    ];
    for (train, test, named, expected) in refused {
        assert_eq!(message(&load(train, test).unwrap_err(), named), expected);
    }
    // A single class is the fault of the targets' file.
    let one = idx(&folder, "one", &[6], IdxData::U8(vec![4; 6]));
    let error = load([&x, &one], &[&test_x, &whole]).unwrap_err();
    assert!(message(&error, &whole).starts_with("whole, example 0 (from 0): expected one of the 1 classes"));
}

/// A file of zeros without end, or a quote that is never closed, is not gathered in memory.
#[test]
fn a_record_is_bounded() {
    for record in ["\0".repeat(17 << 20), format!("\"{}", "1,x\n".repeat(5 << 20))] {
        let (_folder, path) = file("t.csv", format!("a,t\n{record}"));
        let error = data::own::csv::read(&path, &Options::new("t")).unwrap_err();
        let text = message(&error, &path);
        assert!(
            text.contains(": expected a record of at most 16,777,216 bytes, found a longer one"),
            "{text}"
        );
    }
}

fn described(text: &str, files: &[(&str, &str)]) -> (TempDir, Result<Loaded, Error>) {
    let (folder, path) = file("dataset.toml", text);
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let loaded = Description::open(&path).and_then(|description| description.load());
    (folder, loaded)
}

#[test]
fn a_description_has_every_key() {
    let rows: String = (0..100).map(|i| format!("{i},{},{}\n", i * 2 % 7, ["no", "yes"][i % 2])).collect();
    let table = format!("n,m,t\n{rows}");
    let text = "kind = \"csv\"\ntrain = \"t.csv\"\ntarget = \"t\"\ntest = \"20%\"\nvalidation = 10\n";
    let (_folder, loaded) = described(text, &[("t.csv", &table)]);
    let loaded = loaded.unwrap();
    let counts = [&loaded.splits.train, &loaded.splits.validation, &loaded.splits.test].map(Samples::len);
    assert_eq!(counts, [70, 10, 20]);
    assert_eq!(loaded.features, ["n", "m"]);
    assert_eq!(loaded.standardization.mean.len(), 2);
    let (_, values) = numbers(&loaded.splits.train);
    let mean: f32 = values.iter().step_by(2).sum::<f32>() / 70.0;
    assert!(mean.abs() < 1e-5, "{mean}");

    let with = |line: &str| described(&format!("{text}{line}\n"), &[("t.csv", &table)]).1.unwrap();
    assert_eq!(with("normalize = \"none\"").standardization.mean, [0.0]);
    assert_eq!(with("normalize = \"0.5,2\"").standardization.std, [2.0]);

    assert_eq!(with("").targets, None);
    let text = "kind = \"csv\"\ntrain = \"t.csv\"\ntarget = \"n\"\nignore = \"t\"\n";
    let with = |line: &str| {
        let loaded = described(&format!("{text}{line}\n"), &[("t.csv", &table)]).1.unwrap();
        let Targets::Numbers { values, .. } = &loaded.splits.test.targets else { panic!("numbers") };
        assert!(values.iter().all(|y| y.fract() == 0.0), "targets stay as they are: {values:?}");
        loaded.targets.unwrap()
    };
    let automatic = with("");
    assert!((automatic.mean[0] - 49.5).abs() < 5.0 && (automatic.std[0] - 28.9).abs() < 3.0, "{automatic:?}");
    assert_eq!(with("normalize_targets = \"auto\""), automatic);
    assert!(with("normalize_targets = \"none\"").is_identity());
    assert_eq!(with("normalize_targets = \"-5,2\"").mean, [-5.0]);

    let text = "kind = \"text\"\ntrain = \"a.txt\"\nlength = 4\n";
    let (_folder, loaded) = described(text, &[("a.txt", &"to be or not ".repeat(20))]);
    let loaded = loaded.unwrap();
    let vocabulary = loaded.vocabulary.unwrap();
    assert_eq!(vocabulary.len(), 7);
    assert_eq!([loaded.splits.train.len(), loaded.splits.test.len()], [51, 13]);
    // The test is the end of the text.
    let Inputs::Tokens { values, .. } = &loaded.splits.test.inputs else { panic!("tokens") };
    let end: String = "to be or not ".repeat(20).chars().skip(51 * 4).take(13 * 4).collect();
    assert_eq!(vocabulary.decode(values).unwrap(), end);
}

#[test]
fn a_part_without_examples_is_refused_with_the_way_to_have_some() {
    let rows = |test: &str| {
        let text = format!("kind = \"csv\"\ntrain = \"t.csv\"\ntarget = \"t\"\ntest = \"{test}\"\n");
        described(&text, &[("t.csv", "a,t\n1,x\n2,y\n3,x\n")]).1.unwrap_err()
    };
    for (test, expected, hint) in [
        ("0%", "expected one test example or more", "hold a larger part out"),
        ("100%", "expected one training example or more", "hold a smaller part out"),
    ] {
        let error = rows(test);
        assert!(
            error.to_string().contains(expected) && error.hint().starts_with(hint),
            "{error} {}",
            error.hint()
        );
    }
}

#[test]
fn errors_of_descriptions_have_their_place() {
    let cases = [
        (
            "kind = \"csv\"\ntrian = \"t.csv\"\ntrain = \"t.csv\"\n",
            "line 2, column 1: unknown key \"trian\"; did you mean `train`?",
        ),
        (
            "kind = \"cvs\"\ntrain = \"t.csv\"\n",
            "line 1, column 8: unknown kind \"cvs\"; did you mean \"csv\"?",
        ),
        ("kind = 3\n", "line 1, column 8: expected a string in \"quotes\", found \"3\""),
        ("train = \"t.csv\"\n", "dataset.toml: expected a key `kind`, found none"),
        ("kind = \"csv\"\n", "dataset.toml: expected a key `train`, found none"),
        ("kind = \"csv\"\ntrain = [\"a\", \"b\"]\n", "line 2, column 9: expected 1 to 1 files, found 2"),
        ("kind = \"csv\"\ntrain = \"t.csv\"\nvalidation = \"110%\"\n", "line 3, column 14: expected a count"),
        (
            "kind = \"csv\"\ntrain = \"t.csv\"\n  normalize = \"1,0\"\n",
            "line 3, column 15: expected a deviation above 0",
        ),
        (
            "kind = \"csv\"\ntrain = \"t.csv\"\ntargets = \"words\"\n",
            "line 3, column 11: expected classes, numbers or auto, found \"words\"",
        ),
        (
            "kind = \"array\"\ntrain = \"x\"\nignore = \"a\"\n",
            "line 3, column 10: expected kind \"csv\" for this key, found \"array\"",
        ),
        (
            "kind = \"csv\"\ntrain = \"t.csv\"\nnormalize_targets = \"much\"\n",
            "line 3, column 21: expected `auto`, `none` or a mean and a deviation",
        ),
        ("kind = \"csv\"\nkind = \"csv\"\n", "line 2, column 1: duplicate key"),
        ("kind = \"csv\ntrain = \"t.csv\"\n", "line 1"),
        (
            "kind = \"text\"\ntrain = \"t\"\nlength = 0\n",
            "line 3, column 10: expected 1 character or more, found \"0\"",
        ),
        (
            "kind = \"array\"\ntrain = \"x\"\nlayout = \"hwcn\"\n",
            "line 3, column 10: expected nchw, nhwc or auto, found \"hwcn\"",
        ),
        (
            "kind = \"csv\"\ntrain = \"x\"\nlength = 9\n",
            "line 3, column 10: expected kind \"text\" for this key, found \"csv\"",
        ),
        #[cfg(feature = "pictures")]
        (
            "kind = \"pictures\"\ntrain = \"x\"\nchannels = 4\n",
            "line 3, column 12: expected 1 or 3 channels, found \"4\"",
        ),
    ];
    for (text, words) in cases {
        let (folder, loaded) = described(text, &[]);
        let text = message(&loaded.unwrap_err(), &folder.path().join("dataset.toml"));
        assert!(text.contains(words), "{words}\n{text}");
    }
    let missing = described("kind = \"csv\"\ntrain = \"gone.csv\"\n", &[]).1.unwrap_err();
    assert_eq!(missing.kind(), Kind::MissingInput);
    assert!(missing.to_string().contains("gone.csv"));
}

/// Pipes and devices can be endless and are not opened.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [&pipe, Path::new("/dev/zero"), folder.path()] {
        let refused = [
            csv::read(path, &Options::new("t")).map(|_| ()),
            array::read(path).map(|_| ()),
            Description::open(path).map(|_| ()),
            Idx::open(path, 100).map(|_| ()),
        ];
        for result in refused {
            let text = result.unwrap_err().to_string();
            assert!(text.contains("regular file"), "{text}");
        }
    }
}

/// Sparse files of three gigabytes after a header are refused by their size, unread.
#[cfg(unix)]
#[test]
fn sparse_files_are_refused_by_their_size() {
    let starts = [npy(1, "<f4", false, "(2, 3)", &[]), vec![0, 0, 8, 1, 0, 0, 0, 9]];
    for start in starts {
        let (_folder, path) = file("sparse", start);
        fs::File::options().write(true).open(&path).unwrap().set_len(3 << 30).unwrap();
        let error = array::read(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::BadData);
        assert!(
            error.to_string().contains("3221225472") || error.to_string().contains("3,221,225,472"),
            "{error}"
        );
    }
}

#[test]
fn normalization_is_parsed_and_printed() {
    for text in ["auto", "none", "0.1307,0.3081", "0.5,0.5"] {
        assert_eq!(text.parse::<Normalization>().unwrap().to_string(), text);
    }
    for text in ["", "0.5", "0.5,0", "0.5,-1", "a,b", "nan,1", "1,inf", "0.5,0.5,0.5", "Auto"] {
        assert!(text.parse::<Normalization>().unwrap_err().starts_with("expected"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    /// Any bytes give a table or an error, never a panic.
    #[test]
    fn noise_is_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a-z0-9,;\"\n\r\t.= \\[\\]']{0,200}") {
        for bytes in [&bytes[..], text.as_bytes()] {
            let (_folder, path) = file("noise", bytes);
            let _ = csv::read(&path, &Options::new("a"));
            let _ = csv::read(&path, &Options { target: None, header: false, ..Options::new("") });
            let _ = array::read(&path);
            let _ = Description::open(&path).map(|description| description.load());
            let mut headed = npy(1, "<f4", false, "(2, 3)", &[]);
            let len = headed.len();
            headed[10 + bytes.len() % 60] ^= bytes.first().copied().unwrap_or(1);
            headed.truncate(len);
            headed.extend(bytes);
            fs::write(&path, headed).unwrap();
            let _ = array::read(&path);
        }
    }

    /// Writing and reading a table is a round trip.
    #[test]
    fn numbers_survive_a_table(rows in prop::collection::vec([-1e30_f32..1e30, -1.0_f32..1.0], 1..30)) {
        let lines: String = rows.iter().map(|[a, b]| format!("{a},{b:e},x\n")).collect();
        let (_folder, path) = file("t.csv", format!("a,b,t\n{lines}"));
        let table = csv::read(&path, &Options::new("t")).unwrap();
        prop_assert_eq!(numbers(&table.samples).1, rows.concat());
    }
}
