//! A generated data set of a few images, small enough for every test.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use data::sets::{File, Holds};
use data::{Event, Network, Places, Request, Set};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

pub(crate) const TRAIN: usize = 12;
pub(crate) const TEST: usize = 5;
pub(crate) const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// The four files' bytes, unpacked.
pub(crate) fn plain() -> [Vec<u8>; 4] {
    [images(TRAIN), labels(TRAIN), images(TEST), labels(TEST)]
}

/// The four files' bytes, packed.
pub(crate) fn packed() -> [Vec<u8>; 4] {
    plain().map(|bytes| pack(&bytes))
}

/// The set, with its checksums.
pub(crate) fn set() -> &'static Set {
    leak(Some)
}

/// The set without published checksums.
pub(crate) fn set_without_sums() -> &'static Set {
    leak(|_| None)
}

/// A request that searches only below the root, with short times.
pub(crate) fn request(set: &'static Set, root: &Path) -> Request {
    let mut request = Request::new(set);
    request.places = Places {
        configured: None,
        here: root.join("here"),
        system: root.join("system"),
        cache: root.join("cache"),
    };
    request.network = Network {
        mirrors: Some(Vec::new()),
        npm: None,
        connect: Duration::from_secs(10),
        stall: Duration::from_secs(1),
        npm_limit: Duration::from_secs(10),
        tries: 4,
        backoff: Duration::from_millis(2),
        longest_wait: Duration::from_millis(50),
        slowest: 1000,
        apt: None,
        cancel: data::Cancel::default(),
        proxy: false,
    };
    request
}

/// Writes the four files into a folder.
pub(crate) fn write(folder: &Path, files: &[Vec<u8>; 4], extension: &str) {
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in NAMES.iter().zip(files) {
        fs::write(folder.join(format!("{name}{extension}")), bytes).unwrap();
    }
}

pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzBuilder::new().write(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// For tests that do not look at events.
pub(crate) fn ignore(event: Event) {
    drop(event);
}

fn leak(sum: fn(&'static str) -> Option<&'static str>) -> &'static Set {
    let bytes = plain();
    let file = |index: usize, holds, items| File {
        name: NAMES[index],
        holds,
        items,
        bytes: bytes[index].len() as u64,
        sha256: sum(hex(&Sha256::digest(&bytes[index])).leak()),
        gz_md5: None,
    };
    Box::leak(Box::new(Set {
        name: "tiny",
        title: "Tiny",
        about: "noise",
        classes: 10,
        class_names: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        image: (28, 28),
        files: [
            file(0, Holds::Images, TRAIN),
            file(1, Holds::Labels, TRAIN),
            file(2, Holds::Images, TEST),
            file(3, Holds::Labels, TEST),
        ],
        mirrors: &["https://example.invalid/tiny/"],
        npm: None,
        debian: None,
        torchvision: "Tiny",
        system: Some("tiny"),
        mean_std: (0.5, 0.25),
        license: "MIT",
        source: "made up",
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Noise, which is incompressible.
fn images(count: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    bytes.extend([count as u32, 28, 28].iter().flat_map(|size| size.to_be_bytes()));
    let mut state = count as u32;
    bytes.extend((0..count * 28 * 28).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    bytes
}

fn labels(count: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend((count as u32).to_be_bytes());
    bytes.extend((0..count).map(|index| (index * 7 % 10) as u8));
    bytes
}
