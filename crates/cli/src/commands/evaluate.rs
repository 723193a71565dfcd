use anstyle::Style;
use clap::Args;
use data::{Dataset, Images};
use lab::stats;
use serde_json::json;
use train::{Score, Split, Task};

use super::Command;
use crate::args::{OutputArgs, all_that_start};
use crate::console;
use crate::failure::Failure;
use crate::picture::{self, Look, Picture};
use crate::text;
use crate::trained::{SplitArgs, Trained, TrainedArgs};

#[derive(Args)]
#[command(
    about = "Says how good a trained model is, and what it gets wrong",
    long_about = "Runs a trained model on all images of a split and shows the accuracy with its 95% interval \
        (Wilson), the mean cross-entropy, what each class was taken for, and the images that the \
        model was most sure about and wrong.",
    after_help = "Examples:\n  descent train --optimizer adam --save digits.safetensors\n  \
        descent evaluate --model digits.safetensors\n  \
        descent evaluate --model digits.safetensors --split train --worst 9\n  \
        descent evaluate --model digits.safetensors --json\n\n\
        Precision: of the images seen as a class, the share that are of it. Recall: of the\n\
        images of a class, the share that were seen as it.",
)]
pub(crate) struct Evaluate {
    #[command(flatten)]
    split: SplitArgs,
    /// Number of the most confidently wrong images to show
    #[arg(long, value_name = "N", default_value_t = 3)]
    worst: u32,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    trained: TrainedArgs,
}

impl Command for Evaluate {
    const NAME: &'static str = "evaluate";

    fn run(self) -> Result<(), Failure> {
        let Evaluate { split, worst, output, trained } = self;
        let model = Trained::load(&trained)?;
        let dataset = &trained.data.place.load(model.set(&trained.data)?)?;
        let task = model.task(dataset.clone())?;
        let (name, split) = split.of(dataset);
        let score = all_that_start().run(|| task.score(model.weights(), model.buffers(), name));
        let result = Evaluation::new(&task, dataset, split, &score, worst);
        if output.json {
            return Ok(console::print(&result.json(name))?);
        }
        let images = text::grouped(split.len() as u64);
        let about = format!("{}'s {name} split: {images} images from {}", dataset.name, dataset.origin);
        let heading =
            [model.describe(&task), about].map(|line| text::paragraph(&line, 0, console::width())).concat();
        console::print(&format!("{heading}\n{}", result.page(Look::of_stdout())))?;
        Ok(())
    }
}

/// A score in detail.
struct Evaluation<'a> {
    task: &'a Task,
    dataset: &'a Dataset,
    split: &'a Images,
    score: &'a Score,
    /// How often each class (row) was seen as each (column).
    confusion: Vec<Vec<u64>>,
    /// Wrong images, the most confident first.
    worst: Vec<usize>,
}

impl Evaluation<'_> {
    fn new<'a>(
        task: &'a Task,
        dataset: &'a Dataset,
        split: &'a Images,
        score: &'a Score,
        worst: u32,
    ) -> Evaluation<'a> {
        let labels: Vec<u32> = split.labels.iter().map(|&label| label.into()).collect();
        let confusion = nn::metrics::confusion(&score.predictions, &labels, dataset.classes);
        let evaluation = Evaluation { task, dataset, split, score, confusion, worst: vec![] };
        let mut wrong: Vec<usize> = (0..split.len()).filter(|&i| score.predictions[i] != labels[i]).collect();
        wrong.sort_by(|&a, &b| evaluation.confidence(b).total_cmp(&evaluation.confidence(a)));
        wrong.truncate(worst as usize);
        Evaluation { worst: wrong, ..evaluation }
    }

    /// The probability of the class that an image is seen as.
    fn confidence(&self, index: usize) -> f32 {
        self.score.probabilities[index * self.dataset.classes + self.score.predictions[index] as usize]
    }

    /// The 95% interval of the accuracy.
    fn interval(&self) -> Option<(f64, f64)> {
        let right = (0..self.confusion.len()).map(|class| self.confusion[class][class]).sum();
        stats::wilson95(right, self.split.len() as u64)
    }

    fn json(&self, name: Split) -> String {
        let Evaluation { task, dataset, split, score, confusion, worst } = self;
        let shares = stats::precision_and_recall(confusion);
        let worst: Vec<_> = worst
            .iter()
            .map(|&index| {
                json!({
                    "index": index,
                    "label": split.labels[index],
                    "prediction": score.predictions[index],
                    "probability": self.confidence(index),
                })
            })
            .collect();
        let evaluation = json!({
            "schema": crate::console::SCHEMA,
            "kind": "evaluation",
            "dataset": dataset.name,
            "origin": dataset.origin.to_string(),
            "sample": dataset.is_sample(),
            "split": name,
            "images": split.len(),
            "classes": dataset.class_names,
            "model": task.model_name,
            "accuracy": score.accuracy,
            "interval95": self.interval(),
            "loss": score.loss,
            "confusion": confusion,
            "precision": shares.iter().map(|(precision, _)| precision).collect::<Vec<_>>(),
            "recall": shares.iter().map(|(_, recall)| recall).collect::<Vec<_>>(),
            "worst": worst,
        });
        evaluation.to_string()
    }

    fn page(&self, look: Look) -> String {
        let Score { accuracy, loss, .. } = self.score;
        let interval = self.interval().map_or(String::new(), |(low, high)| {
            format!("   95% interval {} to {}", text::percent(low), text::percent(high))
        });
        let mut page =
            format!("accuracy       {}{interval}\ncross-entropy  {loss:.4}\n\n", text::percent(*accuracy));
        page.push_str("What the images are (rows), and what they were seen as (columns):\n\n");
        page.push_str(&self.table());
        if !self.worst.is_empty() {
            page.push_str("\nMost confidently wrong:\n\n");
            page.push_str(&picture::page(&self.pictures(), look, console::width()));
        }
        page
    }

    /// The confusion matrix with precision below it and recall beside it.
    fn table(&self) -> String {
        let names = self.dataset.class_names;
        let shares = stats::precision_and_recall(&self.confusion);
        let first = names.iter().map(|name| text::width(name)).max().unwrap_or(0).max("precision".len());
        let share = |x: f64| if x.is_finite() { format!("{:.1}", 100.0 * x) } else { "—".to_string() };
        let bold = Style::new().bold();
        let mut table = text::pad("", first);
        for name in names {
            table += &format!("{:>6}", short(name));
        }
        table += "  recall\n";
        for (class, row) in self.confusion.iter().enumerate() {
            table += &text::pad(names[class], first);
            for (seen, count) in row.iter().enumerate() {
                let cell = format!("{:>6}", if *count == 0 { "·".to_string() } else { count.to_string() });
                table += &if seen == class { format!("{bold}{cell}{bold:#}") } else { cell };
            }
            table += &format!("{:>7}%\n", share(shares[class].1));
        }
        table += &text::pad("precision", first);
        for (precision, _) in shares {
            table += &format!("{:>6}", share(precision));
        }
        table += "  %\n";
        table
    }

    fn pictures(&self) -> Vec<Picture<'_>> {
        let names = self.dataset.class_names;
        let picture = |&index: &usize| {
            let (label, seen) = (self.split.labels[index], self.score.predictions[index]);
            let (is, seen) = (names[usize::from(label)], names[seen as usize]);
            let sure = 100.0 * self.confidence(index);
            let caption = format!("index {index}: is {is}, seen as {seen} ({sure:.1}%)");
            Picture { pixels: self.split.image(index), columns: self.split.cols, caption }
        };
        self.worst.iter().map(picture).collect()
    }
}

/// A class's name in five columns.
fn short(name: &str) -> String {
    name.chars().take(5).collect()
}
