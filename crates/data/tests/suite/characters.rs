//! The text, its vocabulary and its windows.

use data::characters::{UnknownSymbol, Vocabulary, next_character, splits, text_splits};
use data::samples::{Inputs, Samples, Targets};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

#[test]
fn the_text_matches_its_readme() {
    let text = data::text();
    let sum: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let readme = include_str!("../../text/README.md");
    assert!(readme.contains(&sum));
    assert!(readme.contains("299,712 characters of 74 kinds") && text.len() == 299_712);
    assert!(text.is_ascii() && Vocabulary::of(text).len() == 74);
}

fn tokens(samples: &Samples) -> (&[u32], &[u32]) {
    let (Inputs::Tokens { values: inputs, .. }, Targets::Tokens { values: targets, .. }) =
        (&samples.inputs, &samples.targets)
    else {
        panic!("tokens")
    };
    (inputs, targets)
}

#[test]
fn the_splits_are_consecutive() {
    let (splits, vocabulary) = text_splits(50);
    let parts = [&splits.train, &splits.validation, &splits.test];
    assert_eq!(parts.map(Samples::len), [5394, 299, 299]);
    let mut place = 0;
    for part in parts {
        assert_eq!(part.check(), Ok(()));
        let text = vocabulary.decode(tokens(part).0).unwrap();
        let found = data::text()[place..].find(&text[..200]).unwrap();
        assert!(place == 0 || (1..50).contains(&found), "{found}");
        assert!(data::text()[place + found..].starts_with(&text));
        place += found + text.len();
    }
}

#[test]
fn an_unknown_character_is_named() {
    let vocabulary = Vocabulary::of("über");
    assert_eq!(vocabulary.symbols(), ['b', 'e', 'r', 'ü']);
    assert_eq!(vocabulary.decode(&vocabulary.encode("rübe").unwrap()).unwrap(), "rübe");
    let unknown = vocabulary.encode("übel").unwrap_err();
    assert_eq!(unknown, UnknownSymbol::Character { symbol: 'l', position: 3 });
    let unknown = vocabulary.decode(&[0, 4]).unwrap_err();
    assert_eq!(unknown.to_string(), "expected tokens below 4, found 4 at position 1");
    let (splits, none) = splits("", 5);
    assert!(none.is_empty() && splits.train.is_empty() && splits.test.check().is_ok());
}

proptest! {
    #[test]
    fn each_target_is_the_token_after_its_input(
        text in prop::collection::vec(0..9_u32, 0..60), length in 1..8_usize, stride in 1..9_usize,
    ) {
        let samples = next_character(&text, 9, length, stride);
        prop_assert_eq!(samples.check(), Ok(()));
        let (inputs, targets) = tokens(&samples);
        for (i, (input, target)) in inputs.chunks(length).zip(targets.chunks(length)).enumerate() {
            prop_assert_eq!(input, &text[i * stride..][..length]);
            prop_assert_eq!(target, &text[i * stride + 1..][..length]);
        }
        let windows = if text.len() > length { (text.len() - length - 1) / stride + 1 } else { 0 };
        prop_assert_eq!(samples.len(), windows);
    }
}
