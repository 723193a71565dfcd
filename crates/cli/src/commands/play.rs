use std::path::PathBuf;

use clap::Args;
use files::Output;
use lessons::race::{Entrant, SHORT_NAMES};
use report::browser::Kernel;
use report::play::{Images, Play};

use super::Command;
use crate::args::{Count, DataArgs, PlaceArgs, sets};
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Writes a page that trains a small network in the reader's browser",
    long_about = "Writes one HTML file that trains the network 784-128-64-10 in the reader's browser, without a network or \
        a server: images and kernels are in the file. A reader chooses optimizer, rate, batch and seed, watches the \
        curves, changes the rate meanwhile, and draws a digit for the net to read. The start and the batches of a seed \
        are those of `descent train`.",
    after_help = examples_and_names(),
)]
pub(crate) struct PlayArgs {
    /// Optimizers to choose from [default: sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw and lion]
    #[arg(value_name = "RECIPE")]
    recipes: Vec<String>,
    /// Write the page here
    #[arg(long, value_name = "FILE", default_value = "play.html")]
    html: PathBuf,
    /// Training images in the page; 10,000 are 2 MB, all of MNIST 14 MB
    #[arg(long, value_name = "N|all", default_value = "10000")]
    examples: Count,
    /// Test images in the page
    #[arg(long, value_name = "N|all", default_value = "2000")]
    test_examples: Count,
    /// The data set
    #[arg(long, value_name = "SET", value_parser = sets(), default_value = DataArgs::DEFAULT, help_heading = "Data")]
    dataset: String,
    #[command(flatten)]
    place: PlaceArgs,
}

fn examples_and_names() -> String {
    let short = SHORT_NAMES.map(|(name, recipe)| format!("`{name}` is `{recipe}`")).join(", ");
    format!(
        "Examples:\n  descent play --html digits.html\n  descent play --examples all 'adam lr=0.002' 'sgd lr=0.2'\n  \
        descent play --dataset fashion-mnist\n\nA page computes {}, with `clip=NORM` if wanted. {short}.",
        lessons::browser::rules().join(", ")
    )
}

impl Command for PlayArgs {
    const NAME: &'static str = "play";

    fn run(self) -> Result<(), Failure> {
        let PlayArgs { recipes, html, examples, test_examples, dataset, place } = self;
        let recipes =
            if recipes.is_empty() { lessons::browser::RECIPES.map(str::to_string).to_vec() } else { recipes };
        let optimizers = recipes.iter().map(|recipe| kernel(recipe)).collect::<Result<Vec<_>, _>>()?;
        let file = Output::claim(&html, "--html")?;
        if let Some(folder) = &place.data_dir {
            file.spares(folder, "--data-dir")?;
        }
        let set = data::set(&dataset)?;
        let found = place.load(set)?;
        let whole = (!found.is_sample()).then(|| [found.train.len(), found.test.len()]);
        let play = Play {
            title: set.title.to_string(),
            whole,
            classes: found.class_names.iter().map(ToString::to_string).collect(),
            train: first(found.train, examples),
            test: first(found.test, test_examples),
            optimizers,
        };
        let page = play.page();
        file.commit(page.as_bytes())?;
        let told = format!(
            "{} training and {} test images of {}, {:.1} MB\npage: {}",
            play.train.labels.len(),
            play.test.labels.len(),
            play.title,
            page.len() as f64 / 1e6,
            files::text::path(&html)
        );
        Ok(console::print(&told)?)
    }
}

/// The numbers of a recipe for the kernels of the page.
fn kernel(recipe: &str) -> Result<Kernel, Failure> {
    let entrant: Entrant = recipe.parse()?;
    lessons::browser::kernel(&entrant.spec).ok_or_else(|| {
        let message = format!("`{}` is not computed in a page", files::text::visible(recipe));
        let hint =
            format!("a page computes {}, with `clip=NORM` if wanted", lessons::browser::rules().join(", "));
        Failure::usage(message, hint)
    })
}

/// The first images, at most as many as there are.
fn first(images: data::Images, count: Count) -> Images {
    let data::Images { mut pixels, mut labels, rows, cols } = images;
    if let Count::Of(count) = count {
        pixels.truncate(count * rows * cols);
        labels.truncate(count);
    }
    Images { pixels, labels }
}
