//! The terminal: its width, whether it is one, and writing to it.

use std::io::{self, IsTerminal, Write};

/// The width that tables are made for where nothing says otherwise.
const WIDTH: usize = 80;

/// The least and greatest width: longer lines are hard to read, shorter ones hold no table.
const LEAST: usize = 50;
const MOST: usize = 200;

/// Columns to write in: what `COLUMNS` says, or else the terminal, 80 where there is none.
pub(crate) fn width() -> usize {
    let said =
        std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|&columns| columns > 0);
    let terminal = || {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
        Some(usize::from(columns)).filter(|&columns| columns > 0)
    };
    said.or_else(terminal).unwrap_or(WIDTH).clamp(LEAST, MOST)
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

/// Writes a note to standard error; that it cannot be read is no reason to stop.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The version of what commands print with `--json`, in its field `schema`; records have their own.
pub(crate) const SCHEMA: u32 = 1;
