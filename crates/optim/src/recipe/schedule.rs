//! Parser of learning rate schedules.

use std::str::FromStr;

use crate::error::Error;
use crate::hyper::Time;
use crate::recipe::parser::PLATEAU;
use crate::recipe::tokens::{Kind, Located, Token, range_of, settings, tokens};
use crate::schedule::{Factor, LrSchedule, Product};
use crate::schedules;

impl FromStr for LrSchedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<LrSchedule, Error> {
        tokens(text).and_then(|words| LrSchedule::read(&words)).map_err(|error| error.of(text))
    }
}

impl LrSchedule {
    /// Parses what [`Display`](std::fmt::Display) prints.
    pub(crate) fn read(words: &[Token<'_>]) -> Result<LrSchedule, Located> {
        let (mut rest, mut at, mut segments) = (words, range_of(words).start, vec![]);
        while let Some(then) = rest.iter().position(|word| word.text == "then") {
            let part = &rest[..then];
            let until = part
                .split_last()
                .and_then(|(word, part)| Some((part, word, word.text.strip_prefix("until=")?)));
            let Some((part, word, until)) = until else {
                let through: Vec<&str> = rest[..=then].iter().map(|word| word.text).collect();
                let expected = "`until=…` before `then`, as in `until=50% then`".to_string();
                let error = Error::Syntax { text: through.join(" "), expected };
                return Err(Located::new(range_of(&rest[..=then]), error));
            };
            let until = until.parse().map_err(|error| word.error(error))?;
            segments.push((product(part, at)?, until));
            (at, rest) = (rest[then].range.end, &rest[then + 1..]);
        }
        Ok(LrSchedule { segments, last: product(rest, at)? })
    }
}

/// Parses factors between stars; the first starts at byte `at`.
fn product(words: &[Token<'_>], at: usize) -> Result<Product, Located> {
    let (mut rest, mut at, mut product) = (words, at, vec![]);
    loop {
        let end = rest.iter().position(|word| word.text == "*").unwrap_or(rest.len());
        product.push(factor(&rest[..end], at)?);
        let Some(star) = rest.get(end) else { return Ok(product) };
        (at, rest) = (star.range.end, &rest[end + 1..]);
    }
}

fn factor(words: &[Token<'_>], at: usize) -> Result<Factor, Located> {
    let nothing = Token { kind: Kind::Word, text: "", range: at..at };
    let (name, settings_of) = words.split_first().unwrap_or((&nothing, &[]));
    let mut schedule = schedules::by_name(name.text).map_err(|error| match name.text {
        PLATEAU => name.recipe_error(format!(
            "expected a schedule of the update, found `{PLATEAU}`, which follows the loss: it is a separate part of a \
             recipe, as in `adam, {PLATEAU}`"
        )),
        _ => name.error(error),
    })?;
    let mut warmup = Time::default();
    for (word, key, value) in settings(settings_of)? {
        let set = match key {
            key if key == LrSchedule::WARMUP.name => value.parse().map(|time| warmup = time),
            key => schedule.set_text(key, value).map_err(|mut error| {
                if let Error::Unknown { known, .. } = &mut error {
                    known.push(LrSchedule::WARMUP.name.to_string());
                }
                error
            }),
        };
        set.map_err(|error| word.error(error))?;
    }
    schedule.check().map_err(|error| Located::new(range_of(words), error))?;
    Ok(Factor { schedule, warmup })
}
