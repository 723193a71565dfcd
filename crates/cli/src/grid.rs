//! Tables that fit the terminal.

use files::text::visible;
use train::record::Point;

use crate::text::{cut, pad, significant, width};

/// Columns between two cells.
const GAP: usize = 2;
/// The least width to which a column is narrowed.
const NARROW: usize = 8;

/// A table of texts.
pub(crate) struct Grid {
    /// Names of the columns; true for numbers, which are aligned at the right.
    pub(crate) columns: Vec<(String, bool)>,
    /// Rows of as many cells.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Grid {
    /// A row for each curve, in the order of their names.
    pub(crate) fn of_curves<'c>(curves: impl IntoIterator<Item = (&'c String, &'c Vec<Point>)>) -> Grid {
        let heading = [
            ("curve", false),
            ("points", true),
            ("first", true),
            ("last", true),
            ("min", true),
            ("max", true),
        ];
        let row = |(name, points): (&String, &Vec<Point>)| {
            let values = || points.iter().map(|point| point.value);
            let shown = |value: Option<f64>| value.map_or("—".to_string(), significant);
            vec![
                name.clone(),
                points.len().to_string(),
                shown(values().next()),
                shown(values().next_back()),
                shown(values().reduce(f64::min)),
                shown(values().reduce(f64::max)),
            ]
        };
        Grid {
            columns: heading.map(|(name, right)| (name.to_string(), right)).into(),
            rows: curves.into_iter().map(row).collect(),
        }
    }

    /// Columns of the terminal that the table takes where nothing is cut.
    #[cfg(feature = "store")]
    pub(crate) fn width(&self) -> usize {
        let widest = |(place, (name, _)): (usize, &(String, bool))| {
            let cells = self.rows.iter().map(|row| row[place].as_str());
            cells.chain([name.as_str()]).map(|cell| width(&visible(cell))).max().unwrap_or(0)
        };
        let widths = self.columns.iter().enumerate().map(widest);
        widths.sum::<usize>() + GAP * self.columns.len().saturating_sub(1)
    }

    /// The lines of the table, each of at most `columns`: where it would be wider, the widest columns are
    /// narrowed, and texts that do not fit end in an ellipsis. Where even that is too wide, each cell has a line.
    /// Cells are made visible.
    pub(crate) fn lines(self, columns: usize) -> Vec<String> {
        let right: Vec<bool> = self.columns.iter().map(|(_, right)| *right).collect();
        let heading = self.columns.into_iter().map(|(name, _)| name).collect();
        let shown: Vec<Vec<String>> = std::iter::once(heading)
            .chain(self.rows)
            .map(|row: Vec<String>| row.iter().map(|cell| visible(cell).into_owned()).collect())
            .collect();
        let widest = |place: usize| shown.iter().map(|row| width(&row[place])).max().unwrap_or(0);
        let widths = narrowed((0..right.len()).map(widest).collect(), columns);
        if widths.iter().map(|width| width + GAP).sum::<usize>() > columns + GAP {
            return listed(&shown, columns);
        }
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).zip(&right).map(|((cell, &columns), &right)| {
                let cell = cut(cell, columns);
                if right {
                    format!("{}{cell}", " ".repeat(columns - width(&cell)))
                } else {
                    pad(&cell, columns)
                }
            });
            cells.collect::<Vec<String>>().join(&" ".repeat(GAP)).trim_end().to_string()
        };
        shown.iter().map(line).collect()
    }
}

/// A line for each cell, after the name of its column, and an empty line between two rows.
fn listed(shown: &[Vec<String>], columns: usize) -> Vec<String> {
    let [heading, rows @ ..] = shown else { return Vec::new() };
    let names = heading.iter().map(|name| width(name)).max().unwrap_or(0);
    let row = |row: &Vec<String>| {
        let cells = heading.iter().zip(row);
        let line = |(name, cell): (&String, &String)| {
            let line = format!("{}{}{cell}", pad(name, names), " ".repeat(GAP));
            cut(line.trim_end(), columns)
        };
        cells.map(line).collect::<Vec<String>>()
    };
    rows.iter().map(row).collect::<Vec<Vec<String>>>().join(&String::new())
}

/// Widths that fit into `columns` with gaps between them, the widest made narrower first.
fn narrowed(mut widths: Vec<usize>, columns: usize) -> Vec<usize> {
    let room = columns.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > NARROW)
        else {
            break;
        };
        *widest -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_the_terminal_at_most() {
        let grid = |text: &str| Grid {
            columns: vec![("id".into(), false), ("recipe".into(), false), ("value".into(), true)],
            rows: vec![
                vec!["1".into(), text.into(), "0.5".into()],
                vec!["22".into(), "b\u{1b}".into(), "1".into()],
            ],
        };
        assert_eq!(grid("a").lines(80), ["id  recipe   value", "1   a          0.5", "22  b\\u{1b}      1"]);
        let lines = grid("文文文文文文文文文文").lines(25);
        assert_eq!(lines[1], "1   文文文文文文…     0.5");
        assert!(lines.iter().all(|line| width(line) <= 25), "{lines:?}");
        assert_eq!(
            grid("a").lines(12),
            ["id      1", "recipe  a", "value   0.5", "", "id      22", "recipe  b\\u…", "value   1"]
        );
    }
}
