//! Look of lines: color, marker and dash.
//!
//! Twelve colors, chosen by search so that any two differ by at least 20 (CIELAB ΔE76) in normal sight and under
//! protanopia, deuteranopia and tritanopia as simulated by Machado, Oliveira and Fernandes (2009),
//! with a contrast of at least 3:1 with the ground, which WCAG 2.2 asks of graphics. The dark
//! ground has twelve others. Each has a marker that no other has, and from the seventh on lines are dashed.

use crate::number::fixed;
use crate::text::plain;

/// The look of the line with this index; 24 indexes give 24 looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Of the optimizer, in the order given by the user.
    pub(crate) index: usize,
    /// Which of the twelve colors and markers, for the class names `s0` (stroke) and `f0` (fill).
    pub(crate) hue: usize,
    /// The color on a light ground.
    pub(crate) color: &'static str,
    /// `stroke-dasharray`; empty for a whole line.
    pub(crate) dash: &'static str,
}

/// Colors on a dark background. Renderers without media queries keep the light ones of the attributes.
pub(crate) const STYLE: &str = "\
.curves text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;\
font-variant-numeric:tabular-nums;unicode-bidi:isolate}\
@media screen and (prefers-color-scheme:dark){\
.curves .ground{fill:#15181d}.curves .halo{stroke:#15181d}\
.curves .ink{fill:#e8eaed}.curves .soft{fill:#a3abb6}\
.curves .grid{stroke:#2b3038}.curves .base{stroke:#6b7480}\
.curves .s0{stroke:#7f86ff}.curves .f0{fill:#7f86ff}\
.curves .s1{stroke:#f2573a}.curves .f1{fill:#f2573a}\
.curves .s2{stroke:#32e0ac}.curves .f2{fill:#32e0ac}\
.curves .s3{stroke:#d0609a}.curves .f3{fill:#d0609a}\
.curves .s4{stroke:#f2d02c}.curves .f4{fill:#f2d02c}\
.curves .s5{stroke:#c5e0ff}.curves .f5{fill:#c5e0ff}\
.curves .s6{stroke:#991df3}.curves .f6{fill:#991df3}\
.curves .s7{stroke:#7f604d}.curves .f7{fill:#7f604d}\
.curves .s8{stroke:#fbfc83}.curves .f8{fill:#fbfc83}\
.curves .s9{stroke:#a031ae}.curves .f9{fill:#a031ae}\
.curves .s10{stroke:#ab9ce4}.curves .f10{fill:#ab9ce4}\
.curves .s11{stroke:#6aba66}.curves .f11{fill:#6aba66}}";

pub(crate) const GROUND: &str = "#ffffff";
pub(crate) const INK: &str = "#1b1f24";
pub(crate) const SOFT: &str = "#59636e";
pub(crate) const GRID: &str = "#e3e6ea";
pub(crate) const BASE: &str = "#8b949e";

const COLORS: [&str; 12] = [
    "#1d4ebf", "#d1390f", "#009e86", "#945ca1", "#7a9350", "#38323a", "#7f0efe", "#6e2903", "#a87ef3",
    "#661b72", "#050091", "#321500",
];
/// The same on a dark ground, as in [`STYLE`].
const DARK: [&str; 12] = [
    "#7f86ff", "#f2573a", "#32e0ac", "#d0609a", "#f2d02c", "#c5e0ff", "#991df3", "#7f604d", "#fbfc83",
    "#a031ae", "#ab9ce4", "#6aba66",
];
/// Lines after which the dash changes.
const SAME_DASH: usize = 6;
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

const PLUS: &[(f64, f64)] = &[
    (-1.6, -4.8),
    (1.6, -4.8),
    (1.6, -1.6),
    (4.8, -1.6),
    (4.8, 1.6),
    (1.6, 1.6),
    (1.6, 4.8),
    (-1.6, 4.8),
    (-1.6, 1.6),
    (-4.8, 1.6),
    (-4.8, -1.6),
    (-1.6, -1.6),
];
const CROSS: &[(f64, f64)] = &[
    (0.0, -2.0),
    (2.6, -4.6),
    (4.6, -2.6),
    (2.0, 0.0),
    (4.6, 2.6),
    (2.6, 4.6),
    (0.0, 2.0),
    (-2.6, 4.6),
    (-4.6, 2.6),
    (-2.0, 0.0),
    (-4.6, -2.6),
    (-2.6, -4.6),
];
const STAR: &[(f64, f64)] = &[
    (0.0, -5.4),
    (1.3, -1.8),
    (5.1, -1.7),
    (2.1, 0.7),
    (3.2, 4.4),
    (0.0, 2.2),
    (-3.2, 4.4),
    (-2.1, 0.7),
    (-5.1, -1.7),
    (-1.3, -1.8),
];

pub(crate) fn look(index: usize) -> Look {
    let hue = index % COLORS.len();
    let dash = DASHES[index / SAME_DASH % DASHES.len()];
    Look { index, hue, color: COLORS[hue], dash }
}

impl Look {
    /// Corners of the marker around a point; none for a circle.
    pub(crate) fn corners(&self) -> &'static [(f64, f64)] {
        match self.hue {
            0 => &[],
            1 => &[(-3.4, -3.4), (3.4, -3.4), (3.4, 3.4), (-3.4, 3.4)],
            2 => &[(0.0, -4.6), (4.4, 3.4), (-4.4, 3.4)],
            3 => &[(0.0, -4.9), (4.9, 0.0), (0.0, 4.9), (-4.9, 0.0)],
            4 => &[(0.0, 4.6), (4.4, -3.4), (-4.4, -3.4)],
            5 => &[(0.0, -4.4), (4.2, -1.4), (2.6, 3.6), (-2.6, 3.6), (-4.2, -1.4)],
            6 => PLUS,
            7 => CROSS,
            8 => STAR,
            9 => &[(-3.8, -4.2), (3.8, -4.2), (-3.8, 4.2), (3.8, 4.2)],
            10 => &[(-5.0, -1.8), (5.0, -1.8), (5.0, 1.8), (-5.0, 1.8)],
            _ => &[(-1.8, -5.0), (1.8, -5.0), (1.8, 5.0), (-1.8, 5.0)],
        }
    }

    /// The marker around a point, filled with the line's color.
    pub(crate) fn marker(&self, x: f64, y: f64) -> String {
        let points = self.corners();
        let Look { hue, color, .. } = self;
        let paint = format!(r#"class="f{hue} halo" fill="{color}" stroke="{GROUND}" stroke-width="1.2""#);
        if points.is_empty() {
            return format!(r#"<circle cx="{}" cy="{}" r="3.8" {paint}/>"#, px(x), px(y));
        }
        let corners: Vec<String> =
            points.iter().map(|(dx, dy)| format!("{},{}", px(x + dx), px(y + dy))).collect();
        format!(r#"<polygon points="{}" {paint}/>"#, corners.join(" "))
    }

    /// The attributes of the line's stroke.
    pub(crate) fn stroke(&self) -> String {
        let Look { hue, color, dash, .. } = self;
        let dash = if dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dash}""#) };
        format!(
            r#"class="s{hue}" fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"{dash}"#
        )
    }

    /// A short stretch of the line with its marker, for tables.
    pub(crate) fn swatch(&self) -> String {
        format!(
            r#"<svg class="curves swatch" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true"><line x1="2" y1="6" x2="26" y2="6" {}/>{}</svg>"#,
            self.stroke(),
            self.marker(14.0, 6.0)
        )
    }
}

/// Background of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Paper, or a terminal with dark letters.
    Light,
    /// A terminal with light letters.
    Dark,
}

/// Red, green and blue of the line with this index, as all pictures have it; twelve differ.
///
/// ```
/// use report::{Ground, color};
/// assert_eq!(color(0, Ground::Light), [0x1d, 0x4e, 0xbf]);
/// assert_ne!(color(0, Ground::Dark), color(1, Ground::Dark));
/// assert_eq!(color(3, Ground::Dark), color(15, Ground::Dark));
/// ```
pub fn color(index: usize, ground: Ground) -> [u8; 3] {
    let colors = if ground == Ground::Light { COLORS } else { DARK };
    let number = u32::from_str_radix(&colors[index % colors.len()][1..], 16).expect("six digits");
    let [_, rgb @ ..] = number.to_be_bytes();
    rgb
}

/// A coordinate: two decimals, so that the picture is the same bytes everywhere.
pub(crate) fn px(x: f64) -> String {
    fixed(x, 2)
}

/// Text for an element or an attribute of HTML and SVG.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_lines_have_twelve_colors_and_markers() {
        for (a, dark) in DARK.into_iter().enumerate() {
            for b in 0..a {
                assert_ne!(look(a).color, look(b).color);
                assert_ne!(look(a).corners(), look(b).corners());
            }
            assert!(STYLE.contains(&format!(".curves .s{a}{{stroke:{dark}}}.curves .f{a}{{fill:{dark}}}")));
        }
        assert_ne!((look(0).color, look(0).dash), (look(12).color, look(12).dash));
    }
}
