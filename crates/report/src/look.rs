//! Look of lines: color, marker and dash.
//!
//! Six colors, chosen by search so that any two differ by at least 20 (CIELAB ΔE76) under
//! protanopia, deuteranopia and tritanopia as simulated by Machado, Oliveira and Fernandes (2009),
//! with a contrast of at least 3:1 with the ground, which WCAG 2.2 asks of graphics. The dark
//! ground has its own six.

use crate::number::fixed;
use crate::text::plain;

/// The look of the line with this index; 24 indexes give 24 looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Of the optimizer, in the order given by the user.
    pub(crate) index: usize,
    /// Which of the six colors and markers, for the class names `s0` (stroke) and `f0` (fill).
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
.curves .s5{stroke:#c5e0ff}.curves .f5{fill:#c5e0ff}}";

pub(crate) const GROUND: &str = "#ffffff";
pub(crate) const INK: &str = "#1b1f24";
pub(crate) const SOFT: &str = "#59636e";
pub(crate) const GRID: &str = "#e3e6ea";
pub(crate) const BASE: &str = "#8b949e";

const COLORS: [&str; 6] = ["#1d4ebf", "#d1390f", "#009e86", "#945ca1", "#7a9350", "#38323a"];
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

pub(crate) fn look(index: usize) -> Look {
    let hue = index % COLORS.len();
    let dash = DASHES[index / COLORS.len() % DASHES.len()];
    Look { index, hue, color: COLORS[hue], dash }
}

impl Look {
    /// The marker around a point, filled with the line's color.
    pub(crate) fn marker(&self, x: f64, y: f64) -> String {
        let points: &[(f64, f64)] = match self.hue {
            0 => &[],
            1 => &[(-3.4, -3.4), (3.4, -3.4), (3.4, 3.4), (-3.4, 3.4)],
            2 => &[(0.0, -4.6), (4.4, 3.4), (-4.4, 3.4)],
            3 => &[(0.0, -4.9), (4.9, 0.0), (0.0, 4.9), (-4.9, 0.0)],
            4 => &[(0.0, 4.6), (4.4, -3.4), (-4.4, -3.4)],
            _ => &[(0.0, -4.4), (4.2, -1.4), (2.6, 3.6), (-2.6, 3.6), (-4.2, -1.4)],
        };
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
