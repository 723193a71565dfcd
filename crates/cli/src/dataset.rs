//! Loading of a data set, with progress.

use data::{Dataset, Event, Request};
use indicatif::{ProgressBar, ProgressStyle};

use crate::console;

/// Loads a set; says so if it is the embedded sample.
pub(crate) fn load(request: &Request) -> Result<Dataset, data::Error> {
    let mut watch = Watch::new();
    let dataset = data::load(request, &mut |event| watch.event(event))?;
    watch.finish();
    if dataset.is_sample() {
        console::note(&format!(
            "NOTE: this runs on {}. The figures are not those of the whole set.\n      `cargo xtask fetch` \
             tells where the whole set can come from.",
            dataset.origin
        ));
    }
    Ok(dataset)
}

/// Shows what happens while a data set is looked for and fetched.
pub(crate) struct Watch {
    bar: Option<ProgressBar>,
}

impl Watch {
    pub(crate) fn new() -> Watch {
        Watch { bar: None }
    }

    /// A bar for bytes on a terminal, a line for everything else.
    pub(crate) fn event(&mut self, event: Event) {
        match &event {
            Event::Progress { file, done, total } => {
                if !console::is_live() {
                    return;
                }
                let bar = self.bar.get_or_insert_with(|| {
                    let style =
                        ProgressStyle::with_template("{msg:>26} {bar:24} {bytes}/{total_bytes} {eta}");
                    ProgressBar::no_length().with_style(style.expect("the template is right"))
                });
                bar.set_message(file.clone());
                bar.set_length(total.unwrap_or(*done));
                bar.set_position(*done);
            }
            Event::Using { .. } => self.finish(),
            _ => {
                self.finish();
                console::note(&event.to_string());
            }
        }
    }

    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
