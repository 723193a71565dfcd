//! One report as data, and its renderers.
//!
//! A [`Document`] is sections of sentences, tables and figures. What is in it was decided by the functions that make one
//! ([`crate::comparison_document`], [`crate::study_document`]); a renderer only changes its form.

mod csv;
mod figure;
mod html;
mod latex;
mod markdown;
mod script;
mod template;

use serde::Serialize;

use crate::number::NONE;

pub use html::{SAVE_SCRIPT, style};
pub use script::looks;

pub use figure::{Figure, FigureLine, SeedLine};
pub use template::{TemplateError, check_template};

/// A report.
///
/// ```
/// use report::document::{Block, Cell, Column, Document, Format, Table};
/// let columns = vec![Column::text("optimizer"), Column::number("accuracy")];
/// let rows = vec![vec![Cell::text("adam"), Cell::number("97.2%", 0.972)]];
/// let table = Table { title: "Results".into(), columns, rows, ..Table::default() };
/// let blocks = vec![Block::Verdict("One optimizer ran.".into()), Block::Table(table.clone())];
/// let report = Document { title: "adam on mnist".into(), blocks, data: table, ..Document::default() };
///
/// assert_eq!(report.render(Format::Csv), "optimizer,accuracy\r\nadam,0.972\r\n");
/// assert!(report.render(Format::Markdown).contains("| adam | 97.2% |"));
/// assert!(report.render(Format::Latex).contains(r"adam & 97.2\% \\"));
/// assert!(report.render(Format::Html).starts_with("<!doctype html>"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Document {
    /// Kind of report: `comparison`, `study`.
    pub kind: String,
    /// Small line over the title.
    pub eyebrow: String,
    /// Title.
    pub title: String,
    /// Small line under the title.
    pub facts: String,
    /// Contents.
    pub blocks: Vec<Block>,
    /// Results as one table, a row each: what is written as CSV.
    pub data: Table,
}

/// Part of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Block {
    /// Part under a heading.
    Section {
        /// Name for links; unique.
        id: String,
        /// Heading.
        title: String,
        /// Contents.
        blocks: Vec<Block>,
    },
    /// The conclusion, at most two sentences.
    Verdict(String),
    /// A fact that nobody may miss.
    Banner {
        /// The fact.
        title: String,
        /// Its consequence.
        text: String,
    },
    /// Short sentences under a small heading.
    Warnings {
        /// Heading.
        title: String,
        /// Sentences.
        items: Vec<String>,
    },
    /// Explanation at the head of a section.
    Lead(String),
    /// Paragraph. What is between backticks is code.
    Text(String),
    /// Small heading.
    Heading(String),
    /// Sentences, one a line.
    List(Vec<String>),
    /// Lines as they are.
    Code(String),
    /// Table.
    Table(Table),
    /// Figures, two in a row where there is room.
    Figures(Vec<Figure>),
    /// Terms with their explanation.
    Terms(Vec<Term>),
    /// Part that is closed until it is asked for.
    Fold {
        /// Line that is shown.
        summary: String,
        /// Contents.
        blocks: Vec<Block>,
    },
}

/// Term with its explanation.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Term {
    /// Term.
    pub name: String,
    /// Soft words after it.
    pub note: String,
    /// Formula, as lines; empty for none.
    pub code: String,
    /// Paragraphs.
    pub texts: Vec<String>,
}

/// Table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Table {
    /// Title; the name of its file when it is saved.
    pub title: String,
    /// Appearance on a narrow screen.
    pub layout: Layout,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows of as many cells, the first of which names the row.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences under it.
    pub footnotes: Vec<String>,
}

/// Appearance of a table on a narrow screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// A row becomes a block of lines.
    #[default]
    Stack,
    /// It scrolls sideways.
    Scroll,
}

/// Column of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Column {
    /// Heading.
    pub name: String,
    /// Second line of the heading.
    pub note: String,
    /// True for numbers.
    pub numeric: bool,
    /// Names of the numbers of a cell in a CSV; empty if its text is written.
    pub keys: Vec<String>,
}

/// Cell of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cell {
    /// Text.
    pub text: String,
    /// Soft text after it.
    pub detail: String,
    /// Numbers that the text shows.
    pub values: Vec<Option<f64>>,
    /// Look of the line in figures of this name.
    pub look: Option<usize>,
    /// True if it is to catch the eye.
    pub strong: bool,
    /// Points and an interval on a scale, which a page draws instead of the text.
    pub strip: Option<Strip>,
}

/// Points and an interval on a scale that all rows of a table share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strip {
    /// Ends of the scale.
    pub scale: (f64, f64),
    /// Points.
    pub points: Vec<f64>,
    /// Ends of the interval.
    pub interval: Option<(f64, f64)>,
}

/// Form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One self-contained page.
    Html,
    /// Markdown with tables as GitHub has them.
    Markdown,
    /// A part of a LaTeX document; tables need the packages `booktabs` and `graphicx`.
    Latex,
    /// The results as one table, as RFC 4180 has it.
    Csv,
    /// The document as one JSON object.
    Json,
}

impl Document {
    /// The document in a form.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Html => html::page(self),
            Format::Markdown => markdown::text(self),
            Format::Latex => latex::text(self),
            Format::Csv => csv::table(&self.data),
            Format::Json => serde_json::to_string(self).expect("plain data") + "\n",
        }
    }

    /// All figures, in order.
    pub(crate) fn figures(&self) -> Vec<&Figure> {
        fn collect<'d>(blocks: &'d [Block], found: &mut Vec<&'d Figure>) {
            for block in blocks {
                match block {
                    Block::Section { blocks, .. } | Block::Fold { blocks, .. } => collect(blocks, found),
                    Block::Figures(figures) => found.extend(figures),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.blocks, &mut found);
        found
    }
}

impl Column {
    /// Column of texts.
    pub fn text(name: &str) -> Column {
        Column { name: name.into(), ..Column::default() }
    }

    /// Column of numbers; a CSV names them as the column.
    pub fn number(name: &str) -> Column {
        Column { name: name.into(), numeric: true, keys: vec![name.into()], ..Column::default() }
    }

    /// Column of numbers that a CSV has under other names, one for each number of a cell.
    pub fn numbers(name: &str, note: &str, keys: &[&str]) -> Column {
        let keys = keys.iter().map(|key| key.to_string()).collect();
        Column { name: name.into(), note: note.into(), numeric: true, keys }
    }
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// Number.
    pub fn number(text: impl Into<String>, value: impl Into<Option<f64>>) -> Cell {
        Cell { text: text.into(), values: vec![value.into()], ..Cell::default() }
    }

    /// Number in words; a dash for none.
    pub(crate) fn optional(value: Option<f64>, words: impl Fn(f64) -> String) -> Cell {
        Cell::number(value.map_or(NONE.to_string(), words), value)
    }

    /// The same with soft text after it.
    pub fn with_detail(self, detail: impl Into<String>) -> Cell {
        Cell { detail: detail.into(), ..self }
    }
}

/// Text with parts between backticks: true for code.
fn spans(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let whole = text.matches('`').count().is_multiple_of(2);
    let parts = if whole { text.split('`').collect() } else { vec![text] };
    parts
        .into_iter()
        .enumerate()
        .map(|(place, part)| (place % 2 == 1, part))
        .filter(|(_, part)| !part.is_empty())
}
