//! Text in columns.

use unicode_width::UnicodeWidthStr;

/// A loss or another measured number with four decimals, or with an exponent where it is huge or tiny.
pub(crate) fn loss(value: f64) -> String {
    report::decimals(value, 4)
}

/// Columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with spaces after it, so that it takes this many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Lines of at most `columns`, broken between words; a longer word has a separate line.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// The text wrapped at `columns`, each line set in by as many spaces.
pub(crate) fn paragraph(text: &str, indent: usize, columns: usize) -> String {
    let lines = wrap(text, columns.saturating_sub(indent).max(1));
    lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
}

/// A text after the start of its first line, wrapped at `columns`; further lines are set in by as much.
pub(crate) fn hanging(start: &str, text: &str, columns: usize) -> String {
    let indent = width(start);
    let lines = wrap(text, columns.saturating_sub(indent).max(1)).into_iter().enumerate();
    let line = |(index, line): (usize, String)| match index {
        0 => format!("{start}{line}\n"),
        _ => format!("{}{line}\n", " ".repeat(indent)),
    };
    lines.map(line).collect()
}

/// The text with lines of more than `columns` wrapped, each as far set in as it is.
pub(crate) fn fitted(text: &str, columns: usize) -> String {
    let line = |line: &str| {
        let words = line.trim_start();
        match width(line) <= columns {
            true => format!("{line}\n"),
            false => hanging(&" ".repeat(width(line) - width(words)), words, columns),
        }
    };
    text.lines().map(line).collect()
}

/// A command for a shell in lines of at most `columns`, where its options allow that: a line that another one continues
/// ends in a backslash.
pub(crate) fn command(command: &str, indent: usize, columns: usize) -> String {
    let mut lines = vec![" ".repeat(indent)];
    let parts: Vec<&str> = command.split(" --").collect();
    for (index, part) in parts.iter().enumerate() {
        let part = if index == 0 { part.to_string() } else { format!(" --{part}") };
        let line = lines.last_mut().expect("a first one");
        let backslash = if index + 1 < parts.len() { 2 } else { 0 };
        if index > 0 && width(line) + width(&part) + backslash > columns {
            line.push_str(" \\");
            lines.push(format!("{}{}", " ".repeat(indent + 4), part.trim_start()));
        } else {
            line.push_str(&part);
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Least columns for the last cell of a row next to the others.
const LEAST_LAST: usize = 20;

/// Rows of cells, each row with its line ends: every column is as wide as its widest cell and two
/// spaces from the next, the last one wrapped within what is left of `columns`, or below the others where little is
/// left.
pub(crate) fn table<const N: usize>(rows: &[[String; N]], indent: usize, columns: usize) -> Vec<String> {
    let widths: Vec<usize> =
        (0..N - 1).map(|i| rows.iter().map(|row| width(&row[i])).max().unwrap_or(0)).collect();
    let before = indent + widths.iter().map(|width| width + 2).sum::<usize>();
    let row = |row: &[String; N]| {
        let cells: String = row.iter().zip(&widths).map(|(cell, &width)| pad(cell, width) + "  ").collect();
        let has_room = before + LEAST_LAST <= columns;
        let margin = if has_room { before } else { indent + 4 };
        let mut last = wrap(&row[N - 1], columns.saturating_sub(margin).max(1)).into_iter();
        let next_to_cells = if has_room { last.next() } else { None };
        let first = format!("{}{cells}{}", " ".repeat(indent), next_to_cells.unwrap_or_default());
        let more = last.map(|line| format!("{}{line}", " ".repeat(margin)));
        std::iter::once(first).chain(more).map(|line| line.trim_end().to_string() + "\n").collect()
    };
    rows.iter().map(row).collect()
}

/// The beginning of a text that takes more than this many columns.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let mut cut = String::new();
    for character in text.chars() {
        if width(&cut) + width(character.encode_utf8(&mut [0; 4])) >= columns {
            break;
        }
        cut.push(character);
    }
    cut + "…"
}

/// The beginning and the end of a text that takes more than this many columns.
#[cfg(feature = "tui")]
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 5 {
        return cut(text, columns);
    }
    let last = text.char_indices().rev().map(|(start, _)| &text[start..]);
    let last = last.take_while(|last| width(last) <= columns / 2).last().unwrap_or_default();
    cut(text, columns - width(last)) + last
}

/// Four decimals, or where these would show less than three digits, three digits and an exponent.
pub(crate) fn significant(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_string(),
        size if (0.01..1e6).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

/// `about 40 s left`, `about 12 min left`.
pub(crate) fn time_left(seconds: f64) -> String {
    match seconds {
        _ if !seconds.is_finite() => "time left not known yet".to_string(),
        0.0..100.0 => format!("about {seconds:.0} s left"),
        100.0..6000.0 => format!("about {:.0} min left", seconds / 60.0),
        _ => format!("about {:.1} h left", seconds / 3600.0),
    }
}

/// A fraction as a percentage with two decimals; a dash for a fraction of nothing.
pub(crate) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2}%", 100.0 * share) } else { "—".to_string() }
}

/// A whole number with its thousands set apart: `60,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_wraps_its_last_column() {
        let rows = [["β₁", "0.9", "decay of the mean gradient"], ["eps", "1e-8", ""]]
            .map(|row| row.map(String::from));
        assert_eq!(
            table(&rows, 1, 32),
            [" β₁   0.9   decay of the mean\n            gradient\n", " eps  1e-8\n"]
        );
        // With fewer columns left the last cell is below the others.
        assert_eq!(table(&rows, 1, 31), [" β₁   0.9\n     decay of the mean gradient\n", " eps  1e-8\n"]);
    }

    #[test]
    fn what_is_too_wide_goes_on_below_its_beginning() {
        assert_eq!(
            hanging("epoch  1: ", "loss 0.1, accuracy 90%", 20),
            "epoch  1: loss 0.1,\n          accuracy\n          90%\n"
        );
        assert_eq!(fitted("short\n  a line that is long", 12), "short\n  a line\n  that is\n  long\n");
    }

    #[cfg(feature = "tui")]
    #[test]
    fn a_long_name_keeps_its_beginning_and_its_end() {
        assert_eq!(shortened("mnist1d/lr/adam trial 3, seed 1", 20), "mnist1d/l… 3, seed 1");
        assert_eq!(shortened("文文文文文文文文", 9), "文文…文文");
        assert_eq!(["adam", "adamw", ""].map(|name| shortened(name, 4)), ["adam", "ada…", ""]);
    }

    #[test]
    fn a_command_is_continued_at_its_options() {
        let line = "descent train --recipe 'adam lr=0.1, batch=64' --epochs 3";
        assert_eq!(command(line, 2, 80), format!("  {line}\n"));
        assert_eq!(
            command(line, 2, 40),
            "  descent train \\\n      --recipe 'adam lr=0.1, batch=64' \\\n      --epochs 3\n"
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1000, 60_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "60,000", "1,234,567"]
        );
    }

    #[test]
    fn times_are_in_the_unit_that_fits() {
        for (seconds, text) in [
            (0.4, "about 0 s left"),
            (99.0, "about 99 s left"),
            (300.0, "about 5 min left"),
            (7200.0, "about 2.0 h left"),
            (f64::NAN, "time left not known yet"),
            (f64::INFINITY, "time left not known yet"),
        ] {
            assert_eq!(time_left(seconds), text);
        }
    }
}
