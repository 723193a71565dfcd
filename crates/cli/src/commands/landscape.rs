use std::path::{Path, PathBuf};

use clap::Args;
use files::Output;
use lessons::landscape::{LandscapeSettings, Point, along, around, between};
use report::chart::{Chart, significant};
use report::race::Race;
use serde_json::json;

use super::Command;
use super::race::{board, positive};
use crate::args::{DataArgs, OutputArgs, ThreadsArgs};
use crate::chart;
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;
use crate::text;
use crate::trained::Trained;

#[derive(Args)]
#[command(
    about = "Draws the training loss around a trained network",
    long_about = "Draws the training loss around trained networks. Of one model: the plane of two random directions, which \
        have in every filter the norm of the model's own, so that models can be compared. Of two: the line \
        through both. Of three or more, a path that ends at the last: the plane of its two principal components, with \
        the path in it.",
    after_help = "Examples:\n  descent train --optimizer adam --save adam.safetensors\n  \
        descent landscape adam.safetensors --svg adam.svg\n  \
        descent landscape sgd.safetensors adam.safetensors\n  \
        descent landscape epoch1.safetensors epoch2.safetensors epoch3.safetensors --svg path.svg",
    mut_arg("json", |json| json.help("Print all losses as one JSON object and nothing else"))
)]
pub(crate) struct Landscape {
    /// Models of one network, as `descent train --save` writes them
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// Training examples of each loss
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), default_value_t = 1000)]
    examples: u32,
    /// Points along each axis
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(5..=201), default_value_t = 25)]
    points: u32,
    /// Distance from the model to the edge, in the norms of its filters
    #[arg(long, value_name = "R", value_parser = positive, default_value_t = 1.0)]
    range: f64,
    /// Seed of the random directions
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write the picture here
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Command for Landscape {
    const NAME: &'static str = "landscape";

    fn run(self) -> Result<(), Failure> {
        let Landscape { models, examples, points, range, seed, svg, data, threads, output } = self;
        let svg_file = svg.as_ref().map(|path| Output::claim(path, "--svg")).transpose()?;
        if let Some(file) = &svg_file {
            models.iter().try_for_each(|model| file.differs_from(model, "MODEL"))?;
            data.is_spared_by(file)?;
        }
        let trained = models.iter().map(|path| Trained::read(path.clone())).collect::<Result<Vec<_>, _>>()?;
        let found = trained.iter().zip(&models).map(|(model, path)| {
            if model.weights().layout() != trained[0].weights().layout() {
                let message = format!("{}: expected the same network as in {}", name(path), name(&models[0]));
                return Err(Failure::usage(message, "compare models of one architecture"));
            }
            let (weights, buffers) = (model.weights().clone(), model.buffers().clone());
            Ok(Point { name: name(path), weights, buffers })
        });
        let found = found.collect::<Result<Vec<Point>, Failure>>()?;
        let task = trained[0].examine(&data)?.task;
        let stop = Stop::listen()?;
        let settings = LandscapeSettings {
            examples: examples as usize,
            points: points as usize,
            range,
            seed,
            threads: threads.count(),
            progress: &|_, _| stop.flow(),
        };
        let stopped = |error: lessons::Error| match (&error, stop.code()) {
            (lessons::Error::Stopped, Some(code)) => Failure::signal(code, "stopped before the end"),
            _ => error.into(),
        };
        let (page, object, picture) = match &found[..] {
            [model] => shown(&around(&task, model, &settings).map_err(stopped)?),
            [a, b] => shown_line(&between(&task, [a, b], &settings).map_err(stopped)?),
            path => shown(&along(&task, path, &settings).map_err(stopped)?.0),
        };
        if let Some(file) = svg_file {
            file.commit(picture.as_bytes())?;
        }
        if output.json {
            return Ok(console::print(&object.to_string())?);
        }
        let written = svg.map_or(String::new(), |path| format!("\npicture: {}", files::text::path(&path)));
        Ok(console::print(&(page + &written))?)
    }
}

/// Name of a file in pictures.
fn name(path: &Path) -> String {
    files::text::visible(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned()
}

/// A plane for the terminal, as JSON and as a picture.
fn shown(race: &Race) -> (String, serde_json::Value, String) {
    let width = console::width();
    let losses = race.grid.iter().flatten().copied().filter(|loss| loss.is_finite());
    let (low, high) =
        losses.fold((f64::INFINITY, 0.0_f64), |(low, high), loss| (low.min(loss), high.max(loss)));
    let mut page = text::paragraph(&race.function, 0, width);
    page += &text::paragraph(&race.formula, 0, width);
    page.push('\n');
    page += &board(race, &race.heats[0], width.saturating_sub(4).clamp(20, 64));
    page.push('\n');
    let [[left, right], [bottom, top]] = race.domain.map(|ends| ends.map(significant));
    let marks = if race.minima.is_empty() { "● is the path" } else { "✕ is the model" };
    let legend = format!(
        "losses from {} to {}, dark is high; x from {left} to {right}, y from {bottom} to {top}; {marks}",
        significant(low),
        significant(high)
    );
    page += &text::paragraph(&legend, 2, width);
    let path: Vec<_> = race.heats[0].lanes.iter().flat_map(|lane| &lane.steps).collect();
    let object = json!({
        "schema": console::SCHEMA,
        "kind": "landscape",
        "about": race.formula,
        "domain": race.domain,
        "losses": race.grid,
        "path": path.iter().map(|step| json!({ "at": step.at, "loss": step.value })).collect::<Vec<_>>(),
    });
    (page, object, race.svg(0))
}

/// A line for the terminal, as JSON and as a picture.
fn shown_line(line: &Chart) -> (String, serde_json::Value, String) {
    let object = json!({ "schema": console::SCHEMA, "kind": "line", "losses": line.series[0].points });
    (chart::picture(line, console::width()), object, line.svg())
}
