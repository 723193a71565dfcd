//! The terminal: its width, whether it is one, and writing to it.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::text;

/// The width that tables are made for where nothing says otherwise.
const WIDTH: usize = 80;

/// The least and greatest width: longer lines are hard to read, shorter ones hold no table.
const LEAST: usize = 50;
const MOST: usize = 200;

/// Columns to write in: those of the terminal, or fewer where `COLUMNS` says so; without a terminal what `COLUMNS` says, or
/// 80.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let terminal = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns.into());
    columns(said, terminal)
}

/// A shell may export `COLUMNS` and change its window later: more columns than it has tear every line.
fn columns(said: Option<usize>, terminal: Option<usize>) -> usize {
    let known = [said, terminal].into_iter().flatten().filter(|&columns| columns > 0);
    known.min().unwrap_or(WIDTH).clamp(LEAST, MOST)
}

/// True if standard error is a terminal that can redraw lines.
pub(crate) fn is_live() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes text and a line end to standard output, with colors only where they are wanted.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{}", text.trim_end_matches('\n'))?;
    stdout.flush()
}

/// Writes a note to standard error, wrapped on a terminal; that it cannot be read is no reason to stop. While notes are [held](hold), it is
/// written later.
pub(crate) fn note(text: &str) {
    match &mut *held() {
        Some(notes) => notes.push(text.to_string()),
        None => {
            let text = if is_live() { text::fitted(text, width()) } else { format!("{text}\n") };
            let _ = write!(anstream::stderr(), "{text}");
        }
    }
}

/// Notes while a screen has the terminal.
static HELD: Mutex<Option<Vec<String>>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Vec<String>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps notes from now on, because a screen has the terminal.
#[cfg(feature = "tui")]
pub(crate) fn hold() {
    *held() = Some(Vec::new());
}

/// The last note that is kept.
#[cfg(feature = "tui")]
pub(crate) fn last_held() -> Option<String> {
    held().as_ref()?.last().cloned()
}

/// Writes the notes that were kept.
#[cfg(feature = "tui")]
pub(crate) fn release() {
    let notes = held().take();
    notes.iter().flatten().for_each(|text| note(text));
}

/// The version of what commands print with `--json`, in its field `schema`; records have their own.
pub(crate) const SCHEMA: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_wider_than_the_terminal() {
        for (said, terminal, expected) in [
            (None, None, 80),
            (Some(120), None, 120),
            (None, Some(120), 120),
            (Some(120), Some(60), 60),
            (Some(60), Some(120), 60),
            (Some(0), Some(0), 80),
            (Some(7), Some(120), 50),
            (None, Some(900), 200),
        ] {
            assert_eq!(columns(said, terminal), expected, "COLUMNS {said:?}, terminal {terminal:?}");
        }
    }
}
