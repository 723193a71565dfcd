//! Colors and markers of runs, as the terminal can show them.

use std::io;

use anstream::{AutoStream, ColorChoice};
use ratatui::style::{Color, Style};
use report::Ground;

use crate::chart::GLYPHS;

/// Colors that the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    /// None: markers tell runs apart.
    None,
    /// The 256 of most terminals.
    Indexed,
    /// All.
    True,
}

/// Styles and markers, by the index of a run's look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    palette: [Option<Color>; GLYPHS.len()],
}

impl Theme {
    /// The theme for standard error: `NO_COLOR`, `COLORTERM` and `COLORFGBG` are heard.
    pub(super) fn of_terminal() -> Theme {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let colors = match AutoStream::choice(&io::stderr()) {
            ColorChoice::Never => Colors::None,
            _ if matches!(variable("COLORTERM").as_str(), "truecolor" | "24bit") => Colors::True,
            _ => Colors::Indexed,
        };
        Theme::new(colors, ground(&variable("COLORFGBG")))
    }

    /// The colors of all pictures, as near as the terminal has them and no two the same.
    pub(super) fn new(colors: Colors, ground: Ground) -> Theme {
        let mut palette = [None; GLYPHS.len()];
        let mut used = Vec::new();
        for (look, color) in palette.iter_mut().enumerate() {
            let rgb @ [red, green, blue] = report::color(look, ground);
            *color = match colors {
                Colors::None => None,
                Colors::True => Some(Color::Rgb(red, green, blue)),
                Colors::Indexed => {
                    used.push(nearest(rgb, &used));
                    used.last().copied().map(Color::Indexed)
                }
            };
        }
        Theme { palette }
    }

    /// Style of the run with this look.
    pub(super) fn style(&self, look: usize) -> Style {
        self.palette[look % self.palette.len()].map_or(Style::new(), |color| Style::new().fg(color))
    }

    /// Marker of the run with this look.
    pub(super) fn marker(&self, look: usize) -> char {
        GLYPHS[look % GLYPHS.len()]
    }
}

/// The ground by the variable that some terminals set, `15;0` for light letters on a dark one; dark where none does.
fn ground(variable: &str) -> Ground {
    match variable.rsplit(';').next() {
        Some("7" | "9" | "10" | "11" | "12" | "13" | "14" | "15") => Ground::Light,
        _ => Ground::Dark,
    }
}

/// The nearest that is not used of the 216 colors in a cube of six steps, which are numbers 16 to 231.
fn nearest(color: [u8; 3], used: &[u8]) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |number: u8, place: u32| STEPS[usize::from((number - 16) / 6_u8.pow(2 - place) % 6)];
    let distance = |number: u8| {
        let parts =
            color.into_iter().zip(0..).map(|(part, place)| u32::from(part.abs_diff(step(number, place))));
        parts.map(|difference| difference.pow(2)).sum::<u32>()
    };
    (16..=231).filter(|number| !used.contains(number)).min_by_key(|&number| distance(number)).unwrap_or(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_of_runs_differ_on_every_terminal() {
        for ground in [Ground::Light, Ground::Dark] {
            for colors in [Colors::Indexed, Colors::True] {
                let theme = Theme::new(colors, ground);
                for a in 0..12 {
                    for b in 0..a {
                        assert_ne!(theme.style(a), theme.style(b), "{a} and {b} on {ground:?}");
                    }
                }
            }
            assert_eq!(Theme::new(Colors::None, ground).style(3), Style::new());
        }
    }

    #[test]
    fn the_ground_is_dark_unless_the_terminal_says_otherwise() {
        assert_eq!(["", "15;0", "0;15", "0;default;7"].map(ground), {
            [Ground::Dark, Ground::Dark, Ground::Light, Ground::Light]
        });
    }

    #[test]
    fn a_color_of_the_cube_is_itself() {
        assert_eq!(nearest([0, 0, 0], &[]), 16);
        assert_eq!(nearest([255, 255, 255], &[]), 231);
        assert_eq!(nearest([95, 135, 175], &[]), 67);
        assert_ne!(nearest([95, 135, 175], &[67]), 67);
    }
}
