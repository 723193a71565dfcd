//! Finding and reading what is on this machine.

use std::fs;
use std::path::Path;

use data::{
    Dataset, Error, Event, Evidence, Idx, IdxData, Images, Kind, Origin, SETS, Verified, load, locate, set,
    verify,
};

use crate::tiny;

fn named(folder: &Path) -> Result<Dataset, Error> {
    let mut request = tiny::request(tiny::set(), folder);
    request.data_dir = Some(folder.into());
    load(&request, &mut tiny::ignore)
}

#[test]
fn a_named_folder_may_be_torchvisions_or_the_files_own_plain_or_packed() {
    for below in ["Tiny/raw", "", "raw"] {
        for (files, extension) in [(tiny::plain(), ""), (tiny::packed(), ".gz")] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join(below);
            tiny::write(&folder, &files, extension);
            let tiny = named(root.path()).unwrap();
            assert_eq!((tiny.train.len(), tiny.test.len()), (tiny::TRAIN, tiny::TEST));
            assert_eq!(tiny.train.image(3), &tiny::plain()[0][16 + 3 * 784..][..784]);
            assert_eq!(tiny.test.labels, [0, 7, 4, 1, 8]);
            assert_eq!(tiny.origin.folder().unwrap().join(""), folder.join(""));
        }
    }
}

#[test]
fn the_order_of_places() {
    let root = tempfile::tempdir().unwrap();
    let mut request = tiny::request(tiny::set(), root.path());
    request.offline = true;
    request.places.configured = Some(root.path().join("configured"));
    let origin = |request: &data::Request| load(request, &mut tiny::ignore).map(|set| set.origin);

    // From the last to the first, each new folder is preferred to the earlier ones.
    assert!(matches!(origin(&request), Err(Error::NotHere { .. })));
    tiny::write(&root.path().join("cache/Tiny/raw"), &tiny::plain(), "");
    assert!(matches!(origin(&request), Ok(Origin::Cache(_))));
    tiny::write(&root.path().join("system/tiny"), &tiny::packed(), ".gz");
    assert!(matches!(origin(&request), Ok(Origin::System(_))));
    tiny::write(&root.path().join("here/Tiny/raw"), &tiny::plain(), "");
    assert_eq!(origin(&request).unwrap(), Origin::Folder(root.path().join("here/Tiny/raw")));
    tiny::write(&root.path().join("configured"), &tiny::plain(), "");
    assert_eq!(origin(&request).unwrap(), Origin::Folder(root.path().join("configured")));
    tiny::write(&root.path().join("named"), &tiny::plain(), "");
    request.data_dir = Some(root.path().join("named"));
    assert_eq!(origin(&request).unwrap(), Origin::Folder(root.path().join("named")));
}

#[test]
fn damaged_files_are_an_error_in_a_named_folder_and_skipped_elsewhere() {
    let root = tempfile::tempdir().unwrap();
    let mut broken = tiny::plain();
    broken[0][100] ^= 1;
    tiny::write(&root.path().join("broken"), &broken, "");
    tiny::write(&root.path().join("here"), &broken, "");
    tiny::write(&root.path().join("cache/Tiny/raw"), &tiny::plain(), "");

    let mut request = tiny::request(tiny::set(), root.path());
    request.offline = true;
    let mut failed = Vec::new();
    let loaded = load(&request, &mut |event| {
        if let Event::Failed { why, .. } = event {
            failed.push(why);
        }
    });
    assert!(matches!(loaded.unwrap().origin, Origin::Cache(_)));
    assert!(failed.len() == 1 && failed[0].contains("SHA-256"), "{failed:?}");

    request.places.configured = Some(root.path().join("broken"));
    assert!(matches!(load(&request, &mut tiny::ignore), Err(Error::Checksum { .. })));
    request.data_dir = request.places.configured.take();
    assert!(matches!(load(&request, &mut tiny::ignore), Err(Error::Checksum { .. })));
}

#[test]
fn a_named_folder_without_the_files_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    for folder in [root.path().to_path_buf(), root.path().join("none")] {
        let error = named(&folder).unwrap_err();
        assert_eq!(error.kind(), Kind::MissingInput);
        assert!(error.to_string().contains("train-images-idx3-ubyte"), "{error}");
    }
    // Half of them is not enough, and MNIST's sample is not used instead.
    tiny::write(root.path(), &tiny::plain(), "");
    fs::remove_file(root.path().join(tiny::NAMES[2])).unwrap();
    let error = named(root.path()).unwrap_err();
    assert!(error.to_string().ends_with(": missing t10k-images-idx3-ubyte"), "{error}");
}

/// Each kind of damage has a specific message with the file's name.
#[test]
fn damage_is_described() {
    type Spoil = fn(&mut Vec<u8>);
    let cases: [(&str, usize, Spoil); 9] = [
        ("truncated: expected 9424 bytes, found 9423", 0, |file| {
            file.pop();
        }),
        ("too long: expected 9424 bytes, found 9425", 0, |file| file.push(0)),
        ("truncated: expected 4 bytes, found 0", 1, Vec::clear),
        ("found 0x07", 1, |file| file[2] = 7),
        ("found 0x2a 0x00", 2, |file| file[0] = 42),
        ("expected 5 of u8, found 4 of u8", 3, |file| {
            file.pop();
            file[7] = 4;
        }),
        ("expected 12 × 28 × 28 of u8, found 12 × 14 × 56 of u8", 0, |file| {
            file[11] = 14;
            file[15] = 56;
        }),
        ("wrong checksum: expected SHA-256", 1, |file| file[8] ^= 1),
        ("found a web page", 3, |file| *file = b"\n<!DOCTYPE html><html>".to_vec()),
    ];
    for (words, index, spoil) in cases {
        let root = tempfile::tempdir().unwrap();
        let mut files = tiny::plain();
        spoil(&mut files[index]);
        tiny::write(root.path(), &files, "");
        let error = named(root.path()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(words) && text.contains(tiny::NAMES[index]), "{words}: {text}");
        assert_eq!(error.kind(), Kind::BadData);
        assert!(!error.hint().is_empty());
    }
}

/// Without a published checksum, a label out of range is detected.
#[test]
fn labels_are_checked_even_without_a_checksum() {
    let root = tempfile::tempdir().unwrap();
    let mut files = tiny::plain();
    files[1][8 + 4] = 10;
    tiny::write(root.path(), &files, "");
    let mut request = tiny::request(tiny::set_without_sums(), root.path());
    request.data_dir = Some(root.path().into());
    let error = load(&request, &mut tiny::ignore).unwrap_err();
    assert!(error.to_string().ends_with("label 10 at position 4: expected 0 to 9"), "{error}");
}

/// A pipe has no size and is not opened.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let root = tempfile::tempdir().unwrap();
    tiny::write(root.path(), &tiny::plain(), "");
    let path = root.path().join(tiny::NAMES[1]);
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert!(named(root.path()).unwrap_err().to_string().contains("expected a regular file"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(named(root.path()).unwrap_err().to_string().contains("expected a regular file"));
}

fn idx(shape: &[usize], data: IdxData) -> Idx {
    Idx { shape: shape.to_vec(), data }
}

fn split(images: Idx, labels: Idx) -> Result<Images, Error> {
    Images::new((Path::new("images"), images), (Path::new("labels"), labels), 10)
}

#[test]
fn numbers_of_images_and_labels_must_agree() {
    let images = |count: usize| idx(&[count, 2, 3], IdxData::U8(vec![9; 6 * count]));
    let labels = |values: &[u8]| idx(&[values.len()], IdxData::U8(values.to_vec()));

    let split_of_two = split(images(2), labels(&[3, 9])).unwrap();
    assert_eq!((split_of_two.rows, split_of_two.cols, split_of_two.len()), (2, 3, 2));

    let error = split(images(2), labels(&[1, 2, 3])).unwrap_err();
    assert_eq!(error.to_string(), "images has 2 images, but labels has 3 labels");
    let error = split(images(2), labels(&[1, 10])).unwrap_err();
    assert!(matches!(error, Error::Label { index: 1, label: 10, .. }));
    assert!(split(images(0), labels(&[])).is_err());
    assert!(split(idx(&[2, 0, 3], IdxData::U8(vec![])), labels(&[1, 2])).is_err());
    assert!(split(idx(&[2, 3], IdxData::U8(vec![0; 6])), labels(&[1, 2])).is_err());
    assert!(split(idx(&[2, 1, 1], IdxData::F32(vec![0.0; 2])), labels(&[1, 2])).is_err());
}

/// QMNIST's labels have eight columns, of which the first is the class.
#[test]
fn labels_of_every_integer_type_are_read() {
    let images = || idx(&[2, 1, 1], IdxData::U8(vec![0, 255]));
    let wide = vec![4, 0, 2, 3, 100_000, 7, 0, 0, 5, 1, 10, 11, -1, 12, 13, 14];
    let good = [
        idx(&[2], IdxData::I8(vec![4, 5])),
        idx(&[2], IdxData::I16(vec![4, 5])),
        idx(&[2], IdxData::I32(vec![4, 5])),
        idx(&[2, 1], IdxData::U8(vec![4, 5])),
        idx(&[2, 8], IdxData::I32(wide)),
    ];
    for labels in good {
        assert_eq!(split(images(), labels).unwrap().labels, [4, 5]);
    }
    let bad = [
        idx(&[2], IdxData::I8(vec![4, -1])),
        idx(&[2], IdxData::I32(vec![4, 256 + 5])),
        idx(&[2], IdxData::F32(vec![4.0, 5.0])),
        idx(&[2, 0], IdxData::U8(vec![])),
        // One-hot rows, whose first column is not a class.
        idx(&[2, 3], IdxData::U8(vec![0, 1, 0, 1, 0, 0])),
        idx(&[2, 8], IdxData::U8(vec![0; 16])),
        idx(&[], IdxData::U8(vec![4])),
        idx(&[2, 1, 1], IdxData::U8(vec![4, 5])),
    ];
    for labels in bad {
        let error = split(images(), labels).unwrap_err();
        assert_eq!(error.kind(), Kind::BadData, "{error}");
        assert!(error.to_string().contains("labels"), "{error}");
    }
}

/// The sets that publish no SHA-256 are checked by shape, type and range: here blank images with
/// their real headers.
#[test]
fn kmnist_and_qmnist_are_checked_by_shape() {
    for (name, columns) in [("kmnist", 1), ("qmnist", 8)] {
        let set = set(name).unwrap();
        let root = tempfile::tempdir().unwrap();
        let raw = root.path().join(set.torchvision).join("raw");
        fs::create_dir_all(&raw).unwrap();
        for file in &set.files {
            let n = file.items;
            let blank = match (file.name.contains("images"), columns) {
                (true, _) => idx(&[n, 28, 28], IdxData::U8(vec![0; n * 28 * 28])),
                (false, 1) => idx(&[n], IdxData::U8(vec![9; n])),
                (false, _) => idx(&[n, columns], IdxData::I32([3, -7, 1 << 20, 0, 5, 6, 7, 8].repeat(n))),
            };
            let packed = tiny::pack(&blank.write().unwrap());
            fs::write(raw.join(format!("{}.gz", file.name)), packed).unwrap();
        }
        let mut request = tiny::request(set, root.path());
        request.data_dir = Some(root.path().into());
        let loaded = load(&request, &mut tiny::ignore).unwrap();
        assert_eq!(loaded.train.len(), 60_000);
        assert!(loaded.test.labels.iter().all(|&label| label == if columns == 1 { 9 } else { 3 }));
    }
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    for (typed, meant) in [
        ("minst", "mnist"),
        ("MNIST", "mnist"),
        ("fashion", "fashion-mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("kmist", "kmnist"),
    ] {
        let error = set(typed).unwrap_err();
        assert!(error.hint().contains(&format!("{meant:?}")), "{typed}: {}", error.hint());
        assert!(SETS.iter().all(|set| error.to_string().contains(set.name)));
        assert_eq!(error.kind(), Kind::Usage);
    }
    assert!(set("cifar").unwrap_err().hint().contains("descent data list"));
}

#[test]
fn the_table_is_complete() {
    for set in SETS {
        assert_eq!(data::set(set.name).unwrap(), set);
        assert_eq!(set.class_names.len(), set.classes);
        assert!(set.mirrors.iter().all(|url| url.ends_with('/')));
        for pair in set.files.chunks(2) {
            assert_eq!(pair[0].items, pair[1].items);
        }
        for file in &set.files {
            assert!(file.sha256.is_none_or(|sum| sum.len() == 64));
            assert!(file.gz_md5.is_some_and(|sum| sum.len() == 32), "{}", file.name);
        }
        let (mean, deviation) = set.mean_std;
        assert!(0.0 < mean && mean < deviation && deviation < 1.0);
    }
}

#[test]
fn folders_are_listed_and_verified() {
    let root = tempfile::tempdir().unwrap();
    let request = tiny::request(tiny::set(), root.path());
    assert!(locate(&request).is_empty());

    let cache = root.path().join("cache/Tiny/raw");
    let mut files = tiny::plain();
    files[3][9] ^= 1;
    tiny::write(&cache, &files, "");
    tiny::write(&root.path().join("here"), &tiny::packed(), ".gz");
    fs::remove_file(root.path().join("here").join(format!("{}.gz", tiny::NAMES[0]))).unwrap();

    let found = locate(&request);
    let [here, cache] = &found[..] else { panic!("{found:?}") };
    assert!(!here.is_whole() && cache.is_whole());
    assert_eq!(cache.bytes(), files.iter().map(|file| file.len() as u64).sum::<u64>());
    let [missing, good, ..] = verify(request.set, here);
    assert!(
        matches!(missing, Err(Error::Missing { .. }))
            && matches!(good, Ok(Verified { bytes: 20, evidence: Evidence::Published }))
    );
    let [.., bad] = verify(request.set, cache);
    assert!(matches!(bad, Err(Error::Checksum { .. })));
}
