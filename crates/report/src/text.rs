//! Text from outside, made safe to lay out.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with every character replaced that could move the cursor, reverse the line or break
/// XML.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if breaks_layout(c) { '\u{fffd}' } else { c }).collect()
}

/// Columns on a terminal.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// At most `columns` wide, with the middle left out: long settings differ at both ends.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let kept = columns.saturating_sub(1);
    let head = take(text.chars(), kept.div_ceil(2));
    let tail = take(text.chars().rev(), kept / 2);
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// Lines of at most `columns`, broken between words, or within one that is longer than a line.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2); // a wide character needs two
    let mut lines = vec![];
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > columns {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `a`, `a and b`, `a, b and c`; where a word has a comma outside of parentheses, `a, b; c; and d`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] if words.iter().any(|word| has_comma(word)) => {
            format!("{}; and {last}", head.join("; "))
        }
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn has_comma(word: &str) -> bool {
    let mut depth = 0_i32;
    word.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
}

fn breaks_layout(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}') // line and paragraph separators
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}') // marks of direction
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') // overrides, isolates
        || matches!(c, '\u{fffe}' | '\u{ffff}') // not characters in XML
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("adam", 4), "adam");
        assert_eq!(shorten("sgd lr=0.1 momentum=0.95", 11), "sgd l…=0.95");
        assert_eq!(shorten("二二二二", 5), "二…二");
    }

    #[test]
    fn words_are_wrapped_and_long_ones_broken() {
        assert_eq!(wrap("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 8), [""; 0]);
        assert!(wrap("二二 二", 1).iter().all(|line| width(line) <= 2));
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2J\nb\u{202e}c\u{2028}"), "a�[2J�b�c�");
        assert_eq!(plain("Ünïcode שלום"), "Ünïcode שלום");
    }
}
