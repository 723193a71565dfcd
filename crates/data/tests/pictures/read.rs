//! A digit survives drawing and reading: before and after, its nearest neighbor among the sample's training images
//! has its label.

use std::sync::LazyLock;

use data::pictures::{self, Polarity};
use data::{Dataset, Images, Places, Request};
use rayon::prelude::*;
use tensor::random::Stream;

use super::kinds::{KINDS, Kind};

static SAMPLE: LazyLock<Dataset> = LazyLock::new(|| {
    let mut request = Request::new(data::set("mnist").expect("the first of the sets"));
    let nowhere = tempfile::tempdir().expect("a folder without data sets");
    let places = [0; 4].map(|_| nowhere.path().to_path_buf());
    let [configured, here, system, cache] = places;
    (request.offline, request.places) = (true, Places { configured: Some(configured), here, system, cache });
    data::load(&request, &mut |_| ()).expect("the sample is part of the crate")
});

/// Hard kinds, with the number of examples of each: as many as there is time for.
const HARD: [(&str, usize); 6] =
    [("white_on_alpha", 10), ("shadow", 10), ("ruled", 10), ("speck", 10), ("hand_shadow", 4), ("isolum", 4)];

#[test]
fn nine_of_ten_of_each_hard_kind_are_read() {
    for (name, count) in HARD {
        let kind = KINDS.iter().find(|kind| kind.name == name).expect("a kind");
        let wrong = misread(kind, count);
        assert!(10 * wrong.len() <= count, "{name}: {wrong:#?}");
    }
}

#[test]
fn every_kind_is_read() {
    let count = |kind: &Kind| if kind.name == "phone" { 1 } else { 2 };
    let others: Vec<&Kind> =
        KINDS.iter().filter(|kind| !HARD.iter().any(|hard| hard.0 == kind.name)).collect();
    let wrong: Vec<String> = others.par_iter().flat_map_iter(|kind| misread(kind, count(kind))).collect();
    assert!(10 * wrong.len() <= others.len(), "{wrong:#?}");
}

/// Draws `count` pictures of a kind, and returns the misread ones.
fn misread(kind: &Kind, count: usize) -> Vec<String> {
    let test = &SAMPLE.test;
    let clear = (0..test.len()).filter(|&i| is_clear(test.image(i), test.labels[i]));
    let chosen: Vec<usize> = clear.take(count).collect();
    let read = |&index: &usize| {
        let (digit, label) = (test.image(index), test.labels[index]);
        let ink: Vec<f32> = digit.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        let bytes = (kind.draw)(&ink, &mut Stream::new(index as u64, kind.name));
        let format = image::guess_format(&bytes).expect("a picture's format");
        assert!(format.extensions_str().contains(&kind.extension), "{}", kind.name);
        match pictures::from_bytes(&bytes, Polarity::Auto) {
            Ok(read) if nearest(&read) == label => None,
            Ok(read) => Some(format!("{} {index}: {label} read as {}", kind.name, nearest(&read))),
            Err(fault) => Some(format!("{} {index}: {label}: {fault}", kind.name)),
        }
    };
    chosen.par_iter().filter_map(read).collect()
}

/// Label of the training image with the largest cosine similarity.
fn nearest(image: &[u8]) -> u8 {
    let best = cosines(image).max_by(|a, b| a.0.total_cmp(&b.0));
    best.expect("training images").1
}

/// True if training images of other labels are much less similar.
fn is_clear(image: &[u8], label: u8) -> bool {
    let most = |same: bool| {
        cosines(image)
            .filter(|(_, other)| (*other == label) == same)
            .map(|(cosine, _)| cosine)
            .fold(0.0, f32::max)
    };
    most(true) > most(false) + 0.05
}

/// Similarity and label of each training image.
fn cosines(image: &[u8]) -> impl Iterator<Item = (f32, u8)> {
    static NORMS: LazyLock<Vec<f32>> = LazyLock::new(|| {
        let train = &SAMPLE.train;
        (0..train.len()).map(|i| dot(train.image(i), train.image(i)).sqrt()).collect()
    });
    let Images { labels, .. } = &SAMPLE.train;
    let norm = dot(image, image).sqrt();
    (0..labels.len()).map(move |i| (dot(image, SAMPLE.train.image(i)) / (norm * NORMS[i]), labels[i]))
}

fn dot(a: &[u8], b: &[u8]) -> f32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a) * u32::from(b)).sum::<u32>() as f32
}
