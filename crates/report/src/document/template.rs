//! Documents in the form of a user's template.

use minijinja::Environment;
use minijinja::value::Serde;

use super::Document;

/// A template that is not one, or that asks for what a document has not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(String);

impl Document {
    /// The document as a [minijinja](https://docs.rs/minijinja) template writes it, with the fields of [`Document`] as
    /// variables. A name that ends in `.html` or `.xml` escapes values.
    ///
    /// ```
    /// use report::document::Document;
    /// let report = Document { title: "a < b".into(), ..Document::default() };
    /// assert_eq!(report.render_with("note.txt", "{{ title }}")?, "a < b");
    /// assert_eq!(report.render_with("note.html", "{{ title }}")?, "a &lt; b");
    /// let error = report.render_with("note.txt", "{{ title }").unwrap_err();
    /// assert!(error.to_string().contains("line 1"));
    /// # Ok::<(), report::document::TemplateError>(())
    /// ```
    ///
    /// # Errors
    /// If it cannot be read as a template, or fails as it runs.
    pub fn render_with(&self, name: &str, template: &str) -> Result<String, TemplateError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(MOST_STEPS));
        Ok(environment.render_named_str(name, template, Serde(self))?)
    }
}

/// Checks the syntax of a template.
///
/// # Errors
/// If it cannot be read as a template.
pub fn check_template(name: &str, template: &str) -> Result<(), TemplateError> {
    Ok(Environment::new().template_from_named_str(name, template).map(|_| ())?)
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> TemplateError {
        let place = error.line().map_or(String::new(), |line| format!("line {line}: "));
        let kind = error.kind().to_string();
        TemplateError(format!("{place}{}", error.detail().map_or(kind, str::to_string)))
    }
}

/// Instructions after which a template is taken for one that does not end.
const MOST_STEPS: u64 = 5_000_000;
