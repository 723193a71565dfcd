//! Tables as RFC 4180 has them.

use super::{Cell, Column, Table};
use crate::csv::quoted;
use crate::text::plain;

/// A header and a row for each row. Numbers are written in full, missing ones are empty.
pub(super) fn table(table: &Table) -> String {
    let names = |column: &Column| match column.keys.is_empty() {
        true => vec![column.name.clone()],
        false => column.keys.clone(),
    };
    let header: Vec<String> = table.columns.iter().flat_map(names).collect();
    let mut lines = line(&header);
    for row in &table.rows {
        lines += &line(&row.iter().zip(&table.columns).flat_map(values).collect::<Vec<_>>());
    }
    lines
}

fn values((cell, column): (&Cell, &Column)) -> Vec<String> {
    if column.keys.is_empty() {
        return vec![plain(&cell.text)];
    }
    let value =
        |place: usize| cell.values.get(place).copied().flatten().map_or(String::new(), |x| x.to_string());
    (0..column.keys.len()).map(value).collect()
}

fn line(fields: &[String]) -> String {
    fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",") + "\r\n"
}
