//! Character-level text: the text included in this crate, vocabularies, and windows for next-character
//! prediction.
//!
//! ```
//! use data::characters::{Vocabulary, next_character};
//! use data::samples::{Inputs, Targets};
//!
//! let vocabulary = Vocabulary::of("abracadabra");
//! let samples = next_character(&vocabulary.encode("abracadabra")?, vocabulary.len(), 5, 5);
//! assert_eq!(samples.len(), 2); // "abrac" and "adabr"
//! let Targets::Tokens { values, .. } = &samples.targets else { unreachable!() };
//! assert_eq!(vocabulary.decode(&values[..5])?, "braca");
//! # Ok::<(), data::characters::UnknownSymbol>(())
//! ```

use crate::samples::{Inputs, Samples, Splits, Targets};

/// The first thirty chapters of *Pride and Prejudice* (Jane Austen, 1813, public domain), 299,712
/// characters, 74 of them distinct.
///
/// ```
/// assert!(data::text().contains("It is a truth universally acknowledged"));
/// ```
pub fn text() -> &'static str {
    include_str!("../text/pride-and-prejudice.txt")
}

/// Splits [`text`] into windows of `length` characters, and returns its vocabulary: the first nine tenths of the
/// text for training, then a twentieth each for validation and test. Windows do not overlap; each target is the
/// character after its input.
///
/// # Panics
/// If `length` is 0.
#[track_caller]
pub fn text_splits(length: usize) -> (Splits, Vocabulary) {
    splits(text(), length)
}

/// Like [`text_splits`] for any text.
///
/// # Panics
/// If `length` is 0.
#[track_caller]
pub fn splits(text: &str, length: usize) -> (Splits, Vocabulary) {
    let vocabulary = Vocabulary::of(text);
    let tokens = vocabulary.encode(text).expect("the vocabulary is that of the text");
    let (train, rest) = tokens.split_at(tokens.len() / 10 * 9);
    let (validation, test) = rest.split_at(rest.len() / 2);
    let [train, validation, test] =
        [train, validation, test].map(|tokens| next_character(tokens, vocabulary.len(), length, length));
    (Splits { train, validation, test }, vocabulary)
}

/// Windows of `length` tokens that begin `stride` apart, with the following tokens as targets. A last incomplete
/// window is dropped.
///
/// # Panics
/// If `length` or `stride` is 0.
#[track_caller]
pub fn next_character(tokens: &[u32], vocabulary: usize, length: usize, stride: usize) -> Samples {
    assert!(
        length > 0 && stride > 0,
        "expected windows of 1 character or more, found {length} every {stride}"
    );
    let windows = tokens.windows(length.saturating_add(1)).step_by(stride);
    let shape = vec![length];
    Samples {
        inputs: Inputs::Tokens {
            shape: shape.clone(),
            values: windows.clone().flat_map(|window| &window[..length]).copied().collect(),
            vocabulary,
        },
        targets: Targets::Tokens {
            shape,
            values: windows.flat_map(|window| &window[1..]).copied().collect(),
        },
    }
}

/// Distinct characters of a text in the order of their code points; a token is an index into them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    symbols: Vec<char>,
}

/// Character or token outside of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSymbol {
    /// Character outside of the vocabulary.
    #[error("unknown character {symbol:?} at position {position}")]
    Character {
        /// Character.
        symbol: char,
        /// Position in the text, in characters from 0.
        position: usize,
    },
    /// Token outside of the vocabulary.
    #[error("expected tokens below {len}, found {token} at position {position}")]
    Token {
        /// Token.
        token: u32,
        /// Index among the tokens, from 0.
        position: usize,
        /// Number of symbols.
        len: usize,
    },
}

impl Vocabulary {
    /// Vocabulary of all characters of a text.
    pub fn of(text: &str) -> Vocabulary {
        let mut symbols: Vec<char> = text.chars().collect();
        symbols.sort_unstable();
        symbols.dedup();
        Vocabulary { symbols }
    }

    /// Characters by token.
    pub fn symbols(&self) -> &[char] {
        &self.symbols
    }

    /// Number of distinct characters.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// True without characters.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Token of each character.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownSymbol> {
        let token = |(position, symbol)| match self.symbols.binary_search(&symbol) {
            Ok(token) => Ok(token as u32),
            Err(_) => Err(UnknownSymbol::Character { symbol, position }),
        };
        text.chars().enumerate().map(token).collect()
    }

    /// Text of the tokens.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, UnknownSymbol> {
        let symbol = |(position, &token): (usize, &u32)| match self.symbols.get(token as usize) {
            Some(&symbol) => Ok(symbol),
            None => Err(UnknownSymbol::Token { token, position, len: self.len() }),
        };
        tokens.iter().enumerate().map(symbol).collect()
    }
}
