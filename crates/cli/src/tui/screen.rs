//! The thread that draws and reads keys, at most twenty times a second.

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::queue;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use signal_hook::consts::{SIGINT, SIGTSTP};
use signal_hook::low_level;

use super::feed::Feed;
use super::state::{Act, State};
use super::terminal::{self, Display};
use super::theme::Theme;
use super::{keys, view};
use crate::console;
use crate::stop::Stop;

/// Between two drawings.
const FRAME: Duration = Duration::from_millis(50);

/// Between two drawings in which nothing but the clock has moved.
const CLOCK: Duration = Duration::from_millis(500);

/// Share of its time that the thread draws: one in this many.
const DRAWS: u32 = 10;

/// Shows the state until the feed is closed, a signal has come, or the terminal is gone; then the terminal is as it was.
pub(super) fn show(mut display: Display, mut state: State, feed: &Feed, stop: &Stop) {
    // Runs go on if this thread ends in any way.
    let _closing = Closing(feed);
    let theme = Theme::of_terminal();
    let (mut last, mut drawn) = (Instant::now(), None);
    let mut wait = Duration::ZERO;
    while !(feed.is_closed() || stop.asked()) {
        let Ok(acts) = read_keys(&mut state, wait) else { return };
        let mut moved = !acts.is_empty();
        for act in acts.into_iter().flatten() {
            if act_on(act, feed, &mut display).is_err() {
                return;
            }
            if act == Act::Suspend {
                last = Instant::now();
            }
        }
        let (messages, latest) = feed.news();
        moved |= !messages.is_empty() || (!state.paused && !latest.is_empty());
        state.take(messages, &latest);
        state.pass(std::mem::replace(&mut last, Instant::now()).elapsed().as_secs_f64());
        let due = if moved { FRAME } else { CLOCK };
        wait = FRAME;
        if drawn.is_none_or(|drawn: Instant| drawn.elapsed() >= due) {
            let start = Instant::now();
            if draw(&mut display, &state, &theme).is_err() {
                return;
            }
            drawn = Some(start);
            // On a slow terminal, or with many curves, pictures come less often.
            wait = FRAME.max(DRAWS * start.elapsed());
        }
    }
}

/// Gives the terminal back and lets all runs go on.
struct Closing<'f>(&'f Feed);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        terminal::give_back();
        self.0.close();
    }
}

/// Waits for a key or a new size, and reads all that have come; an entry for each, with its effect.
fn read_keys(state: &mut State, wait: Duration) -> io::Result<Vec<Option<Act>>> {
    let mut acts = Vec::new();
    let mut wait = wait;
    while event::poll(wait)? {
        let act = match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => state.press(keys::key(key)),
            _ => None,
        };
        acts.push(act);
        wait = Duration::ZERO;
    }
    Ok(acts)
}

fn act_on(act: Act, feed: &Feed, display: &mut Display) -> io::Result<()> {
    match act {
        Act::Pause(paused) => feed.pause(paused),
        Act::End(run) => feed.end(run),
        Act::Stop => low_level::raise(SIGINT)?,
        Act::Suspend => {
            terminal::give_back();
            low_level::emulate_default_handler(SIGTSTP)?;
            terminal::enter()?;
            display.clear()?;
        }
        Act::Redraw => display.clear()?,
    }
    Ok(())
}

fn draw(display: &mut Display, state: &State, theme: &Theme) -> io::Result<()> {
    queue!(display.backend_mut(), BeginSynchronizedUpdate)?;
    let note = console::last_held();
    display.draw(|frame| {
        let area = frame.area();
        view::draw(frame.buffer_mut(), area, state, note.as_deref(), theme);
    })?;
    queue!(display.backend_mut(), EndSynchronizedUpdate)?;
    io::Write::flush(display.backend_mut())
}
