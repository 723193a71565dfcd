//! A comparison on its way to a reader: files, tables, JSON.

use std::path::Path;

use lab::Comparison;
use serde_json::{Value, json};
use train::Record;

use super::tuning::Finished;
use crate::args::Wanted;
use crate::console;
use crate::failure::Failure;
use crate::text;

/// The files that a comparison leaves, in the order in which they are written.
pub(super) const FILES: [&str; 5] =
    ["report.html", "curves.svg", "results.csv", "points.csv", "results.jsonl"];

/// The recipes as they are set, and each tuned alike if they were.
pub(super) struct Results<'r> {
    pub(super) folder: &'r Path,
    pub(super) comparison: &'r Comparison,
    pub(super) tuned: Option<&'r Finished>,
}

impl Results<'_> {
    /// The runs of both.
    pub(super) fn runs(&self) -> Vec<Record> {
        let tuned = self.tuned.map_or(&[][..], |Finished { tuned, .. }| &tuned.comparison.runs);
        [&self.comparison.runs, tuned].concat()
    }

    /// Leaves the page, the picture and the records, each whole or not at all.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let Results { folder, comparison, tuned } = self;
        let page = match tuned {
            Some(Finished { tuned, sentence }) => report::tuned_page(comparison, tuned, sentence),
            None => report::page(comparison),
        };
        let texts = [
            page,
            report::curves_svg(comparison),
            report::csv(&comparison.runs),
            report::points_csv(&comparison.runs),
            report::jsonl(&comparison.runs),
        ];
        let mut files: Vec<(&str, String)> = FILES.into_iter().zip(texts).collect();
        if let Some(Finished { tuned, .. }) = tuned {
            files.push(("tuned.csv", report::csv(&tuned.comparison.runs)));
            files.push(("tuned.json", tuned.outcome.to_json() + "\n"));
        }
        for (name, text) in files {
            files::atomic_write(&folder.join(name), text.as_bytes())
                .map_err(|error| error.with_flag("--out"))?;
        }
        Ok(())
    }

    /// Prints the form that was asked for, everything as JSON lines, or the table for a person.
    pub(super) fn show(&self, json: bool, wanted: Option<Wanted>) -> Result<(), Failure> {
        Ok(console::print(&match wanted {
            Some(wanted) => {
                let tuned = self.tuned.map(|Finished { tuned, sentence }| (tuned, sentence.as_str()));
                wanted.render(&report::comparison_document(self.comparison, tuned))?
            }
            None if json => self.json(),
            None => self.table(),
        })?)
    }

    fn json(&self) -> String {
        let Results { folder, comparison, tuned } = self;
        let summary = json!({
            "schema": console::SCHEMA,
            "kind": "comparison",
            "command": comparison.command,
            "target": comparison.target,
            "rows": comparison.rows,
            "pairs": comparison.pairs,
            "verdict": report::prose::verdict(comparison),
            "warnings": report::prose::warnings(comparison),
            "looks": self.looks(),
            "tuned": tuned.map(|Finished { tuned, sentence }| json!({
                "how": sentence,
                "rows": tuned.comparison.rows,
                "pairs": tuned.comparison.pairs,
                "verdict": report::prose::tuned_verdict(comparison, tuned),
                "warnings": report::prose::tuning_warnings(tuned),
                "study": tuned.outcome,
            })),
            "folder": folder.to_string_lossy(),
        });
        format!("{}{summary}", report::jsonl(&self.runs()))
    }

    /// The looks, if seeds were added, with the sentence on them.
    fn looks(&self) -> Option<Value> {
        let Results { comparison, tuned, .. } = self;
        let looks = comparison.looks.as_ref()?;
        let tuned = tuned.map(|Finished { tuned, .. }| &tuned.comparison);
        let shown = |comparison: &Comparison| {
            let wide = comparison.pairs.iter().filter(|pair| looks.is_wide(pair));
            wide.map(|pair| json!([pair.better, pair.worse])).collect::<Vec<_>>()
        };
        Some(json!({
            "half_width": looks.half_width,
            "most_seeds": looks.most_seeds,
            "seeds": looks.seeds,
            "level": looks.level(),
            "still_wide": shown(comparison),
            "still_wide_tuned": tuned.map(shown),
            "sentence": report::prose::looks(comparison, tuned),
        }))
    }

    fn table(&self) -> String {
        let Results { folder, comparison, tuned } = self;
        let (width, style) = (console::width(), report::Style::Ansi);
        let (table, others) = match tuned {
            Some(Finished { tuned, sentence }) => {
                (report::tuned_table(comparison, tuned, sentence, width, style), ", tuned.csv, tuned.json")
            }
            None => (report::table(comparison, width, style), ""),
        };
        let page = files::text::path(&folder.join(FILES[0]));
        let others = text::paragraph(&format!("With it: {}{others}", FILES[1..].join(", ")), 0, width);
        format!("\n{}\n\nThe page for this: {page}\n{}", table.trim_end(), others.trim_end())
    }
}
