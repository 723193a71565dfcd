//! The terminal, taken for a screen and given back, in whatever way the program ends.

use std::io::{self, BufWriter, Stderr, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::queue;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// A screen on standard error, so that standard output stays data. A frame is one write.
pub(super) type Display = Terminal<CrosstermBackend<BufWriter<Stderr>>>;

/// Bytes of a frame.
const FRAME: usize = 1 << 16;

/// True while keys come unread by the system and another screen is shown.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal. A panic gives it back before its message is printed.
pub(super) fn take() -> io::Result<Display> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
    enter()?;
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, io::stderr())))
        .inspect_err(|_| give_back())
}

/// Takes the terminal again, after [`give_back`].
pub(super) fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut stderr = io::stderr().lock();
    let entered = queue!(stderr, EnterAlternateScreen, Hide).and_then(|()| stderr.flush());
    drop(stderr);
    entered.inspect_err(|_| give_back())
}

/// Shows the screen that was there before, with its cursor and its keys; does nothing if that is so.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Where the terminal is gone, nothing is left to be done.
        let mut stderr = io::stderr().lock();
        let _ = queue!(stderr, LeaveAlternateScreen, Show).and_then(|()| stderr.flush());
        let _ = disable_raw_mode();
    }
}
