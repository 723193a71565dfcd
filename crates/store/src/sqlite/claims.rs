//! Runs under way.

use std::path::Path;

use lab::store::{Claim, Error, Holder, Running, sha256};
use rusqlite::{Connection, OptionalExtension, Row};
use train::Record;

use super::error::{At, Failed};
use super::table::{Value, check, hex};

const SELECT: &str = "SELECT key, holder, since, beat, check_sha256, so_far, so_far_sha256 FROM claims";

/// Takes a run unless another holder that is alive has it.
pub(super) fn take(
    connection: &Connection,
    path: &Path,
    key: &str,
    holder: &Holder,
    time: u64,
) -> Result<Claim, Error> {
    if let Some(claim) = get(connection, path, key)?
        && claim.holder != *holder
        && !claim.has_expired(time)
    {
        return Ok(Claim::Held(claim.holder));
    }
    let text = serde_json::to_string(holder).expect("plain data");
    let time = time as i64;
    let check = check_of(key, &text, time);
    end(connection, key).at(path)?;
    let sql = "INSERT INTO claims (key, holder, since, beat, check_sha256) VALUES (?, ?, ?, ?, ?)";
    connection.execute(sql, (key, text, time, time, check)).at(path)?;
    connection.execute("UPDATE totals SET count = count + 1 WHERE name = 'claims'", []).at(path)?;
    Ok(Claim::Ours)
}

/// Writes a sign of life of a holder, if the claim is still its own.
pub(super) fn beat(
    connection: &Connection,
    path: &Path,
    key: &str,
    holder: &Holder,
    so_far: Option<&Record>,
    time: u64,
) -> Result<bool, Error> {
    if get(connection, path, key)?.is_none_or(|claim| claim.holder != *holder) {
        return Ok(false);
    }
    connection.execute("UPDATE claims SET beat = ? WHERE key = ?", (time as i64, key)).at(path)?;
    if let Some(record) = so_far {
        let text = serde_json::to_string(record).expect("plain data");
        let sql = "UPDATE claims SET so_far = ?, so_far_sha256 = ? WHERE key = ?";
        connection.execute(sql, (&text, sha256(&text), key)).at(path)?;
    }
    Ok(true)
}

/// Ends a claim, whoever has it.
pub(super) fn end(connection: &Connection, key: &str) -> rusqlite::Result<()> {
    let ended = connection.prepare_cached("DELETE FROM claims WHERE key = ?")?.execute([key])?;
    if ended > 0 {
        connection.execute("UPDATE totals SET count = count - 1 WHERE name = 'claims'", [])?;
    }
    Ok(())
}

/// The claim on a run.
pub(super) fn get(connection: &Connection, path: &Path, key: &str) -> Result<Option<Running>, Error> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE key = ?")).at(path)?;
    let found = select.query_row([key], |row| Ok(read(row, path))).optional();
    found.at(path)?.transpose()
}

/// All claims, by key.
pub(super) fn all(connection: &Connection, path: &Path) -> Result<Vec<Running>, Error> {
    let mut select = connection.prepare_cached(&format!("{SELECT} ORDER BY key")).at(path)?;
    let found = select.query_map([], |row| Ok(read(row, path))).at(path)?;
    let claims = found.map(|claim| claim.at(path)?).collect::<Result<Vec<Running>, Error>>()?;
    let sql = "SELECT count FROM totals WHERE name = 'claims'";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0)).at(path)?;
    if claims.len() as i64 != count {
        let why = format!("expected {count} rows in `claims`, found {}", claims.len());
        return Err(Failed::damaged(path, why));
    }
    Ok(claims)
}

fn read(row: &Row<'_>, path: &Path) -> Result<Running, Error> {
    let damaged = || Failed::damaged(path, "a row of `claims` is not as it was written");
    let text = |place: usize| row.get::<_, String>(place).map_err(|_| damaged());
    let optional = |place: usize| row.get::<_, Option<String>>(place).map_err(|_| damaged());
    let number = |place: usize| row.get::<_, i64>(place).map_err(|_| damaged());
    let (key, holder, since, beat) = (text(0)?, text(1)?, number(2)?, number(3)?);
    if text(4)? != check_of(&key, &holder, since) {
        return Err(damaged());
    }
    let holder = serde_json::from_str(&holder).map_err(|_| damaged())?;
    let so_far = match (optional(5)?, optional(6)?) {
        (None, None) => None,
        (Some(text), Some(expected)) if sha256(&text) == expected => {
            Some(Record::parse(&text).map_err(|_| damaged())?)
        }
        _ => return Err(damaged()),
    };
    Ok(Running { key, holder, since: since as u64, beat: beat as u64, so_far })
}

fn check_of(key: &str, holder: &str, since: i64) -> String {
    hex(check(0, &[Value::Text(key.to_string()), Value::Text(holder.to_string()), Value::Integer(since)]))
}
