//! Documents as Markdown.

use super::{Block, Cell, Document, Table, Term};
use crate::text::plain;

pub(super) fn text(document: &Document) -> String {
    let mut out = format!("# {}\n", escape(&document.title));
    if !document.facts.is_empty() {
        out += &format!("\n{}\n", escape(&document.facts));
    }
    blocks(&mut out, &document.blocks, 2);
    out
}

fn blocks(out: &mut String, blocks: &[Block], level: usize) {
    for block in blocks {
        *out += "\n";
        match block {
            Block::Section { title, blocks: inside, .. } | Block::Fold { summary: title, blocks: inside } => {
                *out += &format!("{} {}\n", "#".repeat(level.min(6)), escape(title));
                self::blocks(out, inside, level + 1);
            }
            Block::Heading(title) => *out += &format!("{} {}\n", "#".repeat(level.min(6)), escape(title)),
            Block::Verdict(text) => *out += &format!("**{}**\n", escape(text)),
            Block::Banner { title, text } => {
                *out += &format!("> **{}** {}\n", escape(title), escape(text));
            }
            Block::Warnings { title, items } => {
                *out += &format!("{}:\n\n{}", escape(title), list(items));
            }
            Block::List(items) => *out += &list(items),
            Block::Lead(text) | Block::Text(text) => *out += &format!("{}\n", inline(text)),
            Block::Code(code) => *out += &fenced(code),
            Block::Table(found) => *out += &table(found),
            Block::Figures(figures) => {
                *out += &list(&figures.iter().map(|figure| figure.summary.clone()).collect::<Vec<_>>());
            }
            Block::Terms(terms) => *out += &terms.iter().map(term).collect::<String>(),
        }
    }
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("- {}\n", inline(item))).collect()
}

fn term(term: &Term) -> String {
    let note = if term.note.is_empty() { String::new() } else { format!(" ({})", escape(&term.note)) };
    let texts: Vec<String> = term.texts.iter().map(|text| inline(text)).collect();
    format!("- **{}**{note}: {}\n", escape(&term.name), texts.join(" "))
}

/// A block of code whose fence is longer than any in it.
fn fenced(code: &str) -> String {
    let code = code.lines().map(plain).collect::<Vec<_>>().join("\n");
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{code}\n{fence}\n")
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let names =
        table.columns.iter().map(|column| escape([column.name.as_str(), &column.note].join(" ").trim()));
    let marks = table.columns.iter().map(|column| if column.numeric { "--:" } else { "---" }.to_string());
    let mut out = row(names.collect()) + &row(marks.collect());
    for cells in &table.rows {
        out += &row(cells.iter().map(cell).collect());
    }
    if !table.footnotes.is_empty() {
        out += &format!("\n{}", list(&table.footnotes));
    }
    out
}

fn cell(cell: &Cell) -> String {
    let text = escape([cell.text.as_str(), &cell.detail].join(" ").trim());
    if cell.strong && !text.is_empty() { format!("**{text}**") } else { text }
}

/// Text with its code.
fn inline(text: &str) -> String {
    super::spans(text)
        .map(|(code, part)| if code { format!("`{}`", plain(part)) } else { escape(part) })
        .collect()
}

/// Text whose characters mean nothing in Markdown or HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in plain(text).chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
