//! Keys of a terminal as keys of the screen, and their help.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::Key;

/// The keys for a reader, and what they do; the first word of a row is also in the line of keys.
pub(super) const HELP: [(&str, &str); 11] = [
    ("p or space", "pause all runs, go on with them"),
    ("s", "stop the selected run; s again says yes"),
    ("up down, k j", "select a run"),
    ("PgUp PgDn", "ten runs up or down"),
    ("Home, End", "the first run; End follows the newest"),
    ("tab or v", "loss, metric, learning rate"),
    ("l", "scale: fitting, logarithmic, linear"),
    ("o or Enter", "one run alone, or all that compare with it"),
    ("?", "this help"),
    ("q", "quit; q again says yes; what is finished is kept"),
    ("Ctrl-C", "quit at once"),
];

/// Rows of a page of the table.
const PAGE: usize = 10;

/// The meaning of a key.
pub(super) fn key(event: KeyEvent) -> Key {
    let with_control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        KeyCode::Char('c') if with_control => Key::Interrupt,
        KeyCode::Char('z') if with_control => Key::Suspend,
        KeyCode::Char('l') if with_control => Key::Redraw,
        KeyCode::Char(_) if with_control => Key::Other,
        KeyCode::Char('p' | 'P' | ' ') => Key::Pause,
        KeyCode::Char('s' | 'S') => Key::End,
        KeyCode::Char('q' | 'Q') => Key::Quit,
        KeyCode::Char('k') | KeyCode::Up => Key::Up(1),
        KeyCode::Char('j') | KeyCode::Down => Key::Down(1),
        KeyCode::PageUp => Key::Up(PAGE),
        KeyCode::PageDown => Key::Down(PAGE),
        KeyCode::Home => Key::First,
        KeyCode::End => Key::Newest,
        KeyCode::Tab | KeyCode::Right | KeyCode::Char('v') => Key::NextMeasure,
        KeyCode::BackTab | KeyCode::Left | KeyCode::Char('V') => Key::LastMeasure,
        KeyCode::Char('l' | 'L') => Key::Scale,
        KeyCode::Char('o' | 'O') | KeyCode::Enter => Key::OneOrAll,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Key::Help,
        KeyCode::Esc => Key::Escape,
        _ => Key::Other,
    }
}
