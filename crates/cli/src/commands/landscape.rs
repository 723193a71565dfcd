mod nets;

use std::path::PathBuf;

use clap::Args;
use files::Output;
use lessons::landscape::{LandscapeSettings, along, around, between};
use optim::hyper::Value;
use report::chart::{Chart, significant};
use report::document::{Document, Format};
use report::race::Race;
use serde_json::json;

use self::nets::Nets;
use super::Command;
use super::lessons::Watch;
use super::race::{board, positive};
#[cfg(feature = "store")]
use super::runs::StoreArgs;
use crate::args::{DataArgs, OutputArgs, ThreadsArgs};
use crate::chart;
use crate::console;
use crate::failure::Failure;
use crate::text;

#[derive(Args)]
#[command(
    about = "Draws the training loss around a trained network",
    long_about = "Draws the training loss around trained networks. Of one model: the plane of two random directions, which \
        have in every filter the norm of the model's own, so that models can be compared. Of two: the line \
        through both. Of three or more, a path that ends at the last: the plane of its two principal components, with \
        the path in it. Of a stored run, which is trained again: its path, or with --plane random the plane around its \
        end. --html writes one page with the picture, the losses along its axes and all numbers.",
    after_help = "Examples:\n  descent train --optimizer adam --save adam.safetensors\n  \
        descent landscape adam.safetensors --svg adam.svg\n  \
        descent landscape sgd.safetensors adam.safetensors --html line.html\n  \
        descent landscape epoch1.safetensors epoch2.safetensors epoch3.safetensors --svg path.svg\n  \
        descent landscape 3f2a9c01 --html path.html",
    mut_arg("json", |json| json.help("Print all losses as one JSON object and nothing else"))
)]
pub(crate) struct Landscape {
    /// Models of one network, as `descent train --save` writes them; or a stored run, by the first digits of its key
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// The plane of three models or more, or of a run: that of their path, or random directions around the last
    #[arg(long, value_enum, value_name = "PLANE", default_value_t = Plane::Path)]
    plane: Plane,
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
    /// Write the page here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[cfg(feature = "store")]
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Choice of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Plane {
    /// The principal components of the path
    Path,
    /// Random directions around the last network
    Random,
}

impl Command for Landscape {
    const NAME: &'static str = "landscape";

    fn run(self) -> Result<(), Failure> {
        let Landscape { examples, points, range, seed, .. } = self;
        let [svg, html] = self.outputs()?;
        let watch = Watch::new(&self.data.place)?;
        let Nets { task, points: nets } = self.nets(&watch)?;
        watch.begin("losses");
        let settings = LandscapeSettings {
            examples: examples as usize,
            points: points as usize,
            range,
            seed,
            threads: self.threads.count(),
            progress: &|done, total| watch.progress(done, total),
        };
        let random = self.plane == Plane::Random;
        let found = match &nets[..] {
            [a, b] if !random => between(&task, [a, b], &settings).map(|line| Ok(Drawn::line(&line))),
            [model] => around(&task, model, &settings).map(|plane| Drawn::plane(&plane, range)),
            [.., model] if random => around(&task, model, &settings).map(|plane| Drawn::plane(&plane, range)),
            path => along(&task, path, &settings).map(|(plane, _)| Drawn::plane(&plane, range)),
        };
        let Drawn { mut text, object, picture, page } = found.map_err(|error| watch.failure(error))??;
        watch.finish();
        for (name, file, bytes) in [("picture", svg, picture), ("page", html, page.render(Format::Html))] {
            if let Some(file) = file {
                text += &format!("\n{name}: {}", files::text::path(file.path()));
                file.commit(bytes.as_bytes())?;
            }
        }
        Ok(console::print(if self.output.json { &object } else { &text })?)
    }
}

impl Landscape {
    /// Tries what will be written.
    fn outputs(&self) -> Result<[Option<Output>; 2], Failure> {
        let claim = |path: &Option<PathBuf>, flag| -> Result<Option<Output>, Failure> {
            let Some(path) = path else { return Ok(None) };
            let file = Output::claim(path, flag)?;
            self.models.iter().try_for_each(|model| file.differs_from(model, "MODEL"))?;
            self.data.is_spared_by(&file)?;
            Ok(Some(file))
        };
        let files = [claim(&self.svg, "--svg")?, claim(&self.html, "--html")?];
        if let ([_, Some(page)], Some(picture)) = (&files, &self.svg) {
            page.differs_from(picture, "--svg")?;
        }
        Ok(files)
    }

    /// The networks of the files, or of the stored run.
    #[cfg(feature = "store")]
    fn nets(&self, watch: &Watch<'_>) -> Result<Nets, Failure> {
        match &self.models[..] {
            [id] => match nets::stored(id, &self.store)? {
                Some(run) => Nets::of_run(&run, &self.data, &self.threads, watch),
                None => Nets::read(&self.models, &self.data),
            },
            models => Nets::read(models, &self.data),
        }
    }

    /// The networks of the files.
    #[cfg(not(feature = "store"))]
    fn nets(&self, _: &Watch<'_>) -> Result<Nets, Failure> {
        Nets::read(&self.models, &self.data)
    }
}

/// A landscape in all of its forms.
struct Drawn {
    /// For the terminal.
    text: String,
    /// As JSON.
    object: String,
    /// As SVG.
    picture: String,
    page: Document,
}

impl Drawn {
    /// A plane; one of which at most the middle has a finite loss shows nothing, and is refused.
    fn plane(plane: &Race, range: f64) -> Result<Drawn, Failure> {
        if plane.grid.iter().flatten().filter(|loss| loss.is_finite()).count() <= 1 {
            return Err(Failure::usage(
                format!("--range {}: no loss in the plane is finite", Value::Number(range)),
                "choose a smaller range; 1 is the default",
            ));
        }
        let (text, object, picture) = shown(plane);
        Ok(Drawn { text, object: object.to_string(), picture, page: report::plane_document(plane) })
    }

    fn line(line: &Chart) -> Drawn {
        let (text, object, picture) = shown_line(line);
        Drawn { text, object: object.to_string(), picture, page: report::line_document(line) }
    }
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
