use std::path::Path;

use anstyle::Style;
use clap::Args;
use data::samples::{Inputs, Samples, Targets};
use files::text::visible;
use lab::stats;
use report::decimals;
use serde_json::json;
use tensor::ParamVec;
use train::{DataInfo, Examples, InMemory, Metric, Score, Split, Task};

use super::Command;
use crate::args::{OutputArgs, all_that_start};
use crate::console;
use crate::failure::Failure;
use crate::picture::{self, Look, Picture};
use crate::text;
use crate::trained::{Examined, SplitArgs, Trained, TrainedArgs, TrainedTask, check_outputs};

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
        images of a class, the share that were seen as it."
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
        if let Some(of_task) = TrainedTask::read(&trained.model, &trained.data.place)? {
            let params = [&of_task.weights, &of_task.buffers];
            return evaluate_task(&of_task.task, params, &trained.model, split.name(), output.json);
        }
        let model = Trained::load(&trained)?;
        let Examined { task, examples } = model.examine(&trained.data)?;
        let (name, info) = (split.name(), examples.info());
        let split = examples.split(name);
        let count = text::grouped(split.len() as u64);
        let about = format!(
            "{}'s {name} split: {count} {} from {}",
            info.name,
            if image(split, 0).is_some() { "images" } else { "examples" },
            files::text::visible(&info.origin)
        );
        let heading =
            [model.describe(&task), about].map(|line| text::paragraph(&line, 0, console::width())).concat();
        let threads = all_that_start();
        if let Targets::Tokens { .. } = &split.targets {
            if !output.json {
                console::print(&heading)?;
            }
            let params = [model.weights(), model.buffers()];
            return threads.run(|| evaluate_task(&task, params, &trained.model, name, output.json));
        }
        if let Targets::Numbers { values, .. } = &split.targets {
            let outputs = threads.run(|| model.outputs(&task, name))?;
            let errors = stats::Regression::new(&outputs, values);
            return Ok(console::print(&match output.json {
                true => errors_as_json(&task, &examples, name, &errors),
                false => format!("{heading}\n{}", errors_page(&errors)),
            })?);
        }
        let score = threads.run(|| model.score(&task, name))?;
        let result = Evaluation::new(&task, &examples, split, &score, worst);
        if output.json {
            return Ok(console::print(&result.json(name))?);
        }
        console::print(&format!("{heading}\n{}", result.page(Look::of_stdout())))?;
        Ok(())
    }
}

/// Loss and metric of the weights and running statistics of a task, which are in the file at `path`.
fn evaluate_task(
    task: &Task,
    [weights, buffers]: [&ParamVec; 2],
    path: &Path,
    split: Split,
    json: bool,
) -> Result<(), Failure> {
    let name = &task.name;
    if task.examples.is_empty(split) && !task.examples.is_empty(Split::Test) {
        return Err(Failure::usage(
            format!("expected a split with examples, found {split} of task {name}"),
            "evaluate --split test, or train",
        ));
    }
    let train::Evaluation { loss, metric } = task.evaluate(weights, buffers, split);
    check_outputs(path, [loss, metric])?;
    if json {
        let object = json!({
            "schema": console::SCHEMA,
            "task": name,
            "split": split.name(),
            "examples": task.examples.len(split),
            "loss": loss,
            "metric": task.metric.name(),
            "value": metric,
        });
        return Ok(console::print(&object.to_string())?);
    }
    let score = match task.metric {
        Metric::Loss => String::new(),
        Metric::Rmse => format!(", {} {}", task.metric.name(), decimals(metric, 5)),
        Metric::Accuracy => format!(", accuracy {:.2}%", 100.0 * metric),
        Metric::Gap { optimum } => format!(", gap {metric:.3e} to the least value {optimum}"),
    };
    let line = format!("{name}, {split}: {} {}{score}", task.loss.name(), decimals(loss, 5));
    Ok(console::print(&text::paragraph(&line, 0, console::width()))?)
}

/// The gray pixels of an example and their columns, where it is an image.
fn image(split: &Samples, index: usize) -> Option<(&[u8], usize)> {
    let Inputs::Bytes { shape, values } = &split.inputs else { return None };
    match shape[..] {
        [rows, columns, 1] => Some((values.get(index * rows * columns..)?.get(..rows * columns)?, columns)),
        _ => None,
    }
}

/// The errors of a model of numbers.
fn errors_page(errors: &stats::Regression) -> String {
    let stats::Regression { mean_squared, root_mean_squared, mean_absolute, r2 } = errors;
    let r2 = r2.map_or("—".to_string(), text::loss);
    let [squared, root, absolute] =
        [mean_squared, root_mean_squared, mean_absolute].map(|error| decimals(*error, 6));
    format!(
        "mean squared error       {squared}\nroot mean squared error  {root}, in the target's unit\n\
         mean absolute error      {absolute}, in the target's unit\n\
         R²                       {r2}, 1 where all is explained, 0 for the mean as every answer\n"
    )
}

fn errors_as_json(task: &Task, examples: &InMemory, split: Split, errors: &stats::Regression) -> String {
    let info = examples.info();
    let object = json!({
        "schema": crate::console::SCHEMA,
        "kind": "evaluation",
        "dataset": info.name,
        "origin": info.origin,
        "split": split,
        "examples": examples.split(split).len(),
        "model": task.model_name,
        "mean_squared_error": errors.mean_squared,
        "root_mean_squared_error": errors.root_mean_squared,
        "mean_absolute_error": errors.mean_absolute,
        "r2": errors.r2,
    });
    object.to_string()
}

/// A score in detail.
struct Evaluation<'a> {
    task: &'a Task,
    info: &'a DataInfo,
    classes: &'a [String],
    labels: &'a [u32],
    split: &'a Samples,
    score: &'a Score,
    /// Number of times that each class (row) was seen as each (column).
    confusion: Vec<Vec<u64>>,
    /// Wrong images, the most confident first.
    worst: Vec<usize>,
}

impl Evaluation<'_> {
    fn new<'a>(
        task: &'a Task,
        examples: &'a InMemory,
        split: &'a Samples,
        score: &'a Score,
        worst: u32,
    ) -> Evaluation<'a> {
        let Targets::Classes { labels, names: classes } = &split.targets else {
            unreachable!("numbers are measured otherwise, and there are no models of other targets");
        };
        let confusion = nn::metrics::confusion(&score.predictions, labels, classes.len());
        let info = examples.info();
        let evaluation = Evaluation { task, info, classes, labels, split, score, confusion, worst: vec![] };
        let mut wrong: Vec<usize> = (0..split.len()).filter(|&i| score.predictions[i] != labels[i]).collect();
        wrong.sort_by(|&a, &b| evaluation.confidence(b).total_cmp(&evaluation.confidence(a)));
        wrong.truncate(worst as usize);
        Evaluation { worst: wrong, ..evaluation }
    }

    /// The probability of the class that an image is seen as.
    fn confidence(&self, index: usize) -> f32 {
        self.score.probabilities[index * self.classes.len() + self.score.predictions[index] as usize]
    }

    /// The 95% interval of the accuracy.
    fn interval(&self) -> Option<(f64, f64)> {
        let right = (0..self.confusion.len()).map(|class| self.confusion[class][class]).sum();
        stats::wilson95(right, self.split.len() as u64)
    }

    fn json(&self, name: Split) -> String {
        let Evaluation { task, info, classes, labels, split, score, confusion, worst } = self;
        let shares = stats::precision_and_recall(confusion);
        let worst: Vec<_> = worst
            .iter()
            .map(|&index| {
                json!({
                    "index": index,
                    "label": labels[index],
                    "prediction": score.predictions[index],
                    "probability": self.confidence(index),
                })
            })
            .collect();
        let evaluation = json!({
            "schema": crate::console::SCHEMA,
            "kind": "evaluation",
            "dataset": info.name,
            "origin": info.origin,
            "sample": info.sample,
            "split": name,
            "images": split.len(),
            "classes": classes,
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
            // Within 50 columns it has its own line.
            let between = if console::width() < 60 { "\n               " } else { "   " };
            format!("{between}95% interval {} to {}", text::percent(low), text::percent(high))
        });
        let mut page = format!(
            "accuracy       {}{interval}\ncross-entropy  {}\n\n",
            text::percent(*accuracy),
            text::loss(*loss)
        );
        page.push_str(&self.table());
        if !self.worst.is_empty() {
            page.push_str("\nMost confidently wrong:\n\n");
            page.push_str(&self.worst(look));
        }
        page
    }

    /// The confusion matrix with precision below it and recall at its right; where that is too wide, a line a class.
    fn table(&self) -> String {
        let names: Vec<String> = self.classes.iter().map(|name| visible(name).into_owned()).collect();
        let first = names.iter().map(|name| text::width(name)).max().unwrap_or(0).max("precision".len());
        let shares = stats::precision_and_recall(&self.confusion);
        let share = |x: f64| if x.is_finite() { format!("{:.1}", 100.0 * x) } else { "—".to_string() };
        if first + 6 * names.len() + "  recall".len() > console::width() {
            return self.list(&names, &shares);
        }
        let mut table =
            String::from("What the examples are (rows), and what they were seen as (columns):\n\n");
        let bold = Style::new().bold();
        table += &text::pad("", first);
        for name in self.classes {
            let name = short(name);
            table += &format!("{}{name}", " ".repeat(6 - text::width(&name)));
        }
        table += "  recall\n";
        for (class, row) in self.confusion.iter().enumerate() {
            table += &text::pad(&names[class], first);
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

    /// Precision and recall of each class, and the classes that it was mistaken for, most often first.
    fn list(&self, names: &[String], shares: &[(f64, f64)]) -> String {
        let titles = ["class", "precision", "recall", "seen as"].map(String::from);
        let row = |(class, name): (usize, &String)| {
            let mut seen: Vec<(usize, u64)> = self.confusion[class].iter().copied().enumerate().collect();
            seen.retain(|&(_, count)| count > 0);
            seen.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
            let seen: Vec<String> =
                seen.iter().map(|&(as_class, n)| format!("{} ({n})", names[as_class])).collect();
            let (precision, recall) = shares[class];
            [name.clone(), text::percent(precision), text::percent(recall), seen.join(", ")]
        };
        let rows: Vec<_> = std::iter::once(titles).chain(names.iter().enumerate().map(row)).collect();
        text::table(&rows, 0, console::width()).concat()
    }

    fn caption(&self, index: usize) -> String {
        let (label, seen) = (self.labels[index], self.score.predictions[index]);
        let (is, seen) = (&self.classes[label as usize], &self.classes[seen as usize]);
        let sure = 100.0 * self.confidence(index);
        visible(&format!("index {index}: is {is}, seen as {seen} ({sure:.1}%)")).into_owned()
    }

    /// The worst examples: drawn, or in words where they are no gray images.
    fn worst(&self, look: Look) -> String {
        let pictures: Option<Vec<Picture<'_>>> = (self.worst.iter())
            .map(|&index| {
                let (pixels, columns) = image(self.split, index)?;
                Some(Picture { pixels, columns, caption: self.caption(index) })
            })
            .collect();
        match pictures {
            Some(pictures) => picture::page(&pictures, look, console::width()),
            None => self.worst.iter().map(|&index| self.caption(index) + "\n").collect(),
        }
    }
}

/// A class's name in at most five columns, without half of an escape.
fn short(name: &str) -> String {
    let mut short = String::new();
    for letter in name.chars() {
        let longer = short.clone() + &visible(letter.encode_utf8(&mut [0; 4]));
        if text::width(&longer) > 5 {
            break;
        }
        short = longer;
    }
    if short.is_empty() { "…".to_string() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_column_has_no_half_of_an_escape() {
        let names = ["yes", "trousers", "a\u{7}b", "\u{1b}[31m", "ab\u{1b}"];
        assert_eq!(names.map(short), ["yes", "trous", "a", "…", "ab"]);
    }
}
