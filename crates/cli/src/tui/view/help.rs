//! The keys and what they do, in place of picture and table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear, Widget};

use super::line::Line;
use crate::text;
use crate::tui::keys::HELP;

pub(super) fn draw(buffer: &mut Buffer, area: Rect) {
    let keys = HELP.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    let lines = HELP.iter().flat_map(|(key, meaning)| {
        let room = usize::from(area.width).saturating_sub(keys + 6).max(1);
        let lines = text::wrap(meaning, room).into_iter().enumerate();
        lines.map(move |(index, line)| {
            let key = if index == 0 { key } else { &"" };
            format!("{}  {line}", text::pad(key, keys))
        })
    });
    let lines: Vec<String> = lines.collect();
    let widest = lines.iter().map(|line| text::width(line)).max().unwrap_or(0);
    let width = (widest as u16 + 4).min(area.width);
    let height = (lines.len() as u16 + 2).min(area.height);
    let left = area.x + (area.width - width) / 2;
    let frame = Rect { x: left, y: area.y + (area.height - height) / 2, width, height };
    Clear.render(area, buffer);
    let block = Block::bordered().title(" keys ");
    let inside = block.inner(frame);
    block.render(frame, buffer);
    for (line, y) in lines.into_iter().zip(inside.top()..inside.bottom()) {
        let row = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 };
        Line::new().text(line).draw(buffer, row);
    }
}
