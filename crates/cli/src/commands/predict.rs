use std::path::PathBuf;

use anstyle::Style;
use clap::{ArgGroup, Args};
use data::pictures::{self, Polarity};
use data::samples::{Inputs, Samples, Targets};
use data::{Images, Set};
use serde_json::{Value, json};
use train::{DataInfo, Examples, InMemory, Score, Split, Task};

use super::Command;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::picture::{self, Look, Picture};
use crate::text;
use crate::trained::{self, Examined, SplitArgs, Trained, TrainedArgs};

#[derive(Args)]
#[command(
    about = "Shows what a trained model sees in a picture",
    long_about = "Draws a picture as the model gets it, and how probable each class is. A picture of yours is a PNG \
        or JPEG file of any color with one digit on it, of at most 50 megapixels: a photo, a scan or a \
        drawing, with light or dark strokes, also on a transparent background. Shadows, ruled lines, grids, dots, \
        specks and a box around the digit are left out; the digit is made light on dark, fitted into 20 × 20 pixels \
        and centered in 28 × 28, as MNIST's images were. Pictures that no digit can be read from are named \
        after the predictions of the others, with exit code 65.",
    after_help = "Examples:\n  descent predict --model digits.safetensors --index 7\n  \
        descent predict --model digits.safetensors photo.jpg\n  \
        descent predict --model digits.safetensors *.png --json\n  \
        descent predict --model digits.safetensors blackboard.png --invert no",
    group(ArgGroup::new("what").args(["images", "index"]).required(true)),
)]
pub(crate) struct Predict {
    /// PNG or JPEG files, each with one digit
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// An image of the data set instead, counted from 0
    #[arg(long, value_name = "N")]
    index: Option<u64>,
    #[command(flatten)]
    split: SplitArgs,
    /// Dark digit on light background (yes) or light on dark (no); auto finds out
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "yes", "no"], default_value = "auto")]
    invert: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    trained: TrainedArgs,
}

impl Command for Predict {
    const NAME: &'static str = "predict";

    fn run(self) -> Result<(), Failure> {
        run(&self)
    }
}

fn run(predict: &Predict) -> Result<(), Failure> {
    let model = Trained::load(&predict.trained)?;
    if predict.trained.data.own.is_given() {
        return of_own_data(&model, predict);
    }
    if let Some(index) = predict.index {
        let set = model.set(&predict.trained.data)?;
        let (source, pictures) = of_the_set(set, index, predict)?;
        return show(&model, &[source], &pictures, predict);
    }
    let (data, classes) = model.digits(&predict.trained.data)?;
    let (files, unread) = read_files(predict);
    if !files.is_empty() {
        let (sources, pictures) = of_files(data, classes, files);
        show(&model, &sources, &pictures, predict)?;
    }
    unread_failure(&unread)
}

/// Prints the prediction of each picture.
fn show(model: &Trained, sources: &[Source], pictures: &Pictures, predict: &Predict) -> Result<(), Failure> {
    let (json, normalize) = (predict.output.json, predict.trained.data.normalize);
    let task = model.examine_examples(pictures.examples(), normalize)?.task;
    let score = model.score(&task, Split::Test)?;
    for (place, source) in sources.iter().enumerate() {
        let seen = Seen::new(source, pictures, &score, place);
        console::print(&if json { seen.json() } else { seen.page(Look::of_stdout()) + "\n" })?;
    }
    Ok(())
}

/// Prints the prediction of an example of data of a user's own.
fn of_own_data(model: &Trained, predict: &Predict) -> Result<(), Failure> {
    let Some(index) = predict.index else {
        return Err(Failure::usage(
            "IMAGE conflicts with --data: pictures are read as digits like those of MNIST",
            "choose an example of the data with --index N",
        ));
    };
    let Examined { task, examples } = model.examine(&predict.trained.data)?;
    if let Targets::Tokens { .. } = examples.split(predict.split.name()).targets {
        return Err(Failure::usage(
            "predict conflicts with a model of a text, which has no classes",
            "measure it with `descent evaluate`",
        ));
    }
    let (split, name) = (predict.split.name(), &examples.info().name);
    let samples = examples.split(split);
    let index = usize::try_from(index).ok().filter(|&index| index < samples.len()).ok_or_else(|| {
        let message = format!(
            "expected an index from 0 to {} in {name}'s {split} split, found {index}",
            samples.len() - 1
        );
        Failure::usage(message, "give --index a lower number")
    })?;
    let place = format!("index {index} of {name}'s {split} split");
    let (page, answer) = match &samples.targets {
        Targets::Numbers { .. } => predicted_numbers(model, &task, (split, samples, index), &place)?,
        _ => predicted_class(model, &task, (split, samples, index), &place)?,
    };
    if predict.output.json {
        let mut object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "prediction",
            "dataset": name,
            "index": index,
            "split": split,
        });
        let fields = object.as_object_mut().expect("it is an object");
        fields.extend(answer.as_object().cloned().unwrap_or_default());
        return Ok(console::print(&object.to_string())?);
    }
    Ok(console::print(&files::text::visible_lines(&page))?)
}

/// The class of an example, for a person and as JSON.
fn predicted_class(
    model: &Trained,
    task: &Task,
    (split, samples, index): (Split, &Samples, usize),
    place: &str,
) -> Result<(String, Value), Failure> {
    let Targets::Classes { labels, names } = &samples.targets else {
        unreachable!("no model is read for other targets");
    };
    let score = model.score(task, split)?;
    let probabilities = &score.probabilities[index * names.len()..][..names.len()];
    let (is, seen) = (labels[index] as usize, score.predictions[index] as usize);
    let answer = json!({
        "label": is,
        "prediction": seen,
        "class": names[seen],
        "probabilities": probabilities,
    });
    let width = console::width();
    let heading = format!("{place}: is {}, seen as {}", names[is], names[seen]);
    let rows = names.iter().zip(probabilities);
    let rows: Vec<_> = rows.map(|(name, &p)| [name.clone(), text::percent(p.into())]).collect();
    let table = text::table(&rows, 2, width).concat();
    Ok((format!("{}\n{table}", text::paragraph(&heading, 0, width)), answer))
}

/// The numbers of an example, for a person and as JSON.
fn predicted_numbers(
    model: &Trained,
    task: &Task,
    (split, samples, index): (Split, &Samples, usize),
    place: &str,
) -> Result<(String, Value), Failure> {
    let Targets::Numbers { width: each, values } = &samples.targets else {
        unreachable!("it is called for numbers");
    };
    let outputs = model.outputs(task, split)?;
    let [seen, is] = [&outputs, values].map(|values| &values[index * each..][..*each]);
    let list = |numbers: &[f32]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let line = format!("{place}: is {}, predicted {}", list(is), list(seen));
    let answer = json!({ "target": is, "prediction": seen });
    Ok((text::paragraph(&line, 0, console::width()), answer))
}

/// Origin of a picture.
enum Source {
    File(PathBuf),
    Image { index: usize, split: Split, label: u8 },
}

/// Pictures to look at, with the data that the model knows them from.
struct Pictures {
    data: String,
    classes: Vec<String>,
    images: Images,
}

impl Pictures {
    /// The pictures as examples to test on.
    fn examples(&self) -> InMemory {
        let Images { pixels, labels, rows, cols } = self.images.clone();
        let samples = Samples {
            inputs: Inputs::Bytes { shape: vec![rows, cols, 1], values: pixels },
            targets: Targets::Classes {
                labels: labels.into_iter().map(u32::from).collect(),
                names: self.classes.clone(),
            },
        };
        let info = DataInfo { name: self.data.clone(), origin: String::new(), sample: false };
        InMemory::new(info, samples.clone(), Samples::default(), samples)
    }
}

/// An image of the data set alone.
fn of_the_set(set: &'static Set, index: u64, predict: &Predict) -> Result<(Source, Pictures), Failure> {
    let dataset = predict.trained.data.place.load(set)?;
    let (name, split) = predict.split.of(&dataset);
    let index = trained::checked_index(index, &dataset, (name, split))?;
    let label = split.labels[index];
    let images = Images { pixels: split.image(index).to_vec(), labels: vec![label], ..*split };
    let classes = set.class_names.iter().map(ToString::to_string).collect();
    let source = Source::Image { index, split: name, label };
    Ok((source, Pictures { data: set.name.to_string(), classes, images }))
}

/// The digit in each file that has one, and why the others have none.
fn read_files(predict: &Predict) -> (Vec<(PathBuf, Vec<u8>)>, Vec<pictures::Error>) {
    let polarity = match &*predict.invert {
        "yes" => Polarity::DarkOnLight,
        "no" => Polarity::LightOnDark,
        _ => Polarity::Auto,
    };
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for path in &predict.images {
        match pictures::read(path, polarity) {
            Ok(digit) => files.push((path.clone(), digit)),
            Err(error) => unread.push(error),
        }
    }
    (files, unread)
}

/// The digits of files.
fn of_files(data: String, classes: Vec<String>, files: Vec<(PathBuf, Vec<u8>)>) -> (Vec<Source>, Pictures) {
    let (paths, digits): (Vec<PathBuf>, Vec<Vec<u8>>) = files.into_iter().unzip();
    // The labels are not known: the loss that they would give is not looked at.
    let labels = vec![0; paths.len()];
    let images = Images { pixels: digits.concat(), labels, rows: pictures::SIDE, cols: pictures::SIDE };
    (paths.into_iter().map(Source::File).collect(), Pictures { data, classes, images })
}

/// Names the pictures that were not read, after those that were have been shown.
fn unread_failure(unread: &[pictures::Error]) -> Result<(), Failure> {
    let Some(first) = unread.first() else { return Ok(()) };
    let message = unread.iter().map(pictures::Error::to_string).collect::<Vec<_>>().join("\n");
    if unread.iter().all(pictures::Error::is_missing) {
        return Err(Failure::missing(message, "check the path; `--index 7` takes an image of the data set"));
    }
    let hint = match first.hint() {
        hint if unread.iter().all(|error| error.hint() == hint) => hint,
        _ => "each picture is a whole PNG or JPEG file with one digit".to_string(),
    };
    Err(Failure::bad_data(message, hint))
}

/// Output of the model for one picture.
struct Seen<'a> {
    source: &'a Source,
    pictures: &'a Pictures,
    pixels: &'a [u8],
    probabilities: &'a [f32],
    prediction: usize,
}

impl<'a> Seen<'a> {
    fn new(source: &'a Source, pictures: &'a Pictures, score: &'a Score, place: usize) -> Seen<'a> {
        let classes = pictures.classes.len();
        Seen {
            source,
            pictures,
            pixels: pictures.images.image(place),
            probabilities: &score.probabilities[place * classes..][..classes],
            prediction: score.predictions[place] as usize,
        }
    }

    fn json(&self) -> String {
        let Seen { source, pictures, probabilities, prediction, .. } = self;
        let mut object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "prediction",
            "dataset": pictures.data,
            "prediction": prediction,
            "class": pictures.classes[*prediction],
            "probabilities": probabilities,
        });
        match source {
            Source::File(path) => object["image"] = json!(path.to_string_lossy()),
            Source::Image { index, split, label } => {
                object["index"] = json!(index);
                object["split"] = json!(split);
                object["label"] = json!(label);
            }
        }
        object.to_string()
    }

    /// The picture, and a bar for each class next to it, or below it where that is too wide.
    fn page(&self, look: Look) -> String {
        const GAP: usize = 3;
        let picture =
            Picture { pixels: self.pixels, columns: self.pictures.images.cols, caption: String::new() };
        let drawn = picture::lines(&picture, look);
        let left = picture.columns + GAP;
        let width = console::width();
        let heading = text::fitted(&self.heading(), width);
        if width < left + 40 {
            let lines = [drawn, vec![String::new()], self.bars(width)].concat();
            return format!("{heading}\n{}", lines.join("\n"));
        }
        let bars = self.bars(width - left);
        let above = drawn.len().saturating_sub(bars.len()) / 2;
        let mut page = format!("{heading}\n");
        for (i, line) in drawn.iter().enumerate() {
            let bar = i.checked_sub(above).and_then(|i| bars.get(i)).map_or("", String::as_str);
            page.push_str(format!("{line}{}{bar}", " ".repeat(GAP)).trim_end());
            page.push('\n');
        }
        page
    }

    fn heading(&self) -> String {
        let names = &self.pictures.classes;
        let sure = text::percent(self.probabilities[self.prediction].into());
        let seen = format!("seen as {} ({sure})", names[self.prediction]);
        match self.source {
            Source::File(path) => format!("{}: {seen}", files::text::path(path)),
            Source::Image { index, split, label } => {
                let is = &names[usize::from(*label)];
                format!("index {index} of {}'s {split} split: is {is}, {seen}", self.pictures.data)
            }
        }
    }

    /// The probabilities as bars, one line a class.
    fn bars(&self, width: usize) -> Vec<String> {
        const PERCENT: usize = 8;
        const MARK: usize = 2;
        let names = &self.pictures.classes;
        let first = names.iter().map(|name| text::width(name)).max().unwrap_or(0);
        let longest = width.saturating_sub(first + 1 + PERCENT + MARK).max(1);
        let line = |(class, &probability): (usize, &f32)| {
            let best = class == self.prediction;
            let style = if best { Style::new().bold() } else { Style::new() };
            let name = text::pad(&names[class], first);
            let bar = text::pad(&bar(probability, longest), longest);
            let percent = text::percent(probability.into());
            format!("{style}{name} {bar}{percent:>PERCENT$}{}{style:#}", if best { " ◀" } else { "" })
        };
        self.probabilities.iter().enumerate().map(line).collect()
    }
}

/// A bar to an eighth of a column.
fn bar(share: f32, longest: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * 8.0 * longest as f32).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
