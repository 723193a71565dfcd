//! Documents as a part of a LaTeX document.

use super::{Block, Cell, Document, Table, Term};
use crate::text::plain;

pub(super) fn text(document: &Document) -> String {
    let mut out = "% Needs \\usepackage{booktabs,graphicx}.\n".to_string();
    out += &format!("\\section*{{{}}}\n", escape(&document.title));
    if !document.facts.is_empty() {
        out += &format!("{}\n", escape(&document.facts));
    }
    blocks(&mut out, &document.blocks, 1);
    out
}

const HEADINGS: [&str; 4] = ["section*", "subsection*", "subsubsection*", "paragraph"];

fn blocks(out: &mut String, blocks: &[Block], level: usize) {
    let heading = |title: &str| format!("\\{}{{{}}}\n", HEADINGS[level.min(3)], escape(title));
    for block in blocks {
        *out += "\n";
        match block {
            Block::Section { title, blocks: inside, .. } | Block::Fold { summary: title, blocks: inside } => {
                *out += &heading(title);
                self::blocks(out, inside, level + 1);
            }
            Block::Heading(title) => *out += &heading(title),
            Block::Verdict(text) => *out += &format!("\\textbf{{{}}}\n", escape(text)),
            Block::Banner { title, text } => {
                *out += &format!("\\textbf{{{}}} {}\n", escape(title), escape(text));
            }
            Block::Warnings { title, items } => *out += &format!("{}:\n{}", escape(title), list(items)),
            Block::List(items) => *out += &list(items),
            Block::Lead(text) | Block::Text(text) => *out += &format!("{}\n", inline(text)),
            Block::Code(code) => {
                let lines =
                    code.lines().map(|line| format!("\\texttt{{{}}}", escape(line).replace(' ', "~")));
                *out += &format!("\\noindent {}\n", lines.collect::<Vec<_>>().join("\\\\\n"));
            }
            Block::Table(found) => *out += &table(found),
            Block::Figures(figures) => {
                *out += &list(&figures.iter().map(|figure| figure.summary.clone()).collect::<Vec<_>>());
            }
            Block::Terms(terms) => {
                let items: String = terms.iter().map(term).collect();
                *out += &format!("\\begin{{description}}\n{items}\\end{{description}}\n");
            }
        }
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("\\item {}\n", inline(item))).collect();
    format!("\\begin{{itemize}}\n{items}\\end{{itemize}}\n")
}

fn term(term: &Term) -> String {
    let texts: Vec<String> = term.texts.iter().map(|text| inline(text)).collect();
    format!("\\item[{}] {}\n", escape(&term.name), texts.join(" "))
}

/// Before a table: one that is wider than the text is made smaller.
const FITTED: &str = "\\noindent\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n";

fn table(table: &Table) -> String {
    let columns: String = table.columns.iter().map(|column| if column.numeric { 'r' } else { 'l' }).collect();
    let row = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let names =
        table.columns.iter().map(|column| escape([column.name.as_str(), &column.note].join(" ").trim()));
    let mut out =
        format!("{FITTED}\\begin{{tabular}}{{{columns}}}\n\\toprule\n{}\\midrule\n", row(names.collect()));
    for cells in &table.rows {
        out += &row(cells.iter().map(cell).collect());
    }
    out + "\\bottomrule\n\\end{tabular}}\n" + &list(&table.footnotes)
}

fn cell(cell: &Cell) -> String {
    let text = escape([cell.text.as_str(), &cell.detail].join(" ").trim());
    if cell.strong && !text.is_empty() { format!("\\textbf{{{text}}}") } else { text }
}

/// Text with its code.
fn inline(text: &str) -> String {
    let part = |(code, part)| if code { format!("\\texttt{{{}}}", escape(part)) } else { escape(part) };
    super::spans(text).map(part).collect()
}

/// Text whose characters mean nothing in LaTeX; signs that text fonts lack are written in math.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in plain(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '<' => escaped += "\\textless{}",
            '>' => escaped += "\\textgreater{}",
            '[' => escaped += "{[}",
            ']' => escaped += "{]}",
            '†' => escaped += "\\textdagger{}",
            '—' => escaped += "---",
            '–' => escaped += "--",
            '…' => escaped += "\\ldots{}",
            c => match MATH.iter().find(|(sign, _)| *sign == c) {
                Some((_, math)) => escaped += &format!("${math}$"),
                None => escaped.push(c),
            },
        }
    }
    escaped
}

/// Signs of reports and of the pages of rules, in math.
const MATH: [(char, &str); 24] = [
    ('−', "-"),
    ('±', "\\pm"),
    ('×', "\\times"),
    ('·', "\\cdot"),
    ('≥', "\\ge"),
    ('√', "\\surd"),
    ('∞', "\\infty"),
    ('²', "^2"),
    ('³', "^3"),
    ('₁', "_1"),
    ('₂', "_2"),
    ('₃', "_3"),
    ('β', "\\beta"),
    ('γ', "\\gamma"),
    ('ε', "\\varepsilon"),
    ('η', "\\eta"),
    ('κ', "\\kappa"),
    ('λ', "\\lambda"),
    ('μ', "\\mu"),
    ('ν', "\\nu"),
    ('ρ', "\\rho"),
    ('σ', "\\sigma"),
    ('τ', "\\tau"),
    ('\u{fffd}', "?"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_have_every_sign_of_the_pages_of_rules() {
        for rule in optim::rules::all() {
            let info = rule.info();
            for text in [info.title, info.good_when, info.bad_when, info.source] {
                let text = escape(text);
                let missing = text.chars().find(|&c| c > '\u{ff}');
                assert_eq!(missing, None, "{}: {text}", info.name);
            }
        }
        assert_eq!(escape("≥ 50% of β₂"), "$\\ge$ 50\\% of $\\beta$$_2$");
    }
}
