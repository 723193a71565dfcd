//! Examples of every kind: checked, gathered, split, summarized.

use data::samples::{Holdout, Inputs, Per, Samples, SamplesFault, Standardization, Targets};
use data::{Request, load, set};
use proptest::prelude::*;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

/// One of each kind of inputs with one of each kind of targets.
fn kinds(len: usize) -> Vec<Samples> {
    let count = |size: usize| 0..len * size;
    let inputs = [
        Inputs::Bytes { shape: vec![2, 3, 1], values: count(6).map(|i| i as u8).collect() },
        Inputs::Numbers { shape: vec![4], values: count(4).map(|i| i as f32 / 7.0).collect() },
        Inputs::Tokens { shape: vec![5], values: count(5).map(|i| i as u32 % 11).collect(), vocabulary: 11 },
    ];
    let targets = [
        Targets::Classes { labels: count(1).map(|i| i as u32 % 3).collect(), names: names(3) },
        Targets::Numbers { width: 2, values: count(2).map(|i| i as f32).collect() },
        Targets::Tokens { shape: vec![5], values: count(5).map(|i| i as u32 % 7).collect() },
        Targets::None,
    ];
    let pairs = inputs.iter().flat_map(|inputs| targets.iter().map(move |targets| (inputs, targets)));
    pairs.map(|(inputs, targets)| Samples::new(inputs.clone(), targets.clone()).unwrap()).collect()
}

#[test]
fn each_error_has_its_message() {
    let bytes = |shape: &[usize], len: usize| Inputs::Bytes { shape: shape.into(), values: vec![0; len] };
    let tokens = |values: &[u32]| Inputs::Tokens { shape: vec![2], values: values.into(), vocabulary: 4 };
    let classes = |labels: &[u32]| Targets::Classes { labels: labels.into(), names: names(2) };
    let of_tokens = |values: &[u32]| Targets::Tokens { shape: vec![2], values: values.into() };
    let cases = [
        (bytes(&[2, 2], 7), Targets::None, "expected a multiple of 4 input values (shape [2, 2]), found 7"),
        (
            bytes(&[2, 0], 0),
            Targets::None,
            "expected sizes of 1 or more within an example, found shape [2, 0]",
        ),
        (bytes(&[2], 6), classes(&[0, 1]), "expected a target for each of 3 inputs, found 2 targets"),
        (bytes(&[2], 4), classes(&[0, 2]), "expected labels below 2, found 2 in example 1"),
        (
            bytes(&[1], 2),
            Targets::Numbers { width: 2, values: vec![0.0; 3] },
            "expected a multiple of 2 target values (shape [2]), found 3",
        ),
        (tokens(&[0, 3, 4, 0]), Targets::None, "expected tokens below 4, found 4 in example 1"),
        (tokens(&[0, 3]), of_tokens(&[9, 0]), "expected target tokens below 4, found 9 in example 0"),
    ];
    for (inputs, targets, words) in cases {
        assert_eq!(Samples::new(inputs, targets).unwrap_err().to_string(), words);
    }
    let beyond = Inputs::Bytes { shape: vec![usize::MAX, 2], values: vec![0; 4] };
    assert!(matches!(Samples::new(beyond, Targets::None), Err(SamplesFault::Ragged { .. })));
}

#[test]
fn buffers_are_reused_and_change_kind_if_needed() {
    let mut batch = Samples::default();
    for samples in kinds(9) {
        for indices in [&[8, 0, 0, 3][..], &[1], &[]] {
            samples.gather(indices, &mut batch);
            assert_eq!(batch.len(), indices.len());
            assert_eq!(batch.check(), Ok(()));
            for (place, &index) in indices.iter().enumerate() {
                assert_eq!(batch.select(&[place as u32]), samples.select(&[index]));
            }
        }
    }
    let bytes = Inputs::Bytes { shape: vec![2], values: (0..200).collect() };
    let mut into = Inputs::default();
    bytes.gather(&[99, 1], &mut into);
    let Inputs::Bytes { values, .. } = &into else { panic!("{into:?}") };
    let place = values.as_ptr();
    bytes.gather(&[5], &mut into);
    assert!(
        matches!(&into, Inputs::Bytes { values, .. } if values[..] == [10, 11] && values.as_ptr() == place)
    );
}

#[test]
#[should_panic(expected = "expected indices below 9, found 9")]
fn an_index_out_of_range_is_named() {
    kinds(9)[0].select(&[3, 9]);
}

/// The MNIST family's validation images: 5,000 of 60,000, stratified.
#[test]
fn holdout_is_stratified() {
    let labels: Vec<u32> = (0..60_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 16) % 11 % 10).collect();
    let inputs = Inputs::Bytes { shape: vec![1], values: vec![0; labels.len()] };
    let samples =
        Samples::new(inputs, Targets::Classes { labels: labels.clone(), names: names(10) }).unwrap();
    let (train, validation) = samples.split_indices(Holdout::Count(5000), 1).unwrap();
    assert_eq!((train.len(), validation.len()), (55_000, 5_000));
    assert!(train.is_sorted() && validation.is_sorted());
    for class in 0..10 {
        let count = |indices: &[u32]| indices.iter().filter(|&&i| labels[i as usize] == class).count() as f64;
        let share = count(&validation) / (count(&train) + count(&validation));
        assert!((share - 1.0 / 12.0).abs() < 1.0 / 5000.0, "class {class}: {share}");
    }
    let again = samples.split_indices(Holdout::Fraction(1.0 / 12.0), 1).unwrap();
    assert_eq!(again.1, validation);
    assert_ne!(samples.split_indices(Holdout::Count(5000), 2).unwrap().1, validation);
}

#[test]
fn impossible_holdouts_are_refused() {
    let samples = &kinds(9)[0];
    for (holdout, words) in [
        (Holdout::Count(10), "expected at most 9 examples to hold out, found 10"),
        (Holdout::Fraction(1.5), "expected a fraction from 0 to 1 to hold out, found 150%"),
        (Holdout::Fraction(f64::NAN), "expected a fraction from 0 to 1 to hold out, found NaN%"),
    ] {
        assert_eq!(samples.split(holdout, 0).unwrap_err().to_string(), words);
    }
    for text in ["-1", "1e3", "110%", "1.5", "ten", "", "%", "nan%"] {
        assert!(text.parse::<Holdout>().unwrap_err().contains(&format!("found {text:?}")), "{text}");
    }
}

/// MNIST's sample has nearly the statistics that the table gives for the whole set.
#[test]
fn the_sample_has_mnists_mean_and_deviation() {
    let mut request = Request::new(set("mnist").unwrap());
    request.offline = true;
    request.places = crate::tiny::request(request.set, std::path::Path::new("none")).places;
    let mnist = load(&request, &mut crate::tiny::ignore).unwrap();
    let (mean, std) = mnist.mean_std;
    let (train, test) = mnist.into_samples();
    assert_eq!((train.inputs.shape(), train.targets.classes()), (&[28, 28, 1][..], Some(10)));
    assert_eq!((train.check(), test.check()), (Ok(()), Ok(())));
    let found = Standardization::of(&train.inputs, Per::Dataset);
    assert!((found.mean[0] - mean).abs() < 2e-3 && (found.std[0] - std).abs() < 2e-3, "{found:?}");
}

proptest! {
    /// Every example is in exactly one part.
    #[test]
    fn a_split_parts_the_examples(labels in prop::collection::vec(0..4_u32, 1..80), percent in 0..=100_u32, seed: u64) {
        let values = (0..labels.len() as u32).collect();
        let inputs = Inputs::Tokens { shape: vec![1], values, vocabulary: labels.len() };
        let samples = Samples::new(inputs, Targets::Classes { labels: labels.clone(), names: names(4) }).unwrap();
        let (rest, held_out) = samples.split(Holdout::Fraction(f64::from(percent) / 100.0), seed).unwrap();
        let mut all = Vec::new();
        for part in [&rest, &held_out] {
            let (Inputs::Tokens { values, .. }, Targets::Classes { labels: kept, .. }) = (&part.inputs, &part.targets)
            else { panic!("{part:?}") };
            prop_assert!(values.is_sorted());
            prop_assert!(values.iter().zip(kept).all(|(&i, &label)| labels[i as usize] == label));
            all.extend(values.iter().copied());
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len() as u32).collect::<Vec<_>>());
    }

    #[test]
    fn standardized_numbers_have_mean_0_and_deviation_1(
        rows in prop::collection::vec([-1e3_f32..1e3, 1e4_f32..1.01e4, 3.0_f32..3.000001], 2..50),
    ) {
        let mut inputs = Inputs::Numbers { shape: vec![3], values: rows.concat() };
        Standardization::of(&inputs, Per::Feature).apply(&mut inputs);
        let again = Standardization::of(&inputs, Per::Feature);
        for (&mean, &std) in again.mean.iter().zip(&again.std) {
            prop_assert!(mean.abs() < 1e-5 && (std - 1.0).abs() < 1e-5, "{again:?}");
        }
    }

    #[test]
    fn bytes_and_numbers_have_the_same_statistics(values in prop::collection::vec(any::<u8>(), 4..200)) {
        let values = values[..values.len() / 4 * 4].to_vec();
        let numbers = values.iter().map(|&value| f32::from(value) / 255.0).collect();
        for per in [Per::Dataset, Per::Feature] {
            let a = Standardization::of(&Inputs::Bytes { shape: vec![2, 2], values: values.clone() }, per);
            let b = Standardization::of(&Inputs::Numbers { shape: vec![2, 2], values: Clone::clone(&numbers) }, per);
            for (a, b) in a.mean.iter().chain(&a.std).zip(b.mean.iter().chain(&b.std)) {
                prop_assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
    }

    /// Any change of kind, shape, name or value changes the hash.
    #[test]
    fn fingerprints_differ(a in 0..12_usize, b in 0..12_usize, len in 1..4_usize) {
        let (a_samples, b_samples) = (&kinds(len)[a], &kinds(len)[b]);
        prop_assert_eq!(a_samples.sha256() == b_samples.sha256(), a == b);
        let reordered = a_samples.select(&(0..len as u32).rev().collect::<Vec<_>>());
        prop_assert_eq!(a_samples.sha256() == reordered.sha256(), *a_samples == reordered);
    }
}
