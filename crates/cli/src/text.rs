//! Text in columns.

use unicode_width::UnicodeWidthStr;

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
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1000, 60_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "60,000", "1,234,567"]
        );
    }
}
