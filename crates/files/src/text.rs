//! Names and texts from outside, escaped for terminals and messages.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

/// Maximum number of characters of a name in a message.
const SHOWN: usize = 60;
/// Maximum number of names in a message.
const LISTED: usize = 8;

/// Escapes every character that could move the cursor, color the screen, reorder the line or hide: control
/// characters, line separators, bidirectional and zero-width marks.
///
/// ```
/// assert_eq!(files::text::visible("fc1.\u{1b}[2Jweight\n"), r"fc1.\u{1b}[2Jweight\n");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Escapes like [`visible`] but keeps line breaks, for whole messages.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n')
}

/// Escapes a name for a message and shortens a long one.
///
/// ```
/// assert_eq!(files::text::name("fc1.weight"), "fc1.weight");
/// assert_eq!(files::text::name(&"a".repeat(1000)), format!("{}… (1000 bytes)", "a".repeat(60)));
/// ```
pub fn name(text: &str) -> String {
    shorten(text, SHOWN)
}

/// Escapes a text for a message and shows at most its first `max` characters.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", visible(&text[..end]), text.len()),
    }
}

/// Lists names for a message: the first few, and the count.
///
/// ```
/// assert_eq!(files::text::list(["a", "b"]), "`a`, `b`");
/// assert_eq!(files::text::list([]), "none");
/// ```
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut listed = Vec::new();
    let mut count = 0;
    for text in names {
        count += 1;
        if count <= LISTED {
            listed.push(format!("`{}`", name(text)));
        }
    }
    match count {
        0 => "none".to_string(),
        _ if count > LISTED => format!("{}, … ({count} in all)", listed.join(", ")),
        _ => listed.join(", "),
    }
}

/// Escapes a path for a message; bytes that are not Unicode are replaced.
pub fn path(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Natural order: `fc2` before `fc10`.
///
/// ```
/// let mut names = ["fc10.bias", "fc2.bias", "conv"];
/// names.sort_by(|a, b| files::text::natural_order(a, b));
/// assert_eq!(names, ["conv", "fc2.bias", "fc10.bias"]);
/// ```
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let order = match (x.peek().copied(), y.peek().copied()) {
            (Some(c), Some(d)) if c.is_ascii_digit() && d.is_ascii_digit() => compare_numbers(&mut x, &mut y),
            (c, d) => {
                x.next();
                y.next();
                // Texts that differ only in leading zeros still have an order.
                if c.is_none() && d.is_none() {
                    return a.cmp(b);
                }
                c.cmp(&d)
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Compares the leading numbers of both texts by their digits without leading zeros: more digits are
/// greater.
fn compare_numbers<'a>(x: &mut Peekable<Chars<'a>>, y: &mut Peekable<Chars<'a>>) -> Ordering {
    for chars in [&mut *x, &mut *y] {
        while chars.next_if_eq(&'0').is_some() {}
    }
    let mut first = Ordering::Equal;
    loop {
        let digits = [&mut *x, &mut *y].map(|chars| chars.next_if(char::is_ascii_digit));
        match digits {
            [None, None] => return first,
            [None, _] => return Ordering::Less,
            [_, None] => return Ordering::Greater,
            [a, b] => first = first.then(a.cmp(&b)),
        }
    }
}

fn escape(text: &str, keeps: fn(char) -> bool) -> Cow<'_, str> {
    let harmless = |c| keeps(c) || !hides(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if harmless(c) => shown.push(c),
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c => shown.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The candidate most similar to a mistyped name; none if nothing is near.
///
/// ```
/// assert_eq!(files::text::nearest("fashon", &["mnist", "fashion"]), Some("fashion"));
/// assert_eq!(files::text::nearest("letters", &["mnist", "fashion"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    // One typo is near even in a short word.
    let slip = |candidate: &str| f64::from(strsim::osa_distance(&name, candidate) == 1);
    let score = |candidate: &str| strsim::jaro_winkler(&name, candidate).max(0.9 * slip(candidate));
    let best = candidates.iter().copied().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(best) > 0.7).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (text, shown) in [
            ("plain ünïcode 文", "plain ünïcode 文"),
            ("a\u{1b}]0;owned\u{7}b", r"a\u{1b}]0;owned\u{7}b"),
            ("line\r\n\tnext", r"line\r\n\tnext"),
            ("c1 \u{9b}2J, del \u{7f}", r"c1 \u{9b}2J, del \u{7f}"),
            ("\u{202e}gnp.exe", r"\u{202e}gnp.exe"),
            ("a\u{1b}[2Jb\u{202e}c\n", r"a\u{1b}[2Jb\u{202e}c\n"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("one\ntwo\u{1b}"), "one\ntwo\\u{1b}");
    }

    #[test]
    fn natural_order_is_a_total_order() {
        let sorted = ["", "a", "a0", "a00", "a1", "a01", "a2", "a2b", "a10", "a10b2", "a10b10", "b", "é1"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                let found = natural_order(a, b);
                assert_eq!(found, natural_order(b, a).reverse(), "{a} {b}");
                assert_eq!(found == Ordering::Equal, i == j, "{a} {b}");
                if !a.contains('0') && !b.contains('0') {
                    assert_eq!(found, i.cmp(&j), "{a} {b}");
                }
            }
        }
    }
}
