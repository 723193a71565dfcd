//! The arguments that say which data set, and its loading with progress.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use data::{Dataset, Event, Request, Set};
use indicatif::{ProgressBar, ProgressStyle};

use crate::console;
use crate::failure::Failure;

/// `--dataset`, `--data-dir` and `--offline`.
pub(crate) fn arguments() -> [Arg; 3] {
    [
        Arg::new("dataset")
            .long("dataset")
            .value_name("SET")
            .value_parser(PossibleValuesParser::new(data::SETS.iter().map(|set| set.name)))
            .default_value("mnist")
            .help("The data set"),
        Arg::new("data-dir")
            .long("data-dir")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Read the set from this folder only (torchvision's layout, or the four files)"),
        Arg::new("offline")
            .long("offline")
            .action(ArgAction::SetTrue)
            .help("Open no connection: use what is on this machine, or the embedded sample"),
    ]
}

/// Loads the set that the [`arguments`] name.
pub(crate) fn load(matches: &ArgMatches) -> Result<Dataset, Failure> {
    let name = matches.get_one::<String>("dataset").expect("it has a default");
    load_set(data::set(name)?, matches)
}

/// What to load and from where, by `--data-dir` and `--offline`.
pub(crate) fn request(set: &'static Set, matches: &ArgMatches) -> Request {
    let mut request = Request::new(set);
    request.data_dir = matches.get_one::<PathBuf>("data-dir").cloned();
    request.offline = matches.get_flag("offline");
    request
}

/// Loads a set, wherever else its name came from.
pub(crate) fn load_set(set: &'static Set, matches: &ArgMatches) -> Result<Dataset, Failure> {
    let request = request(set, matches);
    let mut watch = Watch::new();
    let dataset = data::load(&request, &mut |event| watch.event(event))?;
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
