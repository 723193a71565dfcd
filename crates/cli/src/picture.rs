//! Gray pictures in the terminal.

use std::fmt::Write;
use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{Ansi256Color, Color, Style};

use crate::text;

/// Columns between two pictures side by side.
const GAP: usize = 1;

/// Characters that draw a picture; either way a character is one pixel wide and two tall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Upper half blocks in shades of gray, on a terminal with colors.
    Blocks,
    /// One of five characters, the denser the brighter the pixels: for everything else.
    Shades,
}

impl Look {
    /// The form that standard output can show: `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` are heard.
    pub(crate) fn of_stdout() -> Look {
        match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => Look::Shades,
            _ => Look::Blocks,
        }
    }
}

/// A gray picture, row after row; 0 is black.
#[derive(Debug, Clone)]
pub(crate) struct Picture<'a> {
    pub(crate) pixels: &'a [u8],
    pub(crate) columns: usize,
    /// A line or a few below it.
    pub(crate) caption: String,
}

/// Pictures of one size side by side, as many as fit in `width` columns, in rows of such. The
/// black border that all of them have is left out.
pub(crate) fn page(pictures: &[Picture<'_>], look: Look, width: usize) -> String {
    let Some(frame) = Frame::around(pictures) else { return String::new() };
    let columns = frame.right - frame.left;
    let in_a_row = ((width + GAP) / (columns + GAP)).max(1);
    let mut text = String::new();
    for row in pictures.chunks(in_a_row) {
        let cells: Vec<Vec<String>> = row
            .iter()
            .map(|picture| {
                let mut lines = draw(picture, &frame, look);
                lines.extend(
                    text::wrap(&picture.caption, columns.saturating_sub(GAP))
                        .iter()
                        .map(|line| text::pad(line, columns)),
                );
                lines
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let line: Vec<String> = cells
                .iter()
                .map(|cell| cell.get(line).cloned().unwrap_or_else(|| " ".repeat(columns)))
                .collect();
            text.push_str(line.join(&" ".repeat(GAP)).trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text.trim_end_matches('\n').to_string()
}

/// One whole picture as lines of equal width.
pub(crate) fn lines(picture: &Picture<'_>, look: Look) -> Vec<String> {
    let rows = picture.pixels.len() / picture.columns;
    draw(picture, &Frame { top: 0, bottom: rows, left: 0, right: picture.columns }, look)
}

/// The part of pictures that is drawn; `bottom` and `right` are outside of it.
struct Frame {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

impl Frame {
    /// The smallest that holds every pixel of every picture that is not black, if any is.
    fn around(pictures: &[Picture<'_>]) -> Option<Frame> {
        let first = pictures.first()?;
        let rows = first.pixels.len() / first.columns;
        let bright =
            |row: usize, column: usize| pictures.iter().any(|p| p.pixels[row * p.columns + column] > 0);
        let row_is_bright = |&row: &usize| (0..first.columns).any(|column| bright(row, column));
        let column_is_bright = |&column: &usize| (0..rows).any(|row| bright(row, column));
        let whole = Frame { top: 0, bottom: rows, left: 0, right: first.columns };
        let Some(top) = (0..rows).find(row_is_bright) else { return Some(whole) };
        Some(Frame {
            top,
            bottom: (0..rows).rfind(row_is_bright).map_or(rows, |row| row + 1),
            left: (0..first.columns).find(column_is_bright).unwrap_or(0),
            right: (0..first.columns).rfind(column_is_bright).map_or(first.columns, |column| column + 1),
        })
    }
}

fn draw(picture: &Picture<'_>, frame: &Frame, look: Look) -> Vec<String> {
    let pixel = |row: usize, column: usize| {
        if row < frame.bottom { picture.pixels[row * picture.columns + column] } else { 0 }
    };
    (frame.top..frame.bottom)
        .step_by(2)
        .map(|row| {
            let pairs = (frame.left..frame.right).map(|column| (pixel(row, column), pixel(row + 1, column)));
            match look {
                Look::Blocks => blocks(pairs),
                Look::Shades => pairs.map(|(upper, lower)| shade(upper, lower)).collect(),
            }
        })
        .collect()
}

/// Upper half blocks, with a new color only where it changes.
fn blocks(pairs: impl Iterator<Item = (u8, u8)>) -> String {
    let mut line = String::new();
    let mut last = None;
    for (upper, lower) in pairs {
        let style = Style::new().fg_color(Some(grey(upper))).bg_color(Some(grey(lower)));
        if last != Some(style) {
            let _ = write!(line, "{style}");
            last = Some(style);
        }
        line.push('▀');
    }
    let _ = write!(line, "{:#}", Style::new().bold());
    line
}

/// The nearest of the palette's 26 greys: black, 24 between, white.
fn grey(value: u8) -> Color {
    let step = (usize::from(value) * 25 + 127) / 255;
    let index = match step {
        0 => 16,
        25 => 231,
        _ => 231 + step as u8,
    };
    Color::Ansi256(Ansi256Color(index))
}

/// A character as dense as two pixels are bright.
fn shade(upper: u8, lower: u8) -> char {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    SHADES[(usize::from(upper) + usize::from(lower)) * 5 / 511]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixels: &[u8], columns: usize) -> Picture<'_> {
        Picture { pixels, columns, caption: "is 4, seen as 9".to_string() }
    }

    #[test]
    fn shades_are_as_dense_as_the_pixels_are_bright() {
        let pixels = [0, 64, 128, 255, 0, 64, 128, 255];
        assert_eq!(lines(&picture(&pixels, 4), Look::Shades), [" ░▒█"]);
    }

    #[test]
    fn half_blocks_hold_two_rows_and_end_their_colors() {
        let pixels = [0, 255, 255, 255];
        let expected = "\u{1b}[38;5;16m\u{1b}[48;5;231m▀\u{1b}[38;5;231m\u{1b}[48;5;231m▀\u{1b}[0m";
        assert_eq!(lines(&picture(&pixels, 2), Look::Blocks), [expected]);
    }

    #[test]
    fn every_gray_is_in_the_gray_part_of_the_palette() {
        for value in 0..=255 {
            let Color::Ansi256(Ansi256Color(index)) = grey(value) else { panic!("not of the palette") };
            assert!(index == 16 || index >= 231, "{value}: {index}");
        }
    }

    #[test]
    fn a_page_leaves_out_the_common_border_and_fits_its_width() {
        let mut pixels = [0; 12 * 8];
        pixels[2 * 12 + 1] = 255;
        pixels[5 * 12 + 10] = 255;
        let pictures = vec![picture(&pixels, 12); 3];
        assert_eq!(
            page(&pictures, Look::Shades, 21),
            "\
▒          ▒
         ▒          ▒
is 4,      is 4,
seen as 9  seen as 9

▒
         ▒
is 4,
seen as 9"
        );
    }

    #[test]
    fn nothing_and_black_draw_without_a_fault() {
        assert_eq!(page(&[], Look::Shades, 80), "");
        assert_eq!(lines(&picture(&[0; 6], 2), Look::Shades), ["  ", "  "]);
        assert!(page(&[picture(&[0; 6], 2)], Look::Shades, 0).contains("seen"));
    }
}
