//! Documents as one self-contained page.
//!
//! It makes no request: pictures, styles and the script are inside, and its content security policy forbids everything
//! else, scripts from elsewhere and inline handlers included. It is complete without the script, which draws the
//! figures again with their controls and saves tables and figures.

use std::fmt::Write;

use super::{Block, Cell, Column, Document, Figure, Layout, Strip, Table, Term, script};
use crate::look::{BASE, GRID, INK, STYLE, escape, look, px};

const CSS: &str = include_str!("page.css");
/// Script that saves text and drawings as files: functions `save(name, type, content)` and `savePng(name, svg)`.
pub const SAVE_SCRIPT: &str = include_str!("save.js");
const SCRIPT: &str = concat!(include_str!("save.js"), include_str!("page.js"));

/// SHA-256 of [`SCRIPT`] in base 64: with it in the policy no other script runs.
const SCRIPT_HASH: &str = "fmyK+4ssBmLsgm0oJKzQzsD/K7lY9+i7OFjJmNf5liI=";

/// Style sheet of pages and of the lines on them, for pages that are made elsewhere.
pub fn style() -> String {
    format!("{CSS}{STYLE}\n")
}

pub(super) fn page(document: &Document) -> String {
    let Document { eyebrow, title, facts, blocks, .. } = document;
    let (title, facts) = (escape(title), paragraph("facts", facts));
    let mut body = format!(
        "<header>\n<p class=\"eyebrow\">{}</p>\n<h1><bdi>{title}</bdi></h1>\n{facts}</header>\n",
        escape(eyebrow)
    );
    push_blocks(&mut body, blocks);
    let mut data =
        format!("<script type=\"application/json\" id=\"figures\">{}</script>\n", script::figures(document));
    for figure in document.figures() {
        if let Some(seeds) = script::seeds(figure) {
            let id = escape(&figure.id);
            let _ = writeln!(data, "<script type=\"application/json\" id=\"{id}-seeds\">{seeds}</script>");
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{SCRIPT_HASH}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · Descent</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{CSS}</style>\n<style id=\"looks\">{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n{data}<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn push_blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        push_block(out, block);
    }
}

fn push_block(out: &mut String, block: &Block) {
    match block {
        Block::Section { id, title, blocks } => {
            let (id, title) = (escape(id), escape(title));
            let _ =
                writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\"><bdi>{title}</bdi></h2>");
            push_blocks(out, blocks);
            *out += "</section>\n";
        }
        Block::Verdict(text) => *out += &paragraph("verdict", text),
        Block::Banner { title, text } => {
            let (title, text) = (escape(title), escape(text));
            let _ = writeln!(
                out,
                "<aside class=\"banner\" role=\"note\">\n<strong>{title}</strong>\n<bdi>{text}</bdi>\n</aside>"
            );
        }
        Block::Warnings { title, items } => {
            let title = escape(title);
            let _ = writeln!(
                out,
                "<aside class=\"warnings\" role=\"note\">\n<h3>{title}</h3>{}</aside>",
                list("", items)
            );
        }
        Block::Lead(text) => *out += &paragraph("lead", text),
        Block::Text(text) => *out += &paragraph("prose", text),
        Block::Heading(title) => {
            let _ = writeln!(out, "<h3><bdi>{}</bdi></h3>", escape(title));
        }
        Block::List(items) => *out += &list("plain", items),
        Block::Code(code) => {
            let _ = writeln!(out, "<pre tabindex=\"0\" class=\"lines\">{}</pre>", escape_lines(code));
        }
        Block::Table(found) => push_table(out, found),
        Block::Figures(figures) => push_figures(out, figures),
        Block::Terms(terms) => {
            *out += "<dl>\n";
            terms.iter().for_each(|term| push_term(out, term));
            *out += "</dl>\n";
        }
        Block::Fold { summary, blocks } => {
            let _ = writeln!(out, "<details>\n<summary><bdi>{}</bdi></summary>", escape(summary));
            push_blocks(out, blocks);
            *out += "</details>\n";
        }
    }
}

/// A paragraph with its code; nothing for an empty one.
fn paragraph(class: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p class=\"{class}\">{}</p>\n", inline(text)) }
}

fn inline(text: &str) -> String {
    let part = |(code, part): (bool, &str)| match code {
        true => format!("<code>{}</code>", escape(part)),
        false => escape(part),
    };
    format!("<bdi>{}</bdi>", super::spans(text).map(part).collect::<String>())
}

fn list(class: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
    format!("\n<ul class=\"{class}\">\n{items}</ul>\n")
}

fn push_term(out: &mut String, term: &Term) {
    let Term { name, note, code, texts } = term;
    let note = if note.is_empty() { String::new() } else { format!(" <small>{}</small>", escape(note)) };
    let code = if code.is_empty() {
        String::new()
    } else {
        format!("<pre tabindex=\"0\">{}</pre>", escape_lines(code))
    };
    let texts: Vec<String> = texts.iter().map(|text| inline(text)).collect();
    let _ =
        writeln!(out, "<dt><bdi>{}</bdi>{note}</dt>\n<dd>{code}{}</dd>", escape(name), texts.join("<br>\n"));
}

fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

fn push_table(out: &mut String, table: &Table) {
    let Table { title, layout, columns, rows, footnotes } = table;
    let title = escape(title);
    let class = match layout {
        Layout::Stack => "stack",
        Layout::Scroll => "wide",
    };
    let _ = writeln!(
        out,
        "<div class=\"table {class}\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n\
         <table data-title=\"{title}\" aria-label=\"{title}\">\n<thead>\n<tr>"
    );
    columns.iter().for_each(|column| push_heading(out, column));
    *out += "</tr>\n</thead>\n<tbody>\n";
    for row in rows {
        *out += "<tr>";
        row.iter()
            .zip(columns)
            .enumerate()
            .for_each(|(place, (cell, column))| push_cell(out, cell, column, place == 0));
        *out += "</tr>\n";
    }
    let _ = writeln!(out, "</tbody>\n</table>\n</div>{}</div>", list("footnotes", footnotes));
}

fn push_heading(out: &mut String, column: &Column) {
    let Column { name, note, numeric, keys } = column;
    let note = if note.is_empty() { String::new() } else { format!(" <small>{}</small>", escape(note)) };
    let keys = match keys.is_empty() {
        true => String::new(),
        false => format!(" data-keys=\"{}\"", escape(&serde_json::json!(keys).to_string())),
    };
    let class = if *numeric { "" } else { " class=\"words\"" };
    let _ = writeln!(out, "<th scope=\"col\"{class}{keys}><bdi>{}</bdi>{note}</th>", escape(name));
}

fn push_cell(out: &mut String, cell: &Cell, column: &Column, is_first: bool) {
    let Cell { text, detail, values, look: line, strong, strip } = cell;
    let swatch =
        line.map_or(String::new(), |line| format!("<span class=\"key\">{}</span>", look(line).swatch()));
    let detail = match detail.is_empty() {
        true => String::new(),
        false => format!(" <span class=\"interval\">{}</span>", escape(detail)),
    };
    let values = match column.keys.is_empty() || is_first {
        true => String::new(),
        false => {
            let value = |value: &Option<f64>| value.map_or(String::new(), |value| value.to_string());
            format!(" data-values=\"{}\"", values.iter().map(value).collect::<Vec<_>>().join("|"))
        }
    };
    let class = match (column.numeric, *strong) {
        (false, false) => "",
        (true, false) => " class=\"number\"",
        (false, true) => " class=\"strong\"",
        (true, true) => " class=\"number strong\"",
    };
    let note = if column.note.ends_with("interval") { "" } else { column.note.as_str() };
    let label = escape([column.name.as_str(), note].join(" ").trim());
    let text = escape(text);
    let shown = match strip {
        Some(strip) => picture(strip, &text),
        None => format!("<bdi>{text}</bdi>"),
    };
    let _ = match is_first {
        true => write!(out, "<th scope=\"row\"{class}>{swatch}<bdi>{text}</bdi>{detail}</th>"),
        false => {
            write!(out, "<td{class} data-label=\"{label}\"{values}><span>{swatch}{shown}{detail}</span></td>")
        }
    };
}

/// A strip of points over their interval.
fn picture(strip: &Strip, text: &str) -> String {
    let Strip { scale: (low, high), points, interval } = strip;
    let wide = if high > low { high - low } else { 1.0 };
    let place = |x: f64| px(6.0 + (x - low) / wide * 148.0);
    let mut svg = format!(
        r#"<svg class="curves strip" viewBox="0 0 160 16" width="160" height="16" role="img" aria-label="{text}"><line class="grid" x1="0" x2="160" y1="8" y2="8" stroke="{GRID}"/>"#
    );
    if let Some((from, to)) = interval {
        let (from, to) = (place(from.clamp(*low, *high)), place(to.clamp(*low, *high)));
        let _ = write!(
            svg,
            r#"<line class="base" x1="{from}" x2="{to}" y1="8" y2="8" stroke="{BASE}" stroke-width="5"/>"#
        );
    }
    for &point in points.iter().filter(|point| point.is_finite()) {
        let _ = write!(
            svg,
            r#"<circle class="ink" cx="{}" cy="8" r="2.6" fill="{INK}" fill-opacity="0.7"/>"#,
            place(point)
        );
    }
    svg + "</svg>"
}

fn push_figures(out: &mut String, figures: &[Figure]) {
    let _ = writeln!(out, "<div class=\"panels\">");
    for figure in figures {
        let Figure { id, title, svg, .. } = figure;
        let (id, title) = (escape(id), escape(title));
        let class = if figure.is_drawn() { "" } else { " class=\"still\"" };
        let _ =
            writeln!(out, "<figure{class} data-figure=\"{id}\" aria-label=\"{title}\">\n{svg}\n</figure>");
    }
    *out += "</div>\n";
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_script() {
        let hash = base64(&Sha256::digest(SCRIPT.as_bytes()));
        assert_eq!(hash, SCRIPT_HASH, "the script has changed: set SCRIPT_HASH to the left value");
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |group: u32, place: u32| DIGITS[(group >> (18 - 6 * place)) as usize & 63] as char;
        bytes
            .chunks(3)
            .flat_map(|chunk| {
                let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
                let group = bits << (8 * (3 - chunk.len()));
                (0..4).map(move |place| if place as usize <= chunk.len() { digit(group, place) } else { '=' })
            })
            .collect()
    }
}
