//! Tables whose rows are checked and counted, so that neither a changed nor a missing row goes unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lab::store::Error;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::error::{At, Failed};

/// A row of a checked table.
pub(crate) trait Row: Sized {
    /// Name of the table.
    const TABLE: &'static str;
    /// Its columns after `id` and before `check_sha256`.
    const COLUMNS: &'static [&'static str];
    /// Reads these columns, the first of which has this place.
    fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Self>;
    /// The values of these columns, in order.
    fn values(&self) -> Vec<Value>;
    /// The name by which a row is found.
    fn name(&self) -> String;
}

/// A value of a column.
pub(crate) type Value = rusqlite::types::Value;

/// A copy of a table that was checked, brought up to date before each use.
#[derive(Debug)]
pub(crate) struct Table<R> {
    rows: Vec<(i64, R)>,
    /// Places in `rows` by name.
    places: BTreeMap<String, usize>,
    /// XOR of the checks of all rows.
    checks: Check,
}

type Check = [u8; 32];

impl<R> Default for Table<R> {
    fn default() -> Table<R> {
        Table { rows: Vec::new(), places: BTreeMap::new(), checks: Check::default() }
    }
}

impl<R: Row> Table<R> {
    /// Reads what is new since the last time, in a transaction of the caller's.
    pub(crate) fn refresh(&mut self, connection: &Connection, path: &Path) -> Result<(), Error> {
        let totals = totals(connection, R::TABLE).at(path)?;
        if self.is(totals) {
            return Ok(());
        }
        self.read_on(connection, path)?;
        if !self.is(totals) {
            // Rows have been removed or replaced.
            *self = Table::default();
            self.read_on(connection, path)?;
        }
        if self.is(totals) {
            return Ok(());
        }
        let (name, found, expected) = (R::TABLE, self.rows.len(), totals.0);
        *self = Table::default();
        let why = format!("expected {expected} rows in `{name}`, all as they were written, found {found}");
        Err(Failed::damaged(path, why))
    }

    /// The rows with their numbers, in the order in which they were added.
    pub(crate) fn rows(&self) -> &[(i64, R)] {
        &self.rows
    }

    /// The row of this name, with its number.
    pub(crate) fn get(&self, name: &str) -> Option<&(i64, R)> {
        self.places.get(name).map(|&place| &self.rows[place])
    }

    /// Adds rows to the table, in a transaction of the caller's in which this copy is up to date; the copy has
    /// them when it is read the next time. Returns the number of the first.
    pub(crate) fn add(&self, connection: &Connection, rows: &[R]) -> rusqlite::Result<i64> {
        self.insert(connection, rows, self.rows.len(), self.checks)
    }

    /// Removes rows by their numbers, in a transaction of the caller's in which this copy is up to date.
    pub(crate) fn remove(&self, connection: &Connection, ids: &BTreeSet<i64>) -> rusqlite::Result<()> {
        let mut delete = connection.prepare_cached(&format!("DELETE FROM {} WHERE id = ?", R::TABLE))?;
        let (mut checks, mut count) = (self.checks, self.rows.len());
        for (id, row) in self.rows.iter().filter(|(id, _)| ids.contains(id)) {
            delete.execute([id])?;
            xor(&mut checks, check(*id, &row.values()));
            count -= 1;
        }
        set_totals(connection, R::TABLE, count, checks)
    }

    /// Puts a row in the place of an older one, under a new number, in a transaction of the caller's in
    /// which this copy is up to date.
    pub(crate) fn replace(&self, connection: &Connection, old: Option<i64>, row: R) -> rusqlite::Result<()> {
        let Some((id, old)) = self.rows.iter().find(|(id, _)| Some(*id) == old) else {
            return self.add(connection, &[row]).map(drop);
        };
        let mut without = self.checks;
        xor(&mut without, check(*id, &old.values()));
        connection.execute(&format!("DELETE FROM {} WHERE id = ?", R::TABLE), [id])?;
        self.insert(connection, &[row], self.rows.len() - 1, without).map(drop)
    }

    fn is(&self, (count, checks): (i64, Check)) -> bool {
        self.rows.len() as i64 == count && self.checks == checks
    }

    /// Inserts rows after the last of this copy, in a table of this many rows with these checks.
    fn insert(
        &self,
        connection: &Connection,
        rows: &[R],
        count: usize,
        mut checks: Check,
    ) -> rusqlite::Result<i64> {
        let columns = R::COLUMNS.join(", ");
        let marks = "?, ".repeat(R::COLUMNS.len() + 1);
        let sql = format!("INSERT INTO {} (id, {columns}, check_sha256) VALUES ({marks}?)", R::TABLE);
        let mut insert = connection.prepare_cached(&sql)?;
        let first = self.rows.last().map_or(1, |(id, _)| id + 1);
        for (id, row) in (first..).zip(rows) {
            let mut values = row.values();
            let check = check(id, &values);
            xor(&mut checks, check);
            values.insert(0, id.into());
            values.push(hex(check).into());
            insert.execute(rusqlite::params_from_iter(values))?;
        }
        set_totals(connection, R::TABLE, count + rows.len(), checks)?;
        Ok(first)
    }

    fn read_on(&mut self, connection: &Connection, path: &Path) -> Result<(), Error> {
        let columns = R::COLUMNS.join(", ");
        let table = R::TABLE;
        let sql = format!("SELECT id, {columns}, check_sha256 FROM {table} WHERE id > ? ORDER BY id");
        let mut select = connection.prepare_cached(&sql).at(path)?;
        let last = self.rows.last().map_or(0, |(id, _)| *id);
        let mut found = select.query([last]).at(path)?;
        while let Some(row) = found.next().at(path)? {
            let id: i64 = row.get(0).at(path)?;
            let damaged = |why: &str| {
                Failed::damaged(path, format!("row {id} of `{table}` is not as it was written{why}"))
            };
            let stored: String = row.get(R::COLUMNS.len() + 1).map_err(|_| damaged(""))?;
            let row = R::read(row, 1).map_err(|error| damaged(&format!(": {error}")))?;
            let check = check(id, &row.values());
            if stored != hex(check) {
                return Err(damaged(""));
            }
            xor(&mut self.checks, check);
            self.places.insert(row.name(), self.rows.len());
            self.rows.push((id, row));
        }
        Ok(())
    }
}

fn totals(connection: &Connection, table: &str) -> rusqlite::Result<(i64, Check)> {
    let mut select = connection.prepare_cached("SELECT count, checks FROM totals WHERE name = ?")?;
    select.query_row([table], |row| {
        let checks: String = row.get(1)?;
        let checks = unhex(&checks).ok_or(rusqlite::Error::InvalidColumnName("totals.checks".to_string()))?;
        Ok((row.get(0)?, checks))
    })
}

fn set_totals(connection: &Connection, table: &str, count: usize, checks: Check) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached("UPDATE totals SET count = ?, checks = ? WHERE name = ?")?;
    update.execute((count as i64, hex(checks), table)).map(drop)
}

/// SHA-256 of a row: each value with its kind, and its length where that varies.
pub(crate) fn check(id: i64, values: &[Value]) -> Check {
    let mut hash = Sha256::new();
    hash.update(id.to_le_bytes());
    for value in values {
        match value {
            Value::Null => hash.update([0]),
            Value::Integer(x) => hash.update([&[1][..], &x.to_le_bytes()].concat()),
            Value::Real(x) => hash.update([&[2][..], &x.to_le_bytes()].concat()),
            Value::Text(text) => {
                hash.update([&[3][..], &(text.len() as u64).to_le_bytes()].concat());
                hash.update(text);
            }
            Value::Blob(bytes) => {
                hash.update([&[4][..], &(bytes.len() as u64).to_le_bytes()].concat());
                hash.update(bytes);
            }
        }
    }
    hash.finalize().into()
}

fn xor(into: &mut Check, check: Check) {
    into.iter_mut().zip(check).for_each(|(into, byte)| *into ^= byte);
}

/// Hexadecimal digits.
pub(crate) fn hex(check: Check) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    check
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn unhex(text: &str) -> Option<Check> {
    let mut check = Check::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in check.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(check)
}
