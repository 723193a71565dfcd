//! The form of what is printed.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use report::document::{Document, Format, TemplateError};

use crate::failure::Failure;

/// `--json`.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct OutputArgs {
    /// Print JSON, one object a line, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// `--json`, `--format` and `--template`.
#[derive(Args, Debug, Clone)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Print the report in this form instead of tables for the terminal
    #[arg(long, value_name = "FORM", conflicts_with = "json")]
    format: Option<Form>,
    /// Print the report as this minijinja template writes it (docs/reports.md)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "format"])]
    template: Option<PathBuf>,
}

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Markdown
    Md,
    /// A part of a LaTeX document
    Latex,
    /// The results as one table
    Csv,
    /// The same as --json
    Json,
    /// One self-contained page
    Html,
}

/// A form that was asked for, with all that it needs.
pub(crate) enum Wanted {
    Format(Format),
    Template { name: String, text: String },
}

/// Maximum number of bytes of a template.
const MOST: u64 = 1 << 20;

impl ReportArgs {
    /// True if JSON is asked for.
    pub(crate) fn json(&self) -> bool {
        self.output.json || self.format == Some(Form::Json)
    }

    /// The form that is asked for, read before any work; `None` for tables or JSON.
    pub(crate) fn wanted(&self) -> Result<Option<Wanted>, Failure> {
        if let Some(path) = &self.template {
            return template(path).map(Some);
        }
        Ok(match self.format {
            None | Some(Form::Json) => None,
            Some(Form::Md) => Some(Wanted::Format(Format::Markdown)),
            Some(Form::Latex) => Some(Wanted::Format(Format::Latex)),
            Some(Form::Csv) => Some(Wanted::Format(Format::Csv)),
            Some(Form::Html) => Some(Wanted::Format(Format::Html)),
        })
    }
}

impl Wanted {
    /// The report in this form, without its last end of line.
    pub(crate) fn render(&self, document: &Document) -> Result<String, Failure> {
        let mut text = match self {
            Wanted::Format(format) => document.render(*format),
            Wanted::Template { name, text } => {
                document.render_with(name, text).map_err(|error| bad_template(name, &error))?
            }
        };
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(text)
    }
}

/// Reads a template; a mistake in its syntax is found before any run.
fn template(path: &Path) -> Result<Wanted, Failure> {
    let bytes = files::read(path, MOST)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        let message = format!("{}: expected text in UTF-8, found other bytes", files::text::path(path));
        Failure::bad_data(message, "a template is text; docs/reports.md has an example")
    })?;
    let name = path.file_name().map_or("template".into(), |name| name.to_string_lossy().into_owned());
    report::document::check_template(&name, &text).map_err(|error| bad_template(&name, &error))?;
    Ok(Wanted::Template { name, text })
}

fn bad_template(name: &str, error: &TemplateError) -> Failure {
    let message = format!("{}: {error}", files::text::name(name));
    Failure::bad_data(message, "docs/reports.md has the variables of a template, and an example")
}
