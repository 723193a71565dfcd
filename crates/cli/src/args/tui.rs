use clap::Args;

use crate::failure::Failure;
use crate::stop::Stop;
use crate::tui::Screen;

/// The flag of the screen.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct TuiArgs {
    /// Show curves, runs and the time left on a screen, with keys that pause, stop and choose: ? lists them
    ///
    /// Keys: p pauses all runs and lets them go on, s stops the selected run, up and down select one, tab shows the metric or
    /// the learning rate, q quits. Results are the same, and are printed after the end as without it
    #[cfg(feature = "tui")]
    #[arg(long)]
    tui: bool,
}

impl TuiArgs {
    /// Says if a screen that is asked for can be shown, before any work begins.
    ///
    /// # Errors
    /// If standard input or standard error is no terminal.
    pub(crate) fn check(self) -> Result<(), Failure> {
        #[cfg(feature = "tui")]
        if self.tui {
            return crate::tui::check();
        }
        Ok(())
    }

    /// The screen, if it is asked for; see [`Screen::open`].
    ///
    /// # Errors
    /// If the terminal cannot be taken.
    #[cfg_attr(not(feature = "tui"), expect(unused_variables, reason = "no screen is opened"))]
    pub(crate) fn open(self, title: &str, single: bool, stop: &Stop) -> Result<Option<Screen>, Failure> {
        #[cfg(feature = "tui")]
        if self.tui {
            return Screen::open(title.to_string(), single, stop).map(Some);
        }
        Ok(None)
    }
}
