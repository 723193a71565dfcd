//! Reading the course of a learning rate.

use std::str::FromStr;

use crate::error::Error;
use crate::hyper::Span;
use crate::recipe::tokens::{Kind, Mistake, Token, place, settings, tokens};
use crate::schedule::{LrSchedule, Product, Warmed};
use crate::schedules;

impl FromStr for LrSchedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<LrSchedule, Error> {
        tokens(text).and_then(|words| LrSchedule::read(&words)).map_err(|mistake| mistake.of(text))
    }
}

impl LrSchedule {
    /// Reads what [`Display`](fmt::Display) prints.
    pub(crate) fn read(words: &[Token<'_>]) -> Result<LrSchedule, Mistake> {
        let (mut rest, mut at, mut before) = (words, place(words).start, vec![]);
        while let Some(then) = rest.iter().position(|word| word.text == "then") {
            let part = &rest[..then];
            let until = part
                .split_last()
                .and_then(|(word, part)| Some((part, word, word.text.strip_prefix("until=")?)));
            let Some((part, word, until)) = until else {
                let through: Vec<&str> = rest[..=then].iter().map(|word| word.text).collect();
                let expected =
                    "what comes before `then` ends with its last step, as in `until=50%`".to_string();
                let error = Error::Syntax { text: through.join(" "), expected };
                return Err(Mistake::new(place(&rest[..=then]), error));
            };
            let until = until.parse().map_err(|error| word.wrong(error))?;
            before.push((product(part, at)?, until));
            (at, rest) = (rest[then].place.end, &rest[then + 1..]);
        }
        Ok(LrSchedule { before, last: product(rest, at)? })
    }
}

/// Factors between stars; the first starts at byte `at`.
fn product(words: &[Token<'_>], at: usize) -> Result<Product, Mistake> {
    let (mut rest, mut at, mut product) = (words, at, vec![]);
    loop {
        let end = rest.iter().position(|word| word.text == "*").unwrap_or(rest.len());
        product.push(warmed(&rest[..end], at)?);
        let Some(star) = rest.get(end) else { return Ok(product) };
        (at, rest) = (star.place.end, &rest[end + 1..]);
    }
}

fn warmed(words: &[Token<'_>], at: usize) -> Result<Warmed, Mistake> {
    let nothing = Token { kind: Kind::Word, text: "", place: at..at };
    let (name, words_behind) = words.split_first().unwrap_or((&nothing, &[]));
    let mut course = schedules::by_name(name.text).map_err(|error| name.wrong(error))?;
    let mut warmup = Span::default();
    for (word, key, value) in settings(words_behind)? {
        let set = match key {
            key if key == LrSchedule::WARMUP.name => value.parse().map(|span| warmup = span),
            key => course.set(key, value),
        };
        set.map_err(|error| word.wrong(error))?;
    }
    course.check().map_err(|error| Mistake::new(place(words), error))?;
    Ok(Warmed { course, warmup })
}
