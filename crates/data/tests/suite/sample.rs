//! The embedded sample.

use data::{Dataset, Origin, load, set};
use sha2::{Digest, Sha256};

use crate::tiny;

fn sample() -> Dataset {
    let nowhere = tempfile::tempdir().unwrap();
    let mut request = tiny::request(set("mnist").unwrap(), nowhere.path());
    request.offline = true;
    load(&request, &mut tiny::ignore).unwrap()
}

#[test]
fn it_loads_without_folders_or_network() {
    let sample = sample();
    assert_eq!((sample.train.len(), sample.test.len()), (10_000, 2_000));
    assert_eq!((sample.train.rows, sample.train.cols), (28, 28));
    assert!(sample.is_sample() && sample.origin == Origin::Sample);
    let words = "the embedded sample: 10,000 of 60,000 training images";
    assert_eq!(sample.origin.to_string(), words);
}

/// The whole set's counts of each digit, by class: <http://yann.lecun.com/exdb/mnist/>.
#[test]
fn classes_keep_their_proportions() {
    let train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    let test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    let sample = sample();
    for (labels, counts) in [(&sample.train.labels, train), (&sample.test.labels, test)] {
        let whole: usize = counts.iter().sum();
        for (class, count) in counts.into_iter().enumerate() {
            let here = labels.iter().filter(|&&label| usize::from(label) == class).count();
            let share = count as f64 * labels.len() as f64 / whole as f64;
            assert!((here as f64 - share).abs() < 1.0, "{class}: {here}, {share} expected");
        }
    }
}

/// No image is a duplicate.
#[test]
fn its_images_differ() {
    let train = sample().train;
    let mut images: Vec<&[u8]> = (0..train.len()).map(|index| train.image(index)).collect();
    images.sort_unstable();
    assert!(images.windows(2).all(|pair| pair[0] != pair[1]));
}

/// The packed files are the output of `examples/make_sample.rs`.
#[test]
fn its_files_have_the_recorded_checksums() {
    let expected = [
        ("train-images-idx3-ubyte.gz", "0a3bf008c4094c5235a113b343520c6b8c1d89f0eb816adccb7d52de1ee29893"),
        ("train-labels-idx1-ubyte.gz", "ad3bef76f91b7c4216562386c62580c1f8c92106ce084950926fc7bf77e239ff"),
        ("t10k-images-idx3-ubyte.gz", "e87b28bca443d8a8577a78c53535e17083c8d9c2b41d7dd6be6b7b44183c7704"),
        ("t10k-labels-idx1-ubyte.gz", "64cec3527e06d7756a1fc87434f5fd7c705f9bfb430124a01924771b7c153897"),
    ];
    for (name, sum) in expected {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample").join(name);
        let digest = Sha256::digest(std::fs::read(path).unwrap());
        let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sum, "{name}");
    }
}
