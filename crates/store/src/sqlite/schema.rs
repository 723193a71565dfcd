//! The tables, and how a file comes to have those of the newest schema.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::error::{At, Failed, PATIENCE};
use crate::{leftovers, place};
use lab::store::{Error, Holder};

/// The newest schema, in `user_version`.
pub(crate) const NEWEST: u32 = STEPS.len() as u32;

/// Marks a file as one of ours, in `application_id`: "Dsct".
const APPLICATION: i32 = i32::from_be_bytes(*b"Dsct");

/// The first makes the tables of schema 1, each further one leads to the next schema. Files hold their text, so none
/// of them is ever changed.
pub(crate) const STEPS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Opens a store for reading and writing; makes it if no file is there.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    place::make_folders(path)?;
    match files::open(path) {
        Err(error) if error.kind() == files::Kind::Missing => create(path)?,
        found => drop(found?),
    }
    place::writable(path)?;
    leftovers::sweep(path);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    migrate(&mut connection, path)?;
    verify(&connection, path)?;
    Ok(connection)
}

/// Opens a store that is there. Where it cannot be written, it is read.
pub(crate) fn open_existing(path: &Path) -> Result<Connection, Error> {
    files::open(path)?;
    match place::writable(path) {
        Ok(()) => open(path),
        Err(_) => open_read_only(path),
    }
}

/// Opens a store that is there, for reading alone.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, Error> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match version(&connection, path)? {
        NEWEST => verify(&connection, path)?,
        found => return Err(Error::Schema { path: path.into(), newest: NEWEST, found }),
    }
    Ok(connection)
}

/// Brings an empty database to a schema, from another one.
pub(crate) fn apply(connection: &Connection, from: u32, to: u32) -> rusqlite::Result<()> {
    for step in &STEPS[from as usize..to as usize] {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", to)
}

/// A new store, whole from the first moment on that its name is there: made under another name, then linked.
fn create(path: &Path) -> Result<(), Error> {
    let io = |source| files::Error::Create { path: path.into(), flag: None, source };
    let Holder { pid, worker, .. } = Holder::new();
    let temporary = leftovers::temporary(path, pid, worker);
    let made = make(&temporary, path).and_then(|()| {
        // Where another process was faster, its file is the store.
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(_) if !path.exists() => fs::rename(&temporary, path).map_err(|error| io(error).into()),
            _ => Ok(()),
        }
    });
    for suffix in ["", "-wal", "-shm"] {
        let mut name = temporary.clone().into_os_string();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
    made
}

/// Makes a store under a temporary name. Errors name the file that is to be.
fn make(temporary: &Path, path: &Path) -> Result<(), Error> {
    File::create_new(temporary).map_err(|source| files::Error::Create {
        path: path.into(),
        flag: None,
        source,
    })?;
    let connection = Connection::open_with_flags(
        temporary,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .at(path)?;
    let tables = || -> rusqlite::Result<()> {
        // Kept by the file: readers never wait for a writer.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "application_id", APPLICATION)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch("BEGIN")?;
        apply(&connection, 0, NEWEST)?;
        connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    };
    tables().at(path)?;
    connection.close().map_err(|(_, error)| error).at(path)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    // No pipe hangs, and no empty file becomes a store: ours have never been empty.
    let (file, bytes) = files::open(path)?;
    drop(file);
    if bytes == 0 {
        return Err(Error::NoStore { path: path.into(), found: "an empty file".to_string() });
    }
    let connection = match flags == OpenFlags::SQLITE_OPEN_READ_ONLY && is_at_rest(path) {
        false => Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX),
        // What readers and writers share would be a file of the reader's, or could not be made at all.
        true => Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI),
    }
    .at(path)?;
    let settings = || -> rusqlite::Result<()> {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "trusted_schema", false)
    };
    settings().at(path)?;
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).at(path)?;
    match application {
        APPLICATION => Ok(connection),
        _ => Err(Error::NoStore { path: path.into(), found: "another SQLite database".to_string() }),
    }
}

/// True if a store that this process cannot write has no log: nobody writes, or has written since the last to do so
/// ended. A writer that begins while such a store is read is noticed by the checks of what was read.
fn is_at_rest(path: &Path) -> bool {
    let mut log = path.as_os_str().to_os_string();
    log.push("-wal");
    let is_empty = fs::metadata(Path::new(&log)).map_or(true, |found| found.len() == 0);
    is_empty && place::writable(path).is_err()
}

/// The address of a file that does not change, with everything escaped that means something in it.
fn immutable(path: &Path) -> String {
    let mut address = "file:".to_string();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(byte)),
            byte => address += &format!("%{byte:02x}"),
        }
    }
    address + "?immutable=1"
}

fn version(connection: &Connection, path: &Path) -> Result<u32, Error> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).at(path)?;
    if !(1..=NEWEST).contains(&found) {
        return Err(Error::Schema { path: path.into(), newest: NEWEST, found });
    }
    Ok(found)
}

/// Brings an older store to the newest schema, all of it or none.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    if version(connection, path)? == NEWEST {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).at(path)?;
    // Another process may have done it meanwhile.
    let found = version(&step, path)?;
    apply(&step, found, NEWEST).at(path)?;
    step.commit().at(path)
}

/// Makes sure that tables and views are those of the schema, so that no damage renames one.
fn verify(connection: &Connection, path: &Path) -> Result<(), Error> {
    let fresh = || -> rusqlite::Result<Vec<(String, String)>> {
        let fresh = Connection::open_in_memory()?;
        apply(&fresh, 0, NEWEST)?;
        let mut found = fresh.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")?;
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    for (name, expected) in fresh().at(path)? {
        let found: Option<String> = connection
            .query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [&name], |row| row.get(0))
            .optional()
            .at(path)?;
        if found.as_ref() != Some(&expected) {
            return Err(Failed::damaged(path, format!("`{name}` is not as schema {NEWEST} has it")));
        }
    }
    Ok(())
}
