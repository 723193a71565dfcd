//! Seeds of reported runs.

use std::ops::Range;
use std::str::FromStr;

use lab::study::TUNING_SEEDS_FROM;

/// The most seeds of a comparison: more could not even be listed.
const MOST: u64 = 100_000;

/// Seeds as they are asked for: `5` for 0 to 4, or `10..20`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seeds(Range<u64>);

impl Seeds {
    /// The seeds, without the end.
    pub(crate) fn range(&self) -> Range<u64> {
        self.0.clone()
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        let expected = || "expected a number from 1, or FROM..TO such as 10..20".to_string();
        let number = |text: &str| text.parse::<u64>().map_err(|_| expected());
        let seeds = match text.split_once("..") {
            Some((from, to)) => number(from)?..number(to)?,
            None => 0..number(text)?,
        };
        match seeds.end.saturating_sub(seeds.start) {
            0 => Err(expected()),
            count if count > MOST => Err(format!("expected at most {MOST} seeds, found {count}")),
            _ if seeds.end > TUNING_SEEDS_FROM => {
                Err(format!("expected seeds below {TUNING_SEEDS_FROM}, found {}", seeds.end - 1))
            }
            _ => Ok(Seeds(seeds)),
        }
    }
}
