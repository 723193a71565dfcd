//! Chooses the embedded sample from the real MNIST and writes its four files.
//!
//! Run: `cargo run -p data --example make_sample -- FOLDER [OUT]`, where FOLDER holds the real
//! MNIST. The output is the same on every machine, byte for byte.
#![allow(clippy::print_stdout)] // An example talks to the person who runs it.

use std::env;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use data::{Idx, IdxData, Images, Request};
use flate2::{Compression, GzBuilder};
use tensor::random::Stream;

const SEED: u64 = 1998;
const TRAIN: usize = 10_000;
const TEST: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("name the folder of the real MNIST")?;
    let out = arguments.next().unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample"));

    let mut request = Request::new(data::set("mnist")?);
    request.data_dir = Some(folder);
    let mnist = data::load(&request, &mut |_| ())?;

    let train = choose(&mnist.train, TRAIN, mnist.classes, "sample train");
    let test = choose(&mnist.test, TEST, mnist.classes, "sample test");
    let [train_images, train_labels] = arrays(&mnist.train, &train);
    let [test_images, test_labels] = arrays(&mnist.test, &test);
    save(&out, "train-images-idx3-ubyte.gz", &train_images)?;
    save(&out, "train-labels-idx1-ubyte.gz", &train_labels)?;
    save(&out, "t10k-images-idx3-ubyte.gz", &test_images)?;
    save(&out, "t10k-labels-idx1-ubyte.gz", &test_labels)?;
    Ok(())
}

/// Indices of a stratified sample without replacement, in ascending order.
fn choose(split: &Images, wanted: usize, classes: usize, name: &str) -> Vec<usize> {
    let mut stream = Stream::new(SEED, name);
    let mut members = vec![Vec::new(); classes];
    for (index, &label) in split.labels.iter().enumerate() {
        members[usize::from(label)].push(index);
    }
    let mut chosen = Vec::new();
    for (members, share) in members.iter_mut().zip(shares(&split.labels, wanted, classes)) {
        stream.shuffle(members);
        chosen.extend_from_slice(&members[..share]);
    }
    chosen.sort_unstable();
    chosen
}

/// Number of images per class: its proportion, rounded so that the sum is exact (largest remainders are rounded
/// up).
fn shares(labels: &[u8], wanted: usize, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let mut shares: Vec<usize> = counts.iter().map(|n| n * wanted / labels.len()).collect();
    let mut by_remainder: Vec<usize> = (0..classes).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(counts[class] * wanted % labels.len()));
    for &class in &by_remainder[..wanted - shares.iter().sum::<usize>()] {
        shares[class] += 1;
    }
    shares
}

/// The chosen images and labels.
fn arrays(split: &Images, chosen: &[usize]) -> [Idx; 2] {
    let pixels = chosen.iter().flat_map(|&index| split.image(index)).copied().collect();
    let labels = chosen.iter().map(|&index| split.labels[index]).collect();
    [
        Idx { shape: vec![chosen.len(), split.rows, split.cols], data: IdxData::U8(pixels) },
        Idx { shape: vec![chosen.len()], data: IdxData::U8(labels) },
    ]
}

/// Compresses without a timestamp or a name, which would change the bytes.
fn save(folder: &Path, name: &str, idx: &Idx) -> Result<(), Box<dyn Error>> {
    let mut packer = GzBuilder::new().write(Vec::new(), Compression::best());
    packer.write_all(&idx.write()?)?;
    let packed = packer.finish()?;
    println!("{name}: {} images or labels, {} bytes", idx.shape[0], packed.len());
    Ok(data::atomic_write(&folder.join(name), &packed)?)
}
