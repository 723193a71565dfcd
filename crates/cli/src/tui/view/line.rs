//! A line of texts, which never leaves its area.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text;

/// Texts one after the other.
pub(super) struct Line {
    spans: Vec<(String, Style)>,
    right: Option<(String, Style)>,
}

impl Line {
    pub(super) fn new() -> Line {
        Line { spans: Vec::new(), right: None }
    }

    pub(super) fn text(self, text: impl Into<String>) -> Line {
        self.styled(text, Style::new())
    }

    pub(super) fn styled(mut self, text: impl Into<String>, style: Style) -> Line {
        self.spans.push((text.into(), style));
        self
    }

    /// The same with a text at the right end.
    pub(super) fn fill(mut self, text: impl Into<String>, style: Style) -> Line {
        self.right = Some((text.into(), style));
        self
    }

    /// Writes into the first row of an area; what does not fit is left out.
    pub(super) fn draw(self, buffer: &mut Buffer, area: Rect) {
        if area.is_empty() {
            return;
        }
        let mut x = area.x;
        for (text, style) in &self.spans {
            let room = area.right().saturating_sub(x);
            (x, _) = buffer.set_stringn(x, area.y, text, usize::from(room), *style);
        }
        if let Some((text, style)) = &self.right {
            let columns = text::width(text).min(usize::from(area.width)) as u16;
            let start = area.right() - columns;
            if start >= x {
                buffer.set_stringn(start, area.y, text, usize::from(columns), *style);
            }
        }
    }
}
